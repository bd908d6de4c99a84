"""Commands about cases: what tells of one matter, what a person should look at, and what a person decides."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from hub.commands.erasing import number
from hub.commands.history import dedup
from hub.commands.shared import BecauseAsIs, By, end, opened, wrong_use

app = typer.Typer()
cases = typer.Typer(help="Complaints about one matter: look, link, unlink, split.")
app.add_typer(cases, name="cases")
app.add_typer(dedup, name="dedup")


@cases.callback(invoke_without_command=True)
def listed(
    context: typer.Context,
    needs_review: Annotated[
        bool, typer.Option("--needs-review", help="What a person should look at, the oldest first.")
    ] = False,
    region: Annotated[str | None, typer.Option("--region", help="A region, with all below it.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1_000_000, help="At most so many lines.")] = 50,
) -> None:
    """Cases of several complaints, the newest first: how many complaints, signers, regions and open questions each has."""
    if context.invoked_subcommand:
        return
    from hub.store import case_lists

    with opened() as hub, hub.store.begin() as work:
        if needs_review:
            lines = [_question(row) for row in case_lists.questions(work, region=region, limit=limit)]
            print("\n".join(lines or ["Tidak ada yang perlu dilihat. / Nothing to look at."]))
        else:
            lines = [_case(row) for row in case_lists.listed(work, region=region, limit=limit)]
            print("\n".join(lines or ["Belum ada perkara dengan beberapa aduan. / No case of several complaints yet."]))


def _case(row: Any) -> str:
    asked = f"; {row.questions} perlu dilihat / to look at" if row.questions else ""
    return (
        f"{row.head}  {row.complaints} aduan / complaints, {row.signers} pelapor / signers, "
        f"{', '.join(row.regions)}, {row.first} - {row.last}{asked}"
    )


def _question(row: Any) -> str:
    from dedup.reasons import phrases

    detail = row.detail
    sure = f"{detail['per_mille'] / 10:.0f} %" if "per_mille" in detail else "?"
    why = "; ".join(" / ".join(phrases(code)) for code in detail.get("reasons", ()))
    return (
        f"{row.complaint} ({row.region}) = {row.other} ({row.other_region})?  {sure}  {why}\n"
        f"    perkara / cases {row.case_a} {row.case_b}"
    )


@cases.command("show")
def cases_show(case: str) -> None:
    """The complaints of a case; of those in other regions only region, institution, day and verdict."""
    from hub.cases import no_case
    from hub.screen import line
    from hub.store import case_lists

    with opened() as hub, hub.store.begin() as work:
        own = case_lists.members(work, number(case))
        if not own:
            wrong_use(no_case(work, number(case)))
        lines = [f"{row.id}  {row.region}  {line(row.institution)}  {row.day}" for row in own]
        lines += [
            f"(daerah lain / elsewhere)  {row.region}  {line(row.institution)}  {row.day}  {row.verdict}"
            for row in case_lists.foreign(work).get(own[0].head, ())
        ]
    print("\n".join(lines))


@cases.command("link")
def cases_link(one: str, other: str, by: By, because: BecauseAsIs) -> None:
    """Two complaints are about one matter: their cases become one, and no model ever undoes it."""
    from hub.cases import link

    _said(by, because)
    with opened() as hub:
        end(link(hub, number(one), number(other), by=by.strip(), because=because.strip()))


@cases.command("unlink")
def cases_unlink(
    by: By,
    because: BecauseAsIs,
    names: Annotated[
        list[str], typer.Argument(metavar="LINK | COMPLAINT COMPLAINT", help="A link's number, or two ids.")
    ],
) -> None:
    """Two complaints are two matters: what links them is undone, and no model ever links them again."""
    from hub.cases import unlink, unlink_number

    _said(by, because)
    if (len(names) == 1 and not names[0].isdecimal()) or len(names) > 2:
        wrong_use("cases unlink: name one link by its number, or two complaints by their ids.")
    with opened() as hub:
        if len(names) == 1:
            end(unlink_number(hub, int(names[0]), by=by.strip(), because=because.strip()))
        end(unlink(hub, number(names[0]), number(names[1]), by=by.strip(), because=because.strip()))


@cases.command("split")
def cases_split(case: str, complaints: list[str], by: By, because: BecauseAsIs) -> None:
    """These complaints of a case become a case of their own; the others stay one."""
    from hub.cases import split

    _said(by, because)
    with opened() as hub:
        end(split(hub, number(case), [number(one) for one in complaints], by=by.strip(), because=because.strip()))


def _said(by: str, because: str) -> None:
    """Who and why stand in the log for ever: both are said, and without personal data."""
    from hub.identity import looks_personal

    if not by.strip() or not because.strip():
        wrong_use("cases: say who decides (--by) and why (--because).")
    if looks_personal(because):
        wrong_use("cases: the reason stays in the log for ever. Write it without number or address of a person.")
