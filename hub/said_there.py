"""What an accepted batch tells about complaints that go, or went, to a registry becomes follow-ups, each once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from connectors.manifest import Manifest
from connectors.mapping import lookup
from hub import sent
from hub.decided import Decided
from hub.registry.plaintext import plain
from hub.registry.wording import content, said
from hub.said import Said, reader
from hub.spine import Hub
from hub.store import deliveries, follow_ups, written
from hub.store.connectors import Connector
from hub.store.follow_ups import NewFollowUp
from hub.store.work import Work
from hub.written_there import own_status

_SILENT: Final = (None, "unknown", "received")
"""Statuses that nobody is told of: none, one that nobody has mapped, and that it has been received."""


def queue(
    work: Work, hub: Hub, manifest: Manifest, connector: Connector, batch: Sequence[Decided], now: datetime
) -> int:
    """
    Put into the outbox what the batch says for the first time; how many.

    Answers of the region and its statuses, by the keys `replies` and `statuses`; and the text of a complaint that changed
    after it was sent. What we have written into the region's app ourselves is not sent back.
    """
    said_by = _Saying(hub=hub, manifest=manifest, connector=connector)
    rows = [row for one in batch if one.what in ("new", "updated") and one.result.document for row in said_by.rows(one)]
    if not rows:
        return 0
    fresh = _merged(_first_time(work, hub, manifest, rows, said_by.mapped))
    if not fresh:
        return 0
    registry = hub.registries.chosen(manifest.forward.registry)
    deliveries.known(work, registry.name, registry.sha256, now)
    return follow_ups.queue_all(work, [_sealed(hub, registry.name, connector, row) for row in fresh], now=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """One thing that an item says."""

    one: Decided
    what: str
    """answer | reply | status | update"""
    digest: bytes
    words: str = ""
    """What was said; of a status the app's own word."""
    by: str | None = None
    status: str | None = None
    at: datetime | None = None
    told: bytes | None = None
    code: str | None = None
    alone: bool = False
    """An answer under an id that no other one in the payload has: it takes the place of what stood there before."""
    before: bytes | None = None
    """Its digest as earlier versions of the hub made it."""

    @property
    def complaint(self) -> UUID:
        """Whose it is."""
        return self.one.item.complaint


# what an item says -------------------------------------------------------------------------------------------------


@dataclass(slots=True, kw_only=True)
class _Saying:
    """Reads the items of one connector."""

    hub: Hub
    manifest: Manifest
    connector: Connector
    read: Callable[[Any], list[Said]] = field(init=False)
    word: Callable[[str], Any] = field(init=False)

    def __post_init__(self) -> None:
        """The manifest's expressions are compiled once a batch."""
        replies, zone = self.manifest.replies, self.manifest.zone
        self.read = reader(replies, zone) if replies else lambda payload: []
        self.word = lookup(self.manifest.statuses)

    def rows(self, one: Decided) -> list[_Row]:
        """All that one item may say, in the order in which it shall arrive."""
        spoken = self.read(one.item.payload)
        often = Counter(words.ref for words in spoken)
        found = [self._answer(one, words, alone=often[words.ref] == 1) for words in spoken]
        if one.what == "updated" and one.known.document is not None:
            found = [self._changed(one, one.known.document), *found, self._status(one, one.known.document)]
        return [self._unless_accused(row) for row in found if row]

    def _unless_accused(self, row: _Row) -> _Row:
        """Whoever is accused does not answer for the registry: what his own app says of it is on record, and not sent."""
        accused = row.one.accused
        if accused and self.connector.region in accused.hidden_from and row.by == "agency":
            return replace(row, code="accused")
        return row

    def _mac(self, *parts: str) -> bytes:
        return self.hub.vault.mac("event", "\n".join(("said there", *parts)).encode("utf-8", "surrogatepass"))

    def _answer(self, one: Decided, spoken: Said, *, alone: bool) -> _Row | None:
        """An answer from before the connector's time is not sent; one without a time is remembered as not to be sent."""
        begin = self.connector.forward_from
        words = plain(spoken.text).strip()
        if (spoken.at is not None and spoken.at < begin) or not (words or spoken.attachments):
            return None
        words_mac = self._mac(spoken.ref, said(spoken.text).decode("utf-8", "replace"))
        old = spoken.at is None and one.item.version == 1 and one.when < begin
        files = "".join(f"\nLampiran: {name}" for name in spoken.attachments)
        return _Row(
            one=one,
            what="reply" if spoken.by == "reporter" else "answer",
            digest=_of_answer(self._mac("slot", spoken.ref), words_mac),
            before=words_mac,
            alone=alone,
            words=f"{words}\n{files}".strip(),
            by=spoken.by,
            at=spoken.at,
            code="history" if old else None,
        )

    def _status(self, one: Decided, before: Mapping[str, Any]) -> _Row | None:
        status = one.result.hub_status
        if status in _SILENT or status == self.mapped(before.get("source_status")):
            return None
        digest = self._mac("status", str(one.item.version), status or "")
        word = str(one.document.get("source_status") or "")
        at = one.item.received_at
        return _Row(one=one, what="status", digest=digest, words=word, by="agency", status=status, at=at)

    def mapped(self, word: Any) -> str | None:
        """What a word of the app's is to the hub: `unknown` where nobody has mapped it, None for no word."""
        try:
            return str(self.word(word)) if word is not None else None
        except KeyError:
            return "unknown"

    def _changed(self, one: Decided, before: Mapping[str, Any]) -> _Row | None:
        """The new text of a complaint whose words, title or place have changed; nothing else is worth a follow-up."""
        new = one.document
        if one.known.state != "accepted" or all(_plain(new, key) == _plain(before, key) for key in _TEXTS):
            return None
        registry = self.hub.registries.chosen(self.manifest.forward.registry)
        return _Row(
            one=one,
            what="update",
            digest=self._mac("update", str(one.item.version)),
            words="\n\n".join(str(new[key]) for key in _TEXTS if new.get(key)),
            by="reporter",
            at=one.item.received_at,
            told=self.hub.vault.mac("text", said(content(new, registry.limits))),
        )


_TEXTS: Final = ("title", "body", "location_text")


def _plain(document: Mapping[str, Any], key: str) -> bytes:
    return said(str(document.get(key) or ""))


# what of it is new -------------------------------------------------------------------------------------------------


def _first_time(
    work: Work, hub: Hub, manifest: Manifest, rows: Sequence[_Row], means: Callable[[str], str | None]
) -> list[_Row]:
    """Without what was queued before, and without what we have written there ourselves."""
    later = {row.complaint for row in rows if row.one.item.version > 1 or row.one.known.case_id}
    if not later:
        return list(rows)
    known = follow_ups.known(work, later)
    fresh = [new for row in rows if (new := _not_known(row, known.get(row.complaint, ())))]
    doors = {row.complaint for row in fresh} & later if manifest.reply else set()
    there = written.at_doors(work, {row.complaint: row.one.item.version for row in fresh if row.complaint in doors})

    def echo(row: _Row) -> bool:
        if row.what == "status":
            before = str((row.one.known.document or {}).get("source_status") or "")
            table = (manifest.reply or {}).get("statuses") or {}
            return own_status(row.status, row.words, before, there[row.complaint], words=table, means=means)
        return row.what in ("answer", "reply") and sent.ours(work, hub.vault, row.complaint, row.words)

    return [row for row in fresh if row.complaint not in there or not echo(row)]


def _not_known(row: _Row, known: Sequence[bytes]) -> _Row | None:
    """What has not been queued; also an answer that the officer has taken back to what it was before a correction."""
    if row.what not in ("answer", "reply"):
        return row if row.digest not in known else None
    if row.before in known:
        return None
    words = row.digest[:_WORDS]
    if all(one[:_WORDS] != words for one in known):
        return row
    last = next((one for one in reversed(known) if one[:_SLOT] == row.digest[:_SLOT]), words)
    if not row.alone or last[:_WORDS] == words:
        return None
    return replace(row, digest=words + row.one.item.version.to_bytes(_SLOT, "big"))


_SLOT: Final = 8
_WORDS: Final = 24


def _of_answer(slot: bytes, words: bytes) -> bytes:
    """
    Digest of an answer: eight bytes that name its place in the app, sixteen for its words, eight for the version in which
    the same words have come back there (zero: they are said for the first time).
    """
    return slot[:_SLOT] + words[: _WORDS - _SLOT] + bytes(_SLOT)


def _merged(rows: Sequence[_Row]) -> list[_Row]:
    """A status that came with an answer is said in one breath with it: with the last one of the same version."""
    last = {row.complaint: row.digest for row in rows if row.what == "answer" and not row.code}
    status = {row.complaint: row.status for row in rows if row.what == "status" and row.complaint in last}
    return [
        replace(row, status=status[row.complaint])
        if row.complaint in status and row.digest == last[row.complaint]
        else row
        for row in rows
        if row.what != "status" or row.complaint not in status
    ]


def _sealed(hub: Hub, registry: str, connector: Connector, row: _Row) -> NewFollowUp:
    item, text = row.one.item, None
    if row.words and row.what != "status" and not row.code:
        words = row.words.encode("utf-8", "surrogatepass")
        text, _ = hub.vault.seal(item.key, follow_ups.place(row.digest), words)
    return NewFollowUp(
        complaint=row.complaint,
        registry=registry,
        connector=connector.id,
        region=connector.region,
        what=row.what,
        digest=row.digest,
        item_id=item.id,
        key_id=item.key.id,
        text_enc=text,
        by=row.by,
        status=row.status,
        at=row.at,
        told=row.told,
        code=row.code,
    )
