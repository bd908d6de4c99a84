"""What the hub owes to whom: the conservation check, silent channels, open work and the figures that people see."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from hub import standstill
from hub.audit.entry import Entry
from hub.lists import learn
from hub.model import Tally
from hub.reconciling import due, reconcile
from hub.rejudging import A_NIGHT, rejudge
from hub.spine import Hub
from hub.store import completions, stations, undelivered
from hub.store import figures as counts
from hub.store.log import append
from hub.store.stations import Missing
from hub.store.work import Work
from hub.telling import no_way
from schemas.words import OUTCOMES

WEEK: Final = timedelta(days=7)
"""The span over which `expect.per_day` is an average."""
SEALED_WITHIN: Final = timedelta(hours=4)
"""Older entries without a leaf stop forwarding where sealing fails (design section 7)."""


def watch(hub: Hub) -> Tally:
    """
    Compare everything with everything: failed counts complaints that are at none or two of the seven words.

    Words hold the counts, notes the sentences for people; the same counts go into the entry `watched`. Once a night the
    registries' own lists are read, and each is compared with the hub.
    """
    night, heard = _nightly(hub)
    night["rejudged"] = rejudge(hub, most=A_NIGHT).done
    now = hub.clock()
    with hub.store.begin() as work:
        table, astray = counts.conservation(work), counts.astray(work)
        wrong = list(_unbalanced(table, counts.complaints(work), astray))
        traces = list(stations.amiss(work))
        notes = [*wrong, *map(_trace, traces), *_findings(hub, work, now), *heard]
        words = {**_words(hub, work, table, len(astray) or len(wrong)), **night}
        words["traces_missing"] = sum(one.count for one in traces)
        tally = Tally(
            verb="watch",
            done=sum(row["stored"] for row in table.values()),
            failed=words["lost"] + words["traces_missing"],
            words=words,
            notes=tuple(notes),
        )
        append(work, _entry(hub, tally, now, astray, traces))
    return tally


def _nightly(hub: Hub) -> tuple[dict[str, int], list[str]]:
    """What the registries themselves say: counts of differences as words, sentences; trouble there fails nothing here."""
    notes = list(learn(hub))
    chosen = due(hub, hub.clock())
    compared = reconcile(hub, chosen) if chosen else Tally(verb="reconcile")
    words = {f"registry_{word}": count for word, count in compared.words.items()}
    return words, [*notes, *compared.owed, *compared.notes]


def figures(hub: Hub) -> dict[str, Any]:
    """
    What `satupintu status` and the demo show.

    {"connectors": {name: {stored, waiting, …, lost}}, "pulled": {name: items}, "cases_with_two_or_more": n,
    "statuses_brought_back": n, "answers_sent": n, "entries_sealed": n}
    """
    with hub.store.begin() as work:
        return {"connectors": counts.conservation(work), "pulled": counts.pulled(work), **counts.totals(work)}


def _unbalanced(
    table: Mapping[str, Mapping[str, int]], complaints: Mapping[str, int], astray: list[str]
) -> Iterator[str]:
    """Promise 1: what is stored is the sum of the seven words, and as many as the table holds."""
    for name in sorted(table.keys() | complaints.keys()):
        row, held = table.get(name, {}), complaints.get(name, 0)
        added = sum(row.get(word, 0) for word in OUTCOMES)
        if not added == row.get("stored", 0) == held:
            yield f"{name}: {held} complaints are stored, but {added} are accounted for; report this as a fault."
    if astray:
        yield f"Complaints without exactly one word: {', '.join(astray)}."


_TRACES: Final = {
    "items:interval": "selang dengan jumlah data yang bukan seperti di bukunya / intervals whose items are not as many as "
    "their ledger says",
    "pulled:stored": "selang dengan jumlah yang bukan seperti di log / intervals whose count is not that of the log",
    "items:head": "aduan dengan versi yang hilang / complaints of which a version is missing",
    "heads:item": "aduan yang datanya ada tetapi tidak lagi dikenal / complaints whose items are there and that nobody knows",
    "complaints:head": "aduan tanpa asal / complaints without their origin",
    "complaints:accepted_to": "aduan yang sudah diputuskan tetapi hilang / complaints that were decided and are not there",
    "attempts:attempted": "aduan dengan percobaan kirim yang bukan seperti di log / complaints whose attempts are not those of "
    "the log",
    "erasures:erased": "aduan yang kuncinya hilang tanpa catatan penghapusan / complaints whose key is gone without an erasure",
}
"""Station -> what is amiss there, in Indonesian and English; the others are told by table and act."""


def _trace(one: Missing) -> str:
    table, _, act = one.what.partition(":")
    said = _TRACES.get(
        one.what, f"aduan di {table} tanpa entri {act} / complaints in {table} without their entry {act}"
    )
    more = " …" if one.count > len(one.first) else ""
    return f"{one.count} {said}: {', '.join(one.first)}{more}"


def _words(hub: Hub, work: Work, table: Mapping[str, Mapping[str, int]], lost: int) -> dict[str, int]:
    totals = {word: sum(row[word] for row in table.values()) for word in ("stored", *OUTCOMES)}
    owed = {"intervals_owed": sum(row.intervals for row in counts.owed(work))}
    broken = {"manifests_broken": len(hub.manifests.bad)}
    closed = {"answers_no_door": sum(sum(codes.values()) for codes in undelivered.closed(work).values())}
    return {
        **totals,
        "lost": lost,
        **owed,
        **broken,
        **closed,
        **counts.stuck(work),
        "unsealed": counts.unsealed(work)[0],
    }


def _findings(hub: Hub, work: Work, now: datetime) -> Iterator[str]:
    for row in counts.owed(work):
        yield f"{row.name}: {row.intervals} read intervals are owed, the oldest for {_span(now - row.since)}."
    for row in counts.channels(work, now, WEEK):
        yield from _quiet(hub, row, now)
    for what, number in counts.stuck(work).items():
        yield f"{number} {what.replace('_', ' ')}: a person has to look."
    for name, number in counts.refused(work).items():
        yield f"{name}: {number} ditolak sistem pusat / refused by the registry: 'satupintu deliveries', then 'redrive'."
    yield from standstill.said(work, now)
    for name, codes in undelivered.closed(work).items():
        for code, number in codes.items():
            yield f"{name}: {number} jawaban tanpa jalan kembali / answers without a way back: {no_way(code)} ({code})."
    for row in completions.overdue(work, now):
        yield (
            f"{row.name}: {row.complaints} aduan belum dilengkapi pelapornya dalam 10 hari / complaints that their reporters "
            "have not completed within 10 days; they stay in quarantine."
        )
    number, since = counts.unsealed(work)
    if since is not None and now - since > SEALED_WITHIN:
        yield f"{number} entries are not sealed, the oldest for {_span(now - since)}; run 'satupintu seal'."
    for path, error in [*hub.manifests.bad.items(), *hub.registries.bad.items()]:
        yield f"{path.name} cannot be used: {error.what}"


def about(hub: Hub, work: Work, names: Collection[str], now: datetime) -> Iterator[tuple[str, str]]:
    """What the people of these connectors have to know of them: silence, and what has not been read to its end."""
    for row in counts.owed(work):
        if row.name in names:
            yield (
                row.name,
                f"{row.intervals} selang baca belum lengkap / read intervals owed, {_span(now - row.since)}.",
            )
    for row in counts.channels(work, now, WEEK):
        if row.name in names:
            yield from ((row.name, said.removeprefix(f"{row.name}: ")) for said in _quiet(hub, row, now))


def _quiet(hub: Hub, row: Any, now: datetime) -> Iterator[str]:
    """What a channel's own manifest expects of it, and what came."""
    manifest = hub.manifests.good.get(row.name)
    if manifest is None:
        yield f"{row.name}: there is no usable manifest any more; nothing is pulled."
        return
    if manifest.disabled:
        return
    expect, known_for = manifest.expect, now - row.first_seen_at
    silent = now - (row.last_item or row.first_seen_at)
    if expect.silent_after is not None and silent > expect.silent_after:
        yield f"{row.name}: silent for {_span(silent)}; it should not be for more than {_span(expect.silent_after)}."
    if expect.per_day and known_for >= WEEK and row.lately < expect.per_day * WEEK.days:
        yield f"{row.name}: {row.lately} complaints in {WEEK.days} days; {expect.per_day:g} a day are expected."


def _span(span: timedelta) -> str:
    """Whole days, else whole hours, else minutes."""
    if span >= timedelta(days=2):
        return f"{span.days} days"
    hours, minutes = divmod(int(span.total_seconds()) // 60, 60)
    return f"{hours} h" if hours >= 2 else f"{hours * 60 + minutes} min"


def _entry(hub: Hub, tally: Tally, now: datetime, astray: list[str], traces: list[Missing]) -> Entry:
    counted = {name: number for name, number in tally.words.items() if number}
    detail: dict[str, Any] = {**counted, **({"astray": astray} if astray else {})}
    detail |= {f"missing_{one.what.replace(':', '_')}": list(one.first) for one in traces}
    return Entry(
        act="watched",
        at=now,
        actor=hub.actor,
        count=tally.done,
        code="unbalanced" if tally.failed else "balanced",
        detail=detail,
    )
