"""Commands about answers that did not get through: what stands where, and what a person decides about it."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer

from hub.commands.shared import Because, By, Names, end, opened, wrong_use

app = typer.Typer()
answers = typer.Typer(help="Answers to reporters that did not get through.", no_args_is_help=True)
app.add_typer(answers, name="answers")
KNOWN = ("queued", "sent", "unknown", "refused", "no_door")


@answers.command("list")
def list_answers(
    names: Names = None,
    states: Annotated[
        list[str] | None, typer.Option("--state", help="unknown, refused (these by default), no_door, queued, sent.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 1_000,
) -> None:
    """One JSON object a line: number, complaint, connector, what, state, code, attempts, times; no text."""
    from hub.store import undelivered

    wanted = states or ["unknown", "refused"]
    if strange := sorted({*wanted} - {*KNOWN}):
        wrong_use(f"answers list: '{strange[0]}' is none of {', '.join(KNOWN)}.")
    with opened() as hub, hub.store.begin() as work:
        for one in undelivered.listed(work, states=wanted, names=names or (), limit=limit):
            values = {name: getattr(one, name) for name in one.__slots__}
            sys.stdout.write(json.dumps(values, default=str) + "\n")


@answers.command("settle")
def settle_answers(
    numbers: Annotated[list[str], typer.Argument(metavar="ID…", help="Numbers of answers, or ids of complaints.")],
    by: By,
    because: Because,
    arrived: Annotated[bool, typer.Option("--arrived", help="They arrived.")] = False,
    again: Annotated[bool, typer.Option("--again", help="They did not arrive: send them once more.")] = False,
    dropped: Annotated[bool, typer.Option("--dropped", help="They are told in another way, or not at all.")] = False,
) -> None:
    """Say what became of answers whose outcome is unknown, or send refused ones once more."""
    from hub.settling import resolve

    chosen = [state for state, said in (("sent", arrived), ("queued", again), ("no_door", dropped)) if said]
    if len(chosen) != 1:
        wrong_use("answers settle: say one of --arrived, --again or --dropped.")
    with opened() as hub:
        end(resolve(hub, numbers, state=chosen[0], by=by, because=because))
