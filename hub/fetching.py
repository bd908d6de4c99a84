"""Files that a portal names by address are fetched after their complaint is stored, and never hold up the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from connectors.base import Attachment, Context
from connectors.errors import ChannelError, Misconfigured, Refused, Unavailable
from connectors.manifest import Manifest
from hub.spine import Hub
from hub.store import attachments
from hub.store.connectors import Connector

MOST = 200
"""Files fetched for one connector in one accept."""


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
    ctx = hub.context(manifest, connector.id)
    return sum(_one(hub, ctx, connector, row) for row in waiting)


def _one(hub: Hub, ctx: Context, connector: Connector, row: Any) -> bool:
    key = hub.vault.unwrap(row.key_id, bytes(row.wrapped))
    url = hub.vault.open(key, "file url", bytes(row.url_enc)).decode()
    content, reason = _content(ctx, url)
    with hub.store.begin(region=connector.region) as work:
        if content is not None:
            attachments.held(work, hub.vault, row.id, key, content)
        elif reason:
            attachments.failed(work, row.id, reason)
    return content is not None


def _content(ctx: Context, url: str) -> tuple[bytes | None, str | None]:
    """The bytes, or a reason that will not pass; neither where trying again makes sense."""
    try:
        body = ctx.http.send("GET", url).body
    except (Misconfigured, Refused) as error:
        return None, error.code
    except Unavailable as error:
        return None, error.code if error.code in ("http_404", "http_410", "too_large") else None
    except ChannelError:
        return None, None
    return (body, None) if len(body) <= attachments.MOST else (None, "too_large")
