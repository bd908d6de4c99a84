"""Files that a portal names by address are fetched after their complaint is stored, and never hold up the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from connectors.base import Answer, Attachment, Context
from connectors.build import channel
from connectors.errors import ChannelError, Misconfigured, Refused, Unavailable
from connectors.manifest import Manifest
from hub.audit.entry import Entry
from hub.pieces import LATER, Found, Pieces, whole
from hub.spine import Hub
from hub.store import attachments, follow_ups
from hub.store.connectors import Connector
from hub.store.log import append

MOST = 200
"""Files fetched for one connector in one accept."""
PATIENCE = timedelta(minutes=2)
"""No file is begun, and no piece of one, so long after the first; the rest comes with the next accept."""
MOST_CUTS, MOST_DOWN = 5, 2
"""So many pieces in a row that were cut, or that could not even be asked for: the file waits for the next accept."""
_CUT = ("cut", "timeout")
_DOWN = ("connect", "connect_timeout", "dns", "tls")
_GONE = ("http_404", "http_410", "too_large")


def addressed(documents: Sequence[Any]) -> list[Attachment]:
    """The attachments of a complaint that are still to be fetched."""
    return [
        Attachment(name=str(one.get("name", "")), media_type=str(one.get("media_type", "")), url=str(one["url"]))
        for one in documents
        if one.get("url")
    ]


def fetch(hub: Hub, manifest: Manifest, connector: Connector) -> int:
    """Fetch what is pending; gone or forbidden files fail with a reason, others are tried again next time."""
    with hub.store.begin(region=connector.region) as work:
        waiting = attachments.pending(work, connector.id, MOST)
    if not waiting:
        return 0
    ctx, ask = hub.context(manifest, connector.id), getattr(channel(manifest), "fetch", _plainly)
    run = _Fetching(hub=hub, ctx=ctx, until=hub.clock() + PATIENCE, ask=ask)
    return sum(_one(run, connector, row) for row in waiting)


def _one(run: _Fetching, connector: Connector, row: Any) -> bool:
    hub = run.hub
    key = hub.vault.unwrap(row.key_id, bytes(row.wrapped))
    url = hub.vault.open(key, "file url", bytes(row.url_enc)).decode()
    content, reason = run.file(url)
    with hub.store.begin(region=connector.region) as work:
        if content is not None:
            attachments.held(work, hub.vault, row.id, key, content)
            digest = hub.vault.mac("event", b"late file\n" + hub.vault.mac("content", content))
            follow_ups.queue_file(work, row.id, digest=digest, now=hub.clock())
        elif reason:
            attachments.failed(work, row.id, reason)
        if content is not None or reason:
            append(work, _entry(hub, connector, row, reason or "held"))
    return content is not None


def _entry(hub: Hub, connector: Connector, row: Any, code: str) -> Entry:
    return Entry(
        act="fetched",
        at=hub.clock(),
        actor=hub.actor,
        connector=str(connector.id),
        region=connector.region,
        complaint=str(row.complaint),
        code=code,
        detail={"file": row.id},
    )


def _plainly(ctx: Context, url: str, headers: Mapping[str, str]) -> Answer:
    # The portal wrote the address: it is never searched for references to secrets.
    return ctx.http.send("GET", url, headers=headers, verbatim=True)


@dataclass(slots=True, kw_only=True)
class _Fetching:
    """One round over the files that are pending, and what it has learnt of the line."""

    hub: Hub
    ctx: Context
    until: datetime
    ask: Callable[[Context, str, Mapping[str, str]], Answer] = _plainly
    down: set[str | None] = field(default_factory=set)
    """Hosts that do not answer; they are not asked again in this round."""
    poor: set[str | None] = field(default_factory=set)
    """Hosts whose whole file did not get through: the others are asked for in pieces at once."""

    def file(self, url: str) -> Found:
        """One file, as far as time and line allow."""
        try:
            host = urlsplit(url).hostname
        except ValueError:
            return None, "bad_url"
        if host in self.down or self._late():
            return LATER
        found = LATER if host in self.poor else self._asked(url, host)
        return self._in_pieces(url, host) if host in self.poor and found == LATER else found

    def _late(self) -> bool:
        return self.hub.clock() >= self.until

    def _asked(self, url: str, host: str | None) -> Found:
        try:
            return whole(self._get(url, {}), attachments.MOST)
        except ChannelError as error:
            if error.code in (*_CUT, *_DOWN):
                self.poor.add(host)
            return _reason(error)

    def _get(self, url: str, headers: Mapping[str, str]) -> Answer:
        return self.ask(self.ctx, url, headers)

    def _in_pieces(self, url: str, host: str | None) -> Found:
        pieces, down = Pieces(most=attachments.MOST), 0
        while pieces.cuts < MOST_CUTS and down < MOST_DOWN and not self._late():
            try:
                found = pieces.take(self._get(url, pieces.asked()))
                down = 0
            except ChannelError as error:
                found = _reason(error)
                if found == LATER and isinstance(error, Unavailable):
                    pieces.cut()
                    found, down = None, down + 1 if error.code in _DOWN else 0
            if found is not None:
                return found
        if down >= MOST_DOWN:
            self.down.add(host)
        return LATER


def _reason(error: ChannelError) -> Found:
    lasting = (isinstance(error, (Misconfigured, Refused)) and error.code != "http_416") or error.code in _GONE
    return None, error.code if lasting else None
