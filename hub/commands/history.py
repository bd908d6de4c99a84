"""Commands of deduplication that need the store: why two complaints are one matter, which rules hold, and a new model."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hub.commands.erasing import number
from hub.commands.matters import dedup, explain_records
from hub.commands.shared import end, opened, wrong_use
from hub.personal import mask

if TYPE_CHECKING:
    from hub.rebuilding import Change

__all__ = ["dedup"]


@dedup.command("explain")
def dedup_explain(
    one: str,
    other: str,
    records: Annotated[
        Path | None, typer.Option("--records", metavar="FILE", help="Two records of this file, without a database.")
    ] = None,
) -> None:
    """Why two complaints count as one matter or as two, in Indonesian and English."""
    if records is not None:
        return explain_records(one, other, records)
    from hub.explaining import explain

    with opened() as hub:
        for line in explain(hub, number(one), number(other)):
            print(mask(line))


@dedup.command("rules")
def dedup_rules() -> None:
    """Windows, thresholds and limits that hold."""
    from dedup.judge import RULES

    for name, value in asdict(RULES).items():
        print(f"{name}: {value}")


@dedup.command("rebuild")
def dedup_rebuild(
    since: Annotated[str, typer.Option("--since", metavar="DATE", help="Complaints submitted from this day on.")],
    shard: Annotated[
        str, typer.Option("--shard", metavar="K/N", help="The K-th of N parts, so that N workers share the work.")
    ] = "1/1",
    apply: Annotated[bool, typer.Option("--apply", help="Link and unlink; else only say what would change.")] = False,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE.csv", help="Every change, one a line.")] = None,
) -> None:
    """
    A new model over stored complaints: features and keys anew, then what it would decide otherwise.

    Nobody's case changes without --apply. What was interrupted goes on where it was. What a person has linked, unlinked or
    split stays as it is, whatever a model says.
    """
    from hub.model import Tally
    from hub.rebuilding import Rebuild
    from hub.sheets import csv_lines

    day, part = _day(since), _shard(shard)
    if out and not out.parent.is_dir():
        wrong_use(f"dedup rebuild: there is no folder {out.parent}; make it first.")
    with opened() as hub, ExitStack() as stack:
        one = Rebuild(hub=hub, since=day, shard=part[0], of=part[1])
        one.features()
        file = stack.enter_context(out.open("a", newline="", encoding="utf-8")) if out else None
        for change in one.changes(apply=apply):
            if file:
                file.writelines(csv_lines([_row(change)]))
        words = {name: count for name, count in one.counts.items() if name != "judged"}
        note = (
            ""
            if apply
            else "Tidak ada perkara yang diubah; jalankan dengan --apply. / No case has changed; run with --apply."
        )
        end(Tally(verb="dedup rebuild", done=one.counts["judged"], words=words, notes=(note,) if note else ()))


def _row(change: Change) -> tuple[str, ...]:
    before = "" if change.before is None else f"{change.before:.3f}"
    return change.what, str(change.complaint), str(change.other), before, f"{change.after:.3f}"


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        wrong_use("dedup rebuild: --since is a day such as 2026-06-30.")


def _shard(text: str) -> tuple[int, int]:
    shard, _, of = text.partition("/")
    if not (shard.isdecimal() and of.isdecimal() and 1 <= int(shard) <= int(of) <= 1000):
        wrong_use("dedup rebuild: --shard is such as 2/4, the second of four.")
    return int(shard), int(of)
