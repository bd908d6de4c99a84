"""The commands of the six verbs, and all commands together."""

from __future__ import annotations

from typing import Annotated

import typer

from hub.commands import (
    answering,
    cases,
    deciding,
    desks,
    drafting,
    erasing,
    inspecting,
    keys,
    looking,
    proving,
    pulling,
    receiving,
    registering,
    sending,
    status,
    users,
)
from hub.commands.progress import showing
from hub.commands.shared import Names, Stop, end, opened, tell_broken, wrong_use
from hub.settings import Settings
from hub.telling import DONE, exit_code, say

app = typer.Typer(
    help="Complaints from any door, once each, to SP4N-LAPOR!, with proof.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
Since = Annotated[
    str | None,
    typer.Option(
        metavar="TIME", help="Read again from here: a date or RFC 3339; without offset in the connector's zone."
    ),
]
Until = Annotated[
    str | None, typer.Option(metavar="TIME", help="… to here; a date counts whole, nothing is until now.")
]


# the six verbs -----------------------------------------------------------------------------------------------------


@app.command()
def pull(
    names: Annotated[list[str] | None, typer.Argument(help="Names of connectors; or say --all.")] = None,
    all_: Annotated[bool, typer.Option("--all", help="Every connector.")] = False,
    since: Since = None,
    until: Until = None,
    sweep: Annotated[bool, typer.Option("--sweep", help="Read everything again, whatever the stamps say.")] = False,
) -> None:
    """Channel -> items, kept as received."""
    pulling.pull(names or (), every=all_, since=since, until=until, sweep=sweep)


@app.command()
def accept(names: Names = None) -> None:
    """Items -> complaints or quarantine, with the verdict about duplicates."""
    from hub import steps

    with opened() as hub:
        with showing() as shown:
            tally = steps.accept(hub, names or (), progress=shown)
        end(tally)


@app.command()
def forward(names: Names = None) -> None:
    """Outbox -> registry, with receipts."""
    from hub import steps

    with opened() as hub:
        end(steps.forward(hub, names or ()))


@app.command()
def follow(
    names: Names = None,
    everything: Annotated[
        bool, typer.Option(help="Ask about all complaints, also those that are not due or ended long ago.")
    ] = False,
) -> None:
    """Registry -> status -> back to the reporter."""
    from hub import steps

    with opened() as hub:
        end(steps.follow(hub, names or (), everything=everything))


@app.command()
def seal() -> None:
    """Audit entries -> tiles and a signed checkpoint."""
    from hub import steps

    with opened() as hub:
        end(steps.seal(hub))


@app.command()
def watch() -> None:
    """Everything -> figures, conservation check, silent channels."""
    from hub import steps

    with opened() as hub:
        end(steps.watch(hub))


@app.command()
def sync(
    names: Names = None,
    all_: Annotated[bool, typer.Option("--all", help="Every connector.")] = False,
) -> None:
    """All six verbs in order, in one process."""
    from hub import steps

    if bool(names) == all_:
        wrong_use("sync: name the connectors, or say --all.")
    with opened() as hub:
        with showing() as shown:
            tallies = steps.sync(hub, names or (), said=say, progress=shown)
        raise Stop((tell_broken(hub) if all_ else DONE) or exit_code(tallies))


# the whole house on one machine ------------------------------------------------------------------------------------


@app.command()
def up() -> None:
    """Run everything on this machine: database, Airflow."""
    from hub.machine.up import up as run

    raise Stop(run(Settings.read()))


@app.command()
def demo(keep: Annotated[bool, typer.Option("--keep", help="Leave it up until Ctrl-C.")] = False) -> None:
    """Carry invented complaints from three doors through the scheduler to a make-believe registry, and check it all."""
    from sandbox.demo import demo as run

    raise Stop(run(keep))


for group in (
    status,
    looking,
    drafting,
    registering,
    receiving,
    cases,
    deciding,
    inspecting,
    sending,
    answering,
    erasing,
    proving,
    users,
    keys,
    desks,
):
    app.add_typer(group.app)
