"""`satupintu status`: what has been read, with which proof, and what is owed, in Indonesian and English."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.commands.shared import Stop, opened, tell_broken
from hub.screen import console, line
from hub.telling import DONE, INCOMPLETE, INDONESIAN, WORDS, age, missing, no_way, stamp

if TYPE_CHECKING:
    from hub.spine import Hub
    from hub.status import Ledger, Span, State

app = typer.Typer()
MODES = {
    "active": "",
    "disabled": "dinonaktifkan / disabled",
    "shadow": "uji coba, semua tertahan / shadow, all is held",
    "retired": "berhenti / retired",
    "no_manifest": "tanpa manifes, tidak ditarik / no manifest, not pulled",
    "never_pulled": "belum pernah ditarik / never pulled",
}


@app.command()
def status(
    name: Annotated[str | None, typer.Argument(help="One connector, with all that was read of it.")] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="For machines: one JSON object a connector and line.")
    ] = False,
) -> None:
    """What has been read, with which proof, and what is owed; ends with 3 where something is owed."""
    from hub.pulling import known_names
    from hub.status import ledger, states

    with opened() as hub:
        known_names(hub, [name] if name else [])
        found = states(hub, name)
        if as_json:
            for state in found:
                sys.stdout.write(json.dumps(document(state, ledger(hub, state) if name else None)) + "\n")
        elif name:
            print("\n".join(map(line, page(found[0], ledger(hub, found[0]), hub.clock()))))
        else:
            _table(found)
            _standstill(hub)
        owed = INCOMPLETE if any(state.owed for state in found) else DONE
        raise Stop((DONE if name else tell_broken(hub)) or owed)


def document(state: State, read: Ledger | None) -> dict[str, Any]:
    """The state as JSON values: moments in RFC 3339, `owed` with the Indonesian beside the English sentence."""
    values = _plain(asdict(state) | (asdict(read) if read else {}))
    for span in values["owed"]:
        span["said_id"] = missing(span["code"])
    if read:
        values["covered"] = [{"since": since, "until": until} for since, until in values["covered"]]
    found: dict[str, Any] = values
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, (list, tuple)) else value


def _table(found: Sequence[State]) -> None:
    from rich.table import Table
    from rich.text import Text

    shown = Table(box=None, pad_edge=False, header_style="bold")
    for head in ("kanal\nconnector", "terbukti\nproven until", "bukti\nproof"):
        shown.add_column(head, no_wrap=True, overflow="ellipsis")
    for head in (
        "terutang\nowed",
        "menunggu\nwaiting",
        "karantina\nquarantined",
        "tertahan\nheld",
        "tanpa jalan\nno way back",
    ):
        shown.add_column(head, justify="right")
    shown.add_column("dijalankan\nlast run", no_wrap=True)
    for state in found:
        shown.add_row(*(Text(cell) for cell in _row(state)))
    console(160).print(shown)


def _standstill(hub: Hub) -> None:
    """What waits between the hub and its registries until somebody acts."""
    from hub.standstill import said

    with hub.store.begin() as work:
        for sentence in said(work, hub.clock()):
            print(f"  {sentence}")


def _row(state: State) -> Iterator[str]:
    yield state.name
    yield stamp(state.proof.until) if state.proof else "-"
    yield MODES[state.mode] or (state.proof.said if state.proof else "-")
    yield str(len(state.owed))
    yield from (str(state.counts[word]) for word in ("waiting", "quarantined", "held"))
    yield str(sum(state.no_door.values()))
    yield _run(state)


def _run(state: State) -> str:
    if state.running:
        return "sedang / running"
    return stamp(state.run_at) if state.run_at else "-"


def page(state: State, read: Ledger, now: datetime) -> Iterator[str]:
    """Everything about one connector, line by line."""
    yield f"{state.name}: {state.owner}; {state.channel} ({state.kind}), {state.region}, {state.zone}"
    if MODES[state.mode]:
        yield f"  {MODES[state.mode]}"
    yield f"  dijalankan / last run: {_run(state)}{_ended(state)}"
    if state.proof:
        yield f"  bukti terakhir / last proof: {stamp(state.proof.at)}, {_interval(state.proof)}"
        yield f"    {state.proof.said}"
    yield from _owed(state, now)
    yield from _read(read)
    if read.marked_at:
        yield f"  tanda / mark: {age(now - read.marked_at)} ({stamp(read.marked_at)})"
    for code, number in state.no_door.items():
        yield f"  tanpa jalan kembali / no way back: {number} jawaban / answers: {no_way(code)} ({code})"
    counts = ", ".join(f"{INDONESIAN[word]} / {word} {state.counts[word]}" for word in WORDS)
    yield f"  item / items: {state.counts['pulled']}; aduan / complaints: {state.counts['stored']}: {counts}"


def _ended(state: State) -> str:
    if state.run_code is None or state.running:
        return ""
    return ", lengkap / complete" if state.run_code == "closed" else f", {missing(state.run_code)} ({state.run_code})"


def _owed(state: State, now: datetime) -> Iterator[str]:
    if not state.owed:
        yield "  terutang / owed: tidak ada / nothing"
        return
    yield f"  terutang / owed: {len(state.owed)}"
    for span in state.owed:
        yield f"    {_interval(span)}; sejak / since {stamp(span.at)} ({age(now - span.at)})"
        yield f"      {missing(span.code)} / {span.said} ({span.code})"


def _read(read: Ledger) -> Iterator[str]:
    for since, until in read.covered:
        yield f"  terbaca terbukti / read with proof: {stamp(since)} … {stamp(until)}"
    if read.closed:
        yield f"  selang tertutup / closed intervals: {len(read.closed)} terakhir dari / latest of {read.closed_count}"
    for span in read.closed:
        by = f"ditutup tanpa bukti oleh / closed without proof by {span.closed_by}: " if span.closed_by else ""
        yield f"    {_interval(span)}: {by}{span.said}"


def _interval(span: Span) -> str:
    total = "" if span.total is None else f", jumlah portal / portal's total {span.total}"
    counts = f"{span.pages} halaman / pages, {span.items} item / items{total}"
    what = {"new": "", "sweep": " (menyeluruh / sweep)", "backfill": " (baca ulang / backfill)"}[span.what]
    return f"selang / interval {span.interval}{what}: {stamp(span.since)} … {stamp(span.until)}, {counts}"
