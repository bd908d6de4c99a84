"""Commands of the Inspektorat: which complaints accuse somebody, what they say, and from whom they stay hidden."""

from __future__ import annotations

from typing import Annotated

import typer

from hub.commands.erasing import number
from hub.commands.shared import Because, By, end, opened, wrong_use

app = typer.Typer()
accused = typer.Typer(help="The Inspektorat's queue: complaints that accuse somebody.")
app.add_typer(accused, name="accused")

PASSED_ON = "  DITERUSKAN KE TERLAPOR / PASSED ON TO THE ACCUSED"


@accused.callback(invoke_without_command=True)
def listed(
    context: typer.Context,
    all_: Annotated[bool, typer.Option("--all", help="Also those about which somebody has decided.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1_000_000, help="At most so many lines.")] = 50,
) -> None:
    """Complaints that accuse somebody, the oldest first: in codes, without a word of theirs."""
    if context.invoked_subcommand:
        return
    from hub.inspecting import listed as found
    from hub.telling import stamp

    with opened() as hub:
        lines = [
            f"{one.complaint}  {one.region}  {one.name}  {stamp(one.stored_at)}  {one.accused}  "
            f"tersembunyi dari / hidden from {', '.join(one.hidden_from or ()) or '-'}  "
            f"sp4n {one.registry_id or '-'}  {', '.join(one.because or ())}{PASSED_ON if one.passed_on else ''}"
            for one in found(hub, everything=all_, limit=limit)
        ]
    print("\n".join(lines or ["Antrean kosong. / The queue is empty."]))


@accused.command("show")
def show(complaint: str, by: By, because: Because) -> None:
    """What one of them says, its personal data masked, without who says it; leaves an entry."""
    from hub.inspecting import shown
    from hub.personal import mask

    _said(by, because)
    with opened() as hub:
        found = shown(hub, number(complaint), by=by.strip(), because=because.strip())
    print("\n".join(f"{name}: {mask(value)}" for name, value in found.items()) or "-")


@accused.command("confirm")
def confirm(
    complaint: str,
    by: By,
    because: Because,
    institution: Annotated[str | None, typer.Option(help="Which institution it is, where that was not clear.")] = None,
) -> None:
    """The accusation stands: it stays hidden from the people of that institution."""
    from hub.inspecting import confirm as confirmed

    _said(by, because)
    with opened() as hub:
        end(confirmed(hub, number(complaint), by=by.strip(), because=because.strip(), institution=institution))


@accused.command("clear")
def clear(complaint: str, by: By, because: Because) -> None:
    """It accuses nobody of this region's hub: its people see the complaint like all others; it stays confidential."""
    from hub.inspecting import clear as cleared

    _said(by, because)
    with opened() as hub:
        end(cleared(hub, number(complaint), by=by.strip(), because=because.strip()))


@accused.command("rejudge")
def rejudge(
    again: Annotated[bool, typer.Option("--again", help="From the first one, also where all are judged.")] = False,
) -> None:
    """Judge what was stored under older rules by today's: it hides and makes confidential, and never the other way.

    `watch` does it by itself, so many a night. Cut off, it goes on where it was.
    """
    from hub.rejudging import rejudge as rejudged

    with opened() as hub:
        end(rejudged(hub, again=again))


def _said(by: str, because: str) -> None:
    """Who and why stand in the log for ever: both are said, and without personal data."""
    from hub.identity import looks_personal

    if not by.strip() or not because.strip():
        wrong_use("accused: say who decides (--by) and why (--because).")
    if looks_personal(because):
        wrong_use("accused: the reason stays in the log for ever. Write it without number or address of a person.")
