"""What stands in a follow-up when it is sent: who says it, the words, when, and the marker."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from connectors.zones import zone as zone_of
from hub.privacy import DataKey, Erased
from hub.registry.port import File, FollowUp
from hub.registry.sameness import squeezed
from hub.registry.wording import marker, said, sendable
from hub.spine import Hub
from hub.store import follow_ups, relays
from hub.store.relays import AsSent, Due
from hub.store.work import Work
from hub.texts import STATUS_WORDS

NOBODY: Final = "instansi daerah"
"""Who speaks where the manifest is gone."""
_HOME: Final = "Asia/Jakarta"


@dataclass(slots=True, kw_only=True)
class Call:
    """One follow-up, readable, and how long its slot is away."""

    due: Due
    note: FollowUp
    sent: AsSent
    latest: datetime
    """When it is too late to begin the call."""
    wait: float = 0.0


def unsealed(hub: Hub, work: Work, due: Due, latest: datetime) -> Call:
    """A follow-up as it is to be sent, not to be begun after `latest`. Raises Erased where the citizen's key is gone."""
    words, files, key = "", list[File](), None
    if due.key_id is not None and due.wrapped is not None:
        key = hub.vault.unwrap(due.key_id, due.wrapped)
        words, files = _words(hub, key, due), _files(hub, work, due)
    elif due.text_enc is not None or due.files:
        raise Erased
    manifest = hub.manifests.good.get(due.name)
    text = text_of(
        number=str(due.id),
        what=due.what,
        by=due.by,
        status=due.status,
        words=words,
        owner=manifest.owner if manifest else NOBODY,
        at=due.at,
        zone=manifest.zone if manifest else "",
    )
    note = FollowUp(
        id=str(due.id),
        text=text,
        status=due.status,
        by=due.by,
        institution_id=int(due.institution) if due.institution and due.institution.isdecimal() else None,
        is_secret=due.is_secret,
        files=files,
    )
    return Call(due=due, note=note, sent=_as_sent(hub, due, key, text), latest=latest)


def _as_sent(hub: Hub, due: Due, key: DataKey | None, text: str) -> AsSent:
    place = follow_ups.place_sent(due.digest)
    sealed = hub.vault.seal(key, place, text.encode("utf-8", "surrogatepass"))[0] if key else None
    return AsSent(due=due, hmac=hub.vault.mac("text", said(text)), letters=len(squeezed(text)), sealed=sealed)


def _words(hub: Hub, key: DataKey, due: Due) -> str:
    if due.text_enc is None:
        return ""
    return hub.vault.open(key, follow_ups.place(due.digest), due.text_enc).decode("utf-8", "replace")


def _files(hub: Hub, work: Work, due: Due) -> list[File]:
    """Files may be of another version than the words, so each is opened with its own key."""
    opened = []
    for row in relays.files(work, due.files):
        key = hub.vault.unwrap(row.key_id, bytes(row.wrapped))
        name = hub.vault.open(key, "file name", bytes(row.name_enc)).decode("utf-8", "replace")
        content = hub.vault.open(key, "file", bytes(row.content_enc))
        opened.append(File(name=name, media_type=row.media_type, content=content))
    return opened


def text_of(
    *,
    number: str,
    what: str,
    by: str | None,
    status: str | None,
    words: str,
    owner: str,
    at: datetime | None,
    zone: str,
) -> str:
    """The whole text of follow-up `number`; `words` as they were said, `owner` whose app it was said in."""
    parts = [_head(what, by, owner), sendable(words).strip(), _status(status, owner), _date(at, zone), marker(number)]
    return "\n\n".join(part for part in parts if part)


def _head(what: str, by: str | None, owner: str) -> str:
    if what == "update":
        return "Perubahan laporan oleh pelapor:"
    if what == "file":
        return "Lampiran tambahan dari pelapor."
    if what == "status":
        return ""
    return "Tambahan dari pelapor:" if by == "reporter" else f"Tanggapan {owner}:"


def _status(status: str | None, owner: str) -> str:
    words = STATUS_WORDS.get(status or "")
    return f"Status di aplikasi daerah ({owner}): {words}." if words else ""


def _date(at: datetime | None, zone: str) -> str:
    if at is None:
        return ""
    home = zone_of(zone) or ZoneInfo(_HOME)
    return f"Tanggal: {at.astimezone(home):%d-%m-%Y %H.%M %Z}"
