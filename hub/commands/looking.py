"""Commands that only look: what the hub holds, what a manifest says, whether this machine is fit."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from hub.commands.shared import Names, Stop, end, opened, wrong_use
from hub.settings import Settings

app = typer.Typer()


@app.command()
def export(
    what: Annotated[
        str, typer.Argument(help="items | complaints | quarantine | deliveries | cases | labels | answers")
    ],
    names: Names = None,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="One JSON object a line (all but answers).")] = True,
    masked: Annotated[bool, typer.Option("--masked", help="Without personal data.")] = False,
    csv: Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Answers: a new file for a region.")] = None,
    xlsx: Annotated[Path | None, typer.Option("--xlsx", metavar="FILE", help="The same as a sheet.")] = None,
    again: Annotated[bool, typer.Option("--all", help="Answers: also those of earlier files.")] = False,
    reason: Annotated[str, typer.Option("--reason", help="Why personal data are shown; needed with a token.")] = "",
) -> None:
    """Write rows to standard output; unmasked is the operator's right, others give a reason; each leaves an entry.

    `answers NAME --csv FILE` hands over what was to be told through a connector whose portal has no way in.
    """
    from hub.exporting import WHAT
    from hub.exporting import export as lines
    from hub.identity import looks_personal

    if what == "answers":
        _hand_over(names or [], csv, xlsx, again)
    if what not in WHAT or not jsonl:
        wrong_use(f"export: '{what}' is none of {', '.join(WHAT)}, answers.")
    if looks_personal(reason):
        wrong_use("export: the reason stays in the log for ever. Write it without number or address of a person.")
    with opened() as hub:
        for line in lines(hub, what, names or (), masked=masked, because=reason):
            sys.stdout.write(as_line(line) + "\n")


def as_line(values: Mapping[str, Any]) -> str:
    """One line of JSON in ASCII; no page takes any of it for a tag."""
    return json.dumps(values, ensure_ascii=True).replace("<", "\\u003c")


def _hand_over(names: list[str], csv: Path | None, xlsx: Path | None, again: bool) -> NoReturn:
    from hub.handing import hand_over

    path = csv or xlsx
    if len(names) != 1 or path is None or (csv and xlsx) or path.suffix != (".csv" if csv else ".xlsx"):
        wrong_use("export answers: name one connector and a new file, as --csv NAME.csv or --xlsx NAME.xlsx.")
    with opened() as hub:
        end(hand_over(hub, names[0], path, again=again))


@app.command()
def conform(
    manifest: Annotated[Path, typer.Argument(help="One manifest.")],
    only: Annotated[list[str] | None, typer.Option("--only", help="One scenario by its name; may be repeated.")] = None,
) -> None:
    """Try a manifest against a make-believe portal of its shape that misbehaves, and say which promises hold.

    It uses a database of its own and no network. 0: all hold; 1: one is broken, in a sentence; 2: it cannot be tried.
    """
    from hub.conform.command import conform as tried

    raise Stop(tried(manifest, tuple(only or ())))


@app.command()
def doctor() -> None:
    """Look at this machine and say what is wrong."""
    from hub.machine.doctor import doctor as look

    raise Stop(look(Settings.read()))
