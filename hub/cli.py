"""The command line: one command a verb, and what people do by hand."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hub.model import Tally
from hub.settings import Settings
from hub.telling import DONE, FAILED, WRONG_USE, complain, exit_code, say

if TYPE_CHECKING:
    from hub.spine import Hub

app = typer.Typer(
    help="Complaints from any door, once each, to SP4N-LAPOR!, with proof.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
audit = typer.Typer(help="The log that anyone can verify.", no_args_is_help=True)
secret = typer.Typer(help="Which connector may use which secret.", no_args_is_help=True)
registry = typer.Typer(help="Pause and resume sending to a registry.", no_args_is_help=True)
dedup_commands = typer.Typer(help="Deduplication by itself.", no_args_is_help=True)
app.add_typer(audit, name="audit")
app.add_typer(secret, name="secret")
app.add_typer(registry, name="registry")
app.add_typer(dedup_commands, name="dedup")

INTERRUPTED = 130
"""What typer makes of Ctrl-C."""
Names = Annotated[list[str] | None, typer.Argument(help="Names of connectors; none = all.")]
By = Annotated[str, typer.Option("--by", help="The person who decides.")]
Because = Annotated[str, typer.Option("--because", help="Why.")]


class Stop(Exception):
    """End with this exit code; what is to be said has been said."""

    def __init__(self, code: int) -> None:
        self.code = code


@contextmanager
def _hub(only: str | None = None) -> Iterator[Hub]:
    from hub.wire import open_hub

    settings = Settings.read()
    for sentence in settings.doubts():
        complain(sentence)
    with open_hub(settings, only=only) as hub:
        yield hub


def _end(*tallies: Tally) -> None:
    for tally in tallies:
        say(tally)
    raise Stop(exit_code(tallies))


def _tell_broken(hub: Hub) -> int:
    """Broken manifests and registries, in sentences; the rest has run. The exit code for them."""
    broken = [*hub.manifests.bad.values(), *hub.registries.bad.values()]
    for problem in broken:
        complain(problem)
    return FAILED if broken else DONE


# the six verbs -----------------------------------------------------------------------------------------------------


@app.command()
def pull(
    names: Names = None,
    all_: Annotated[bool, typer.Option("--all", help="Every connector.")] = False,
    since: Annotated[datetime | None, typer.Option(help="Read again from this moment.")] = None,
    until: Annotated[datetime | None, typer.Option(help="… to this one.")] = None,
) -> None:
    """Channel -> items, kept as received."""
    from hub import steps
    from hub.pulling import enabled

    if bool(names) == all_:
        complain("pull: name the connectors, or say --all.")
        raise Stop(WRONG_USE)
    with _hub(only=names[0] if names and len(names) == 1 else None) as hub:
        if names and len(names) == 1:
            _end(steps.pull(hub, names[0], since=_aware(since), until=_aware(until)))
        tallies = [steps.kept("pull", steps.pull, hub, name) for name in names or enabled(hub)]
        for tally in tallies:
            say(tally)
        raise Stop(max(_tell_broken(hub) if all_ else DONE, 0) or exit_code(tallies))


@app.command()
def accept(names: Names = None) -> None:
    """Items -> complaints or quarantine, with the verdict about duplicates."""
    from hub import steps

    with _hub() as hub:
        _end(steps.accept(hub, names or ()))


@app.command()
def forward(names: Names = None) -> None:
    """Outbox -> registry, with receipts."""
    from hub import steps

    with _hub() as hub:
        _end(steps.forward(hub, names or ()))


@app.command()
def follow(
    names: Names = None,
    everything: Annotated[bool, typer.Option(help="Ask about all complaints, also those that are not due.")] = False,
) -> None:
    """Registry -> status -> back to the reporter."""
    from hub import steps

    with _hub() as hub:
        _end(steps.follow(hub, names or (), everything=everything))


@app.command()
def seal() -> None:
    """Audit entries -> tiles and a signed checkpoint."""
    from hub import steps

    with _hub() as hub:
        _end(steps.seal(hub))


@app.command()
def watch() -> None:
    """Everything -> figures, conservation check, silent channels."""
    from hub import steps

    with _hub() as hub:
        _end(steps.watch(hub))


@app.command()
def sync(
    names: Names = None,
    all_: Annotated[bool, typer.Option("--all", help="Every connector.")] = False,
) -> None:
    """All six verbs in order, in one process."""
    from hub import steps

    if bool(names) == all_:
        complain("sync: name the connectors, or say --all.")
        raise Stop(WRONG_USE)
    with _hub() as hub:
        tallies = steps.sync(hub, names or (), said=say)
        raise Stop((_tell_broken(hub) if all_ else DONE) or exit_code(tallies))


# what people look at -----------------------------------------------------------------------------------------------


@app.command()
def status(name: Annotated[str | None, typer.Argument(help="One connector.")] = None) -> None:
    """What was pulled, what became of it, and what is owed."""
    from hub.closing import reading
    from hub.oversight import figures
    from hub.pulling import known_names
    from hub.telling import interval, table

    with _hub() as hub:
        known_names(hub, [name] if name else [])
        known = figures(hub)
        chosen = {one: words for one, words in known["connectors"].items() if name in (None, one)}
        table(chosen, known["pulled"])
        for one in [name] if name else sorted(hub.manifests.good):
            found = reading(hub, one)
            if found is None:
                print(f"{one}: never pulled")
                continue
            if found.proof:
                print(f"{one}: read {interval(found.proof)}; proof: {found.proof.proof}")
            for row in found.owed:
                print(f"{one}: interval {row.id} is owed, {interval(row)}: {row.owed}")
        raise Stop(_tell_broken(hub))


@app.command()
def export(
    what: Annotated[str, typer.Argument(help="items | complaints | quarantine | deliveries | cases")],
    names: Names = None,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="One JSON object a line (the only form).")] = True,
    masked: Annotated[bool, typer.Option("--masked", help="Without personal data.")] = False,
) -> None:
    """Write rows to standard output; unmasked is the operator's right and leaves an entry."""
    from hub.exporting import WHAT
    from hub.exporting import export as lines

    if what not in WHAT or not jsonl:
        complain(f"export: '{what}' is none of {', '.join(WHAT)}.")
        raise Stop(WRONG_USE)
    with _hub() as hub:
        for line in lines(hub, what, names or (), masked=masked):
            sys.stdout.write(json.dumps(line, ensure_ascii=True) + "\n")


@app.command()
def check(paths: Annotated[list[Path] | None, typer.Argument(help="Manifests; none = all.")] = None) -> None:
    """Read manifests as the hub would, and say what is wrong or missing, in Indonesian and English."""
    from hub.checking import check as checked

    settings = Settings.read()
    raise Stop(checked(settings, paths or []))


# what people do by hand --------------------------------------------------------------------------------------------


@app.command()
def close(name: str, interval: int, because: Because, by: By = "operator") -> None:
    """Give up an owed interval, with a reason."""
    from hub.closing import close as closed

    with _hub() as hub:
        _end(closed(hub, name, interval, who=by, because=because))


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

    with _hub() as hub:
        _end(released(hub, names, by=by, because=because, reasons=tuple(reason or BY_NAME)))


@app.command()
def resolve(
    number: Annotated[str, typer.Argument(metavar="ID", help="A complaint's id whose outcome is unknown.")],
    by: By,
    registry_id: Annotated[str | None, typer.Option(help="The registry has it under this id.")] = None,
    absent: Annotated[bool, typer.Option("--absent", help="The registry does not have it: send it again.")] = False,
) -> None:
    """Say what became of a forward whose outcome is unknown."""
    from hub.forwarding import resolve as resolved

    if (registry_id is None) == (not absent):
        complain("resolve: say either --registry-id N or --absent.")
        raise Stop(WRONG_USE)
    with _hub() as hub:
        _end(resolved(hub, number, registry_id=registry_id, absent=absent, by=by))


@registry.command("pause")
def pause_registry(name: str, by: By, because: Because) -> None:
    """Stop sending to a registry."""
    from hub.forwarding import pause

    with _hub() as hub:
        _end(pause(hub, name, by=by, because=because))


@registry.command("resume")
def resume_registry(name: str, by: By, because: Because) -> None:
    """Send to it again."""
    from hub.forwarding import resume

    with _hub() as hub:
        _end(resume(hub, name, by=by, because=because))


@secret.command("allow")
def allow_secret(
    name: str,
    connector: Annotated[str, typer.Option(help="The connector that may use it.")],
    host: Annotated[str, typer.Option(help="The host that it may be sent to.")],
    by: By = "operator",
) -> None:
    """Let a connector send a secret to a host."""
    from hub.binding import allow

    with _hub() as hub:
        _end(allow(hub.store, name, connector, host, by=by, now=hub.clock()))


@audit.command("export")
def audit_export(folder: Path) -> None:
    """Write the log and its key into a folder: checkpoint, tile/…, log.vkey."""
    from hub.sealing import export as exported

    with _hub() as hub:
        _end(exported(hub, folder))


@audit.command("verify")
def audit_verify(
    folder: Path,
    key: Annotated[str, typer.Option("--key", help="The verifier's key, or a file that holds it.")],
    since: Annotated[Path | None, typer.Option(help="An older checkpoint that you kept.")] = None,
) -> None:
    """Check an exported log without database or network."""
    from hub.audit.verify import main as verify

    raise Stop(verify([str(folder), "--key", key, *(["--since", str(since)] if since else [])]))


@dedup_commands.command("evaluate")
def dedup_evaluate(records: Path, out: Annotated[Path, typer.Option(help="CLUSTERS.csv")]) -> None:
    """Group records (one JSON object a line) into clusters: id,cluster_id."""
    import csv

    from dedup.evaluate import clusters

    with records.open(encoding="utf-8") as lines, out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "cluster_id"])
        writer.writerows(clusters(json.loads(line) for line in lines if line.strip()))


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


@app.command()
def doctor() -> None:
    """Look at this machine and say what is wrong."""
    from hub.machine.doctor import doctor as look

    raise Stop(look(Settings.read()))


def _aware(moment: datetime | None) -> datetime | None:
    """A moment without zone is Jakarta's."""
    from zoneinfo import ZoneInfo

    return moment.replace(tzinfo=ZoneInfo("Asia/Jakarta")) if moment and moment.tzinfo is None else moment


def main() -> None:
    """The command `satupintu`: every failure is a sentence and an exit code, never a traceback."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code."""
    try:
        code = app(args=arguments, standalone_mode=False, prog_name="satupintu")
        if code == INTERRUPTED:
            complain("stopped; what was stored is kept, and the next run goes on.")
        return code if isinstance(code, int) else DONE
    except Stop as stop:
        return stop.code
    except typer.Exit as end:
        return end.exit_code
    except BrokenPipeError:
        return FAILED
    except Exception as error:
        from hub.failures import explained

        return explained(error)


if __name__ == "__main__":
    main()
