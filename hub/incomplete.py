"""An item that only its reporter can make a complaint of: he is asked, once, through the door by which it came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from connectors.manifest import Manifest
from hub import answers
from hub.audit.entry import Entry
from hub.doors import public
from hub.judging import reporter_tokens
from hub.model import Problem
from hub.normalise import Normalised, said_at
from hub.spine import Hub
from hub.store import completions
from hub.store.completions import Asked, Bare
from hub.store.connectors import Connector
from hub.store.items import Stored
from hub.store.work import Work

BODY: Final = "Isi laporan: apa yang terjadi dan apa yang Bapak/Ibu harapkan."
MENDED_BY_REPORTER: Final[Mapping[tuple[str, str], str]] = {
    ("body", "required"): BODY,
    ("body", "minLength"): BODY,
    ("body", "pattern"): BODY,
    ("body", "no_words"): BODY,
    ("title", "minLength"): "",
    ("title", "pattern"): "",
    ("location_text", "lacking"): "Lokasi: tempat kejadian (jalan, desa atau kelurahan, kecamatan).",
    ("incident_date", "lacking"): "Tanggal: hari kejadian, misalnya 17 Agustus 2026.",
}
"""(field, rule) of a problem -> what its reporter is asked for, "" where an answer mends it by itself.

Whatever is not here (a wrong path, an unreadable date, broken JSON) is the region's to mend: no reporter is asked for it.
"""
FRESH: Final = timedelta(days=30)
"""Nobody is asked about something older: he has 10 days to answer (PermenPAN-RB 62/2018)."""


def missing(problems: Sequence[Problem]) -> tuple[str, ...] | None:
    """What the reporter should send, a sentence each and each once; None where he cannot mend all that is wrong."""
    keys = [(problem.path, problem.rule) for problem in problems]
    if not keys or any(key not in MENDED_BY_REPORTER for key in keys):
        return None
    return tuple(dict.fromkeys(words for key in keys if (words := MENDED_BY_REPORTER[key]))) or (BODY,)


def worth_asking(manifest: Manifest, connector: Connector, result: Normalised, received_at: datetime) -> bool:
    """
    Whether this door may ask: it can answer, the complaint would be sent if it were whole, and it is of these days.

    In public nobody is asked who wants to stay unknown (a post of a channel that counts as confidential).
    """
    draft = result.draft or {}
    if not manifest.reply or connector.mode == "shadow" or not result.wanted:
        return False
    if _hidden(draft) and public(manifest.kind):
        return False
    when = said_at(result, received_at)
    return when >= connector.forward_from and received_at - when <= FRESH


def ask(
    work: Work,
    hub: Hub,
    manifest: Manifest,
    connector: Connector,
    found: Sequence[tuple[Stored, Normalised]],
    now: datetime,
) -> list[Entry]:
    """Put the message to each reporter who can complete his item on its way, in the transaction that quarantined it."""
    asked = {
        item.id: (item, result)
        for item, result in found
        if missing(result.problems) and worth_asking(manifest, connector, result, item.received_at)
    }
    if not asked:
        return []
    rows = [_bare(hub, manifest, item, result) for item, result in asked.values()]
    return [
        _told(work, hub, connector, one, *asked[one.item], now)
        for one in completions.ask(work, rows, connector.region, connector.id, now)
    ]


def _bare(hub: Hub, manifest: Manifest, item: Stored, result: Normalised) -> Bare:
    draft = result.draft or {}
    known_by = reporter_tokens(hub.vault, {"channel": manifest.channel, "reporter": draft.get("reporter")})
    return Bare(item=item, known_by=known_by, hidden=_hidden(draft))


def _hidden(draft: Mapping[str, Any]) -> bool:
    return bool(draft.get("is_anonymous") or draft.get("is_confidential"))


def _told(
    work: Work, hub: Hub, connector: Connector, one: Asked, item: Stored, result: Normalised, now: datetime
) -> Entry:
    digest = hub.vault.mac("event", f"hub\nincomplete\n{one.complaint}\n{one.number}".encode())
    words = "\n".join(f"- {sentence}" for sentence in missing(result.problems) or ())
    sealed, commitment = hub.vault.seal(item.key, f"event:{digest.hex()}", words.encode())
    event = completions.tell(
        work, one, connector=connector.id, region=connector.region, key=item.key, text=sealed, digest=digest, now=now
    )
    if event is not None:
        answers.queue(hub, work, one.complaint, event, digest, None, now)
    return _entry(hub, connector, one.complaint, one.number, result, commitment, now)


def _entry(
    hub: Hub,
    connector: Connector,
    complaint: UUID,
    number: int,
    result: Normalised,
    commitment: str,
    now: datetime,
) -> Entry:
    return Entry(
        act="asked",
        at=now,
        actor=hub.actor,
        connector=str(connector.id),
        region=connector.region,
        complaint=str(complaint),
        code="incomplete",
        count=number,
        commitment=commitment,
        detail={"rules": sorted({f"{problem.path}:{problem.rule}" for problem in result.problems})},
    )
