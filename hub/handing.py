"""Answers for a region whose portal has no way in: a file of its own, which hands them over, once, with an entry."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from uuid import UUID

from connectors.errors import Misconfigured
from hub import composing, doors, letters, sheets, texts
from hub.audit.entry import Entry
from hub.letters import News
from hub.model import Tally
from hub.privacy import Erased
from hub.pulling import known_names
from hub.spine import Hub
from hub.store import connectors, items, undelivered
from hub.store.log import append
from hub.store.undelivered import ByFile
from hub.store.work import Work

HEAD: Final = ("nomor_kabar", "ref", "nomor_sp4n", "id_aduan", "status", "tanggal", "kabar")
"""Number of the piece of news, the item's own ref, number at SP4N-LAPOR!, our id, where it stands, when, what."""


def hand_over(hub: Hub, name: str, path: Path, *, again: bool = False) -> Tally:
    """
    Write the answers of a connector that have no way in to a new CSV or XLSX file; they count as handed over then.

    `again`: also those that an earlier file held. Raises Misconfigured where the file cannot be written, and then nothing
    has changed.
    """
    known_names(hub, [name])
    now = hub.clock()
    with hub.store.begin() as work:
        found = connectors.find(work, name)
        rows = undelivered.for_file(work, found.id, doors.BY_FILE, again=again) if found else []
        lines = written(hub, work, name, rows)
        if found and lines:
            undelivered.taken(work, [int(line[0]) for line in lines], now)
            append(work, entry(hub, found.id, found.region, lines))
        _write(path, lines)  # last, so that what is marked and what was written stand or fall together
    return Tally(verb="export", done=len(lines), words={"erased": len(rows) - len(lines)})


def _write(path: Path, lines: Sequence[Sequence[str]]) -> None:
    try:
        sheets.write(path, HEAD, lines)
    except OSError as error:
        raise Misconfigured(
            f"{path} could not be written: {error.strerror}.", hint="Name a new file.", code="file"
        ) from None


def written(hub: Hub, work: Work, name: str, rows: Sequence[ByFile]) -> list[tuple[str, ...]]:
    """The lines of such a file, in the order of HEAD; what has been erased is left out."""
    manifest = hub.manifests.good.get(name)
    zone = manifest.zone if manifest else "Asia/Jakarta"
    lines, refs = list[tuple[str, ...]](), dict[int, str]()
    for row in rows:
        try:
            item = row.item_id or 0
            ref = refs[item] = refs.get(item) or items.one(work, hub.vault, item).ref
            news = composing.news(hub, row.told)
        except (IndexError, Erased):
            continue
        shown = json.loads(ref)
        where = texts.words(row.told.standing)
        date = letters.moment(news.at, zone)
        own = str(row.complaint)
        lines.append((str(row.id), str(shown), row.registry_id or "", own, where, date, _said(news)))
    return lines


def _said(news: News) -> str:
    """The news in one cell: the status or where it went, and whatever was said with it."""
    head = "" if news.what == "follow_up" else letters.words(news)
    note = "" if news.status and texts.only_repeats(news.text) else news.text.strip()
    return "\n".join(part for part in (head, note) if part)


def entry(hub: Hub, connector: UUID, region: str, lines: Sequence[Sequence[str]]) -> Entry:
    """That a region has these lines now."""
    return Entry(
        act="exported",
        at=hub.clock(),
        actor=hub.actor,
        connector=str(connector),
        region=region,
        code="answers",
        count=len(lines),
        detail={"masked": False, "first": lines[0][0], "last": lines[-1][0]},
    )
