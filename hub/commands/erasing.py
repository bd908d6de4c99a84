"""Commands about what is kept and what is not: erase a person, hold a case, and how long each class of data is kept."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

import typer

from hub.commands.shared import Because, By, end, opened, person, wrong_use
from hub.screen import line

app = typer.Typer()
hold = typer.Typer(help="Keep a case from being erased.", no_args_is_help=True)
retention = typer.Typer(help="How long each class of data is kept.", no_args_is_help=True)
app.add_typer(hold, name="hold")
app.add_typer(retention, name="retention")

LONGEST_REASON = 200
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be erased.")]


@app.command()
def erase(
    reason: Annotated[
        str, typer.Option("--reason", help="Why, without any personal data: it stays in the log for ever.")
    ],
    by: By,
    reporter: Annotated[
        str | None, typer.Option("--reporter", help="Phone number, e-mail address, NIK or handle of the person.")
    ] = None,
    complaint: Annotated[list[str] | None, typer.Option("--complaint", help="A complaint; may be repeated.")] = None,
    everywhere: Annotated[
        bool, typer.Option("--everywhere", help="Also look through all stored items for whoever else names the person.")
    ] = False,
    dry_run: DryRun = False,
) -> None:
    """Destroy the data keys of a person's complaints: nobody can read them any more, and the log stays whole."""
    from hub.erasing import erase as erased
    from hub.identity import looks_personal

    if not (reporter or complaint):
        wrong_use("erase: name the person with --reporter, or complaints with --complaint.")
    if not reason.strip() or not by.strip():
        wrong_use("erase: say who decides (--by) and why (--reason).")
    named = reporter is not None and reporter.strip().casefold() in reason.casefold()
    if len(reason) > LONGEST_REASON or named or looks_personal(reason):
        wrong_use(
            "erase: the reason stays in the log for ever. Write it in at most 200 letters, without name, number or address."
        )
    with opened() as hub:
        end(
            erased(
                hub,
                reporter=reporter,
                complaints=[number(one) for one in complaint or ()],
                because=reason.strip(),
                by=by.strip(),
                dry_run=dry_run,
                everywhere=everywhere,
            )
        )


def number(text: str) -> UUID:
    """An id that somebody typed; ends the command where it is none."""
    try:
        return UUID(text.strip())
    except ValueError:
        wrong_use(f"'{text}' is no id of a complaint or case.")


@hold.command("add")
def hold_add(
    owner: Annotated[str, typer.Option("--owner", help="Who wants it kept.", callback=person)],
    until: Annotated[str, typer.Option("--until", help="The last day, such as 2027-06-30.")],
    because: Because,
    case: Annotated[str | None, typer.Option("--case", help="A case, with all that is linked to it.")] = None,
    complaint: Annotated[str | None, typer.Option("--complaint", help="One complaint.")] = None,
) -> None:
    """Nobody erases a case or a complaint until a day, whether on request or by age."""
    from hub.holding import add

    if (case is None) == (complaint is None) or not owner.strip() or not because.strip():
        wrong_use("hold add: name one --case or one --complaint, and say who (--owner) and why (--because).")
    try:
        day = date.fromisoformat(until)
    except ValueError:
        wrong_use("hold add: --until is a day such as 2027-06-30.")
    meant = number(case) if case else None, number(complaint) if complaint else None
    with opened() as hub:
        end(add(hub, case=meant[0], complaint=meant[1], owner=owner.strip(), until=day, because=because.strip()))


@hold.command("list")
def hold_list(all_: Annotated[bool, typer.Option("--all", help="Also those that have ended.")] = False) -> None:
    """Which holds stand: number, case or complaint, who, until when, why."""
    from hub.holding import listed

    with opened() as hub:
        for one in listed(hub, ended=all_):
            what = f"case {one.case_id}" if one.case_id else f"complaint {one.complaints[0]}"
            print(line(f"{one.id}  {what}  {one.owner}  {one.until}  {one.because}"))


@hold.command("end")
def hold_end(number: int, by: By, because: Because) -> None:
    """End a hold before its day."""
    from hub.holding import end as ended

    with opened() as hub:
        end(ended(hub, number, by=by, because=because))


@retention.command("show")
def retention_show() -> None:
    """How many days each class is kept."""
    from hub.retention import terms

    with opened() as hub:
        for term in terms(hub):
            kept = "selamanya / for ever" if term.days is None else f"{term.days} hari / days"
            print(f"{term.class_}: {kept}{f' ({term.set_by})' if term.set_by else ''}")


@retention.command("set")
def retention_set(
    name: Annotated[str, typer.Argument(metavar="CLASS")],
    days: Annotated[str, typer.Argument(metavar="DAYS", help="A number, or the word forever.")],
    by: By,
    because: Because,
) -> None:
    """Keep a class of data for so many days after it was last heard of."""
    from hub.retention import keep

    if days != "forever" and not days.isdecimal():
        wrong_use("retention set: DAYS is a number, or the word forever.")
    with opened() as hub:
        end(keep(hub, name, None if days == "forever" else int(days), by=by, because=because))


@retention.command("run")
def retention_run(by: By, dry_run: DryRun = False) -> None:
    """Erase what is older than its class may be; what is held stays."""
    from hub.retention import run

    with opened() as hub:
        end(run(hub, by=by, dry_run=dry_run))
