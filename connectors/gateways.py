"""Where sender, words, photo and place stand in what WhatsApp gateways and form makers push; facts, and no code of theirs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from connectors import talks
from connectors.base import Attachment

_PLACE: Final = re.compile(r"\s*(-?[0-9]{1,2}\.[0-9]+)\s*,\s*(-?[0-9]{1,3}\.[0-9]+)\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """One of them: keys of `with` that it settles, and of a message the JMESPath of each part."""

    settles: Mapping[str, Any] = field(default_factory=dict)
    talk: Mapping[str, str] = field(default_factory=dict)
    """by, text, name, at, url, file, media, place, answers; none: it pushes forms, not messages."""
    silent: frozenset[str] = frozenset()
    """Texts that stand for a message without words."""
    reply: Mapping[str, Any] = field(default_factory=dict)
    """Keys of `reply` that it settles."""


def _no(*names: str) -> str:
    """JMESPath: none of these flags is up, as JSON or as a form has it."""
    return " && ".join(f"{name} != `true` && {name} != 'true' && {name} != '1'" for name in names)


PRESETS: Final[Mapping[str, Gateway]] = {
    "fonnte": Gateway(
        settles={"only": f"(sender || pengirim) && {_no('isgroup', 'fromMe')}"},
        talk={
            "by": "sender || pengirim", "text": "message || pesan || text", "name": "name || pushname || member.name",
            "at": "timestamp", "url": "url || media.url", "file": "filename || media.filename",
            "media": "media.mimetype || type", "place": "location",
        },
        silent=frozenset({"non-text message", "non-button message"}),
        reply={
            "form": {"target": "{to}", "message": "{text}"}, "taken": "status", "number": "id[0]",
        },
    ),
    "wablas": Gateway(
        settles={"ref": "id", "only": f"phone && {_no('isGroup', 'isFromMe')}"},
        talk={
            "by": "phone", "text": "message", "name": "pushName || pushname", "at": "timestamp",
            "url": "url || media.url || file", "file": "fileName || media.filename", "media": "mimeType || media.mimetype",
            "place": "location",
        },
        reply={
            "form": {"phone": "{to}", "message": "{text}"}, "taken": "status", "number": "data.messages[0].id",
        },
    ),
    "jotform": Gateway(settles={"ref": "submissionID", "inside": ["rawRequest"]}),
}  # fmt: skip


def linked(part: Mapping[str, Any]) -> list[Attachment]:
    """The file that a message only points to."""
    url, form = talks.words(part.get("url")), talks.words(part.get("media"))
    if not url.startswith(("http://", "https://")):
        return []
    name = talks.words(part.get("file")) or urlsplit(url).path.rpartition("/")[2] or "berkas"
    return [Attachment(name=name, media_type=form if "/" in form else "application/octet-stream", url=url)]


def located(value: Any) -> Mapping[str, Any] | None:
    """A shared location, as an object or as `latitude,longitude`; None for anything else."""
    if isinstance(value, dict):
        return talks.place(value, value.get("name"))
    found = _PLACE.match(talks.words(value))
    return {"latitude": float(found[1]), "longitude": float(found[2]), "text": ""} if found else None
