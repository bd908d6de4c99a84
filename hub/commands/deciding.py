"""Commands by which a named person decides: each leaves an entry with name and reason."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, NoReturn

import typer

from hub.commands.shared import Because, By, decider, end, opened, wrong_use

app = typer.Typer()
registry = typer.Typer(help="Pause and resume sending to a registry.", no_args_is_help=True)
secret = typer.Typer(help="Which connector may use which secret.", no_args_is_help=True)
app.add_typer(registry, name="registry")
app.add_typer(secret, name="secret")


@app.command()
def close(name: str, interval: int, because: Because, by: By = "") -> None:
    """Give up an owed interval, with a reason."""
    from hub.closing import close as closed

    with opened() as hub:
        end(closed(hub, name, interval, who=by or decider(hub), because=because))


@app.command()
def release(
    names: Annotated[list[str], typer.Argument(help="Connectors or complaint ids.")],
    by: By,
    because: Because,
    reason: Annotated[
        list[str] | None, typer.Option(help="For a connector: which reasons of holding; default first_batch, shadow.")
    ] = None,
) -> None:
    """Send what was held."""
    from hub.releasing import BY_NAME
    from hub.releasing import release as released

    with opened() as hub:
        end(released(hub, names, by=by, because=because, reasons=tuple(reason or BY_NAME)))


@app.command()
def resolve(
    by: By,
    number: Annotated[
        str | None, typer.Argument(metavar="ID", help="A complaint or follow-up whose outcome is unknown.")
    ] = None,
    registry_id: Annotated[str | None, typer.Option(help="The registry has it under this id.")] = None,
    absent: Annotated[bool, typer.Option("--absent", help="The registry does not have it: send it again.")] = False,
    file: Annotated[
        Path | None,
        typer.Option("--from", exists=True, dir_okay=False, help="A CSV of id and registry_id (or the word absent)."),
    ] = None,
) -> None:
    """Say what became of a forward whose outcome is unknown, or of many."""
    from hub.redriving import resolve as resolved

    if file is not None:
        if number or registry_id or absent:
            wrong_use("resolve: --from FILE.csv says everything; give no ID, --registry-id or --absent beside it.")
        _resolve_all(file, by)
    if number is None or (registry_id is None) == (not absent):
        wrong_use("resolve: name one complaint, and say either --registry-id N or --absent; or --from FILE.csv.")
    with opened() as hub:
        end(resolved(hub, number, registry_id=registry_id, absent=absent, by=by))


def _resolve_all(file: Path, by: str) -> NoReturn:
    from hub.redriving import resolve_all

    if not by.strip():
        wrong_use("resolve: say with --by who has looked.")
    try:
        text = file.read_text("utf-8-sig")
    except UnicodeDecodeError:
        wrong_use(f"resolve: {file.name} is not UTF-8; save it as CSV UTF-8.")
    with opened() as hub:
        end(resolve_all(hub, text, by=by))


@registry.command("pause")
def pause_registry(name: str, by: By, because: Because) -> None:
    """Stop sending to a registry."""
    from hub.forwarding import pause

    with opened() as hub:
        end(pause(hub, name, by=by, because=because))


@registry.command("resume")
def resume_registry(name: str, by: By, because: Because) -> None:
    """Send to it again."""
    from hub.forwarding import resume

    with opened() as hub:
        end(resume(hub, name, by=by, because=because))


@secret.command("allow")
def allow_secret(
    name: str,
    connector: Annotated[str, typer.Option(help="The connector that may use it.")],
    host: Annotated[str, typer.Option(help="The host that it may be sent to.")],
    by: By = "",
) -> None:
    """Let a connector send a secret to a host."""
    from hub.binding import allow

    with opened() as hub:
        end(allow(hub.store, name, connector, host, by=by or decider(hub), now=hub.clock()))
