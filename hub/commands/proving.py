"""Commands whose results others check: the log that anyone can verify."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from hub.commands.shared import Stop, end, opened, wrong_use
from hub.telling import complain

app = typer.Typer()
audit = typer.Typer(help="The log that anyone can verify.", no_args_is_help=True)
app.add_typer(audit, name="audit")
From = Annotated[str | None, typer.Option("--from", metavar="TIME", help="A date or RFC 3339, in Jakarta.")]
To = Annotated[str | None, typer.Option("--to", metavar="TIME", help="… to here; a date counts whole.")]
Connector = Annotated[str | None, typer.Option("--connector", help="Name or UUID of a connector.")]
Region = Annotated[str | None, typer.Option("--region", help="A region, with all below it.")]


@audit.command("export")
def audit_export(folder: Path) -> None:
    """Write the log and its key into a folder: checkpoint, tile/…, log.vkey."""
    from hub.publishing import export as exported

    with opened() as hub:
        end(exported(hub, folder))


@audit.command("publish")
def audit_publish(folder: Path) -> None:
    """Bring somebody's copy of the log (a folder, a shared volume) up to the newest checkpoint; it never goes back."""
    from hub.publishing import publish_to

    with opened() as hub:
        end(publish_to(hub, folder))


@audit.command("rebuild")
def audit_rebuild() -> None:
    """Write the hub's own log folder anew from the database."""
    from hub.publishing import rebuild

    with opened() as hub:
        end(rebuild(hub))


@audit.command("prove")
def audit_prove(
    complaint: Annotated[str, typer.Argument(help="Id of the complaint.")],
    out: Annotated[Path | None, typer.Option(help="An empty folder for entries, proofs and verifier.")] = None,
) -> None:
    """Everything that happened to one complaint, each entry with its proof."""
    from uuid import UUID

    from hub.audit.proofs import Unproven
    from hub.publishing import prove

    try:
        number = UUID(complaint)
    except ValueError:
        wrong_use("A complaint is named by its id, a UUID.")
    with opened() as hub:
        try:
            end(prove(hub, number, out, _told))
        except (Unproven, FileExistsError) as refused:
            complain(str(refused))
            raise Stop(1) from None


def _told(entry: Mapping[str, Any]) -> str:
    """An entry in both languages."""
    from hub.evidence.catalogue import CATALOGUE

    meaning = CATALOGUE[entry["act"]]
    what = " ".join(str(one) for one in (entry["act"], entry.get("code"), entry.get("registry_id")) if one)
    return f"{what}: {meaning.indonesian} / {meaning.english}"


@audit.command("verify")
def audit_verify(
    folder: Path,
    key: Annotated[str, typer.Option("--key", help="The verifier's key, or a file that holds it.")],
    since: Annotated[
        list[Path] | None, typer.Option(help="An older checkpoint that you kept; may be repeated.")
    ] = None,
) -> None:
    """Check an exported log, or a folder of proofs, without database or network."""
    from hub.audit.verify import main as verify

    raise Stop(verify([str(folder), "--key", key, *(["--since", *map(str, since)] if since else [])]))


@audit.command("log")
def audit_log(
    since: From = None,
    until: To = None,
    actor: Annotated[str | None, typer.Option(help="Who; * stands for anything.")] = None,
    act: Annotated[str | None, typer.Option(help="What was done: an act of the event catalogue.")] = None,
    connector: Connector = None,
    region: Region = None,
    complaint: Annotated[str | None, typer.Option(help="Id of a complaint.")] = None,
    code: Annotated[str | None, typer.Option(help="Outcome; * stands for anything.")] = None,
    limit: Annotated[int, typer.Option(help="So many, the newest; 0 = all.")] = 100,
    jsonl: Annotated[bool, typer.Option("--json", help="One JSON object a line: leaf, name, entry.")] = False,
) -> None:
    """Search the log: entries by time, actor, act, connector, region, complaint and outcome, the newest first."""
    from hub.evidence.asking import answer, question

    with opened() as hub:
        asked = question(
            hub,
            since=since,
            until=until,
            actor=actor,
            act=act,
            connector=connector,
            region=region,
            complaint=complaint,
            code=code,
        )
        for line in answer(hub, asked, limit=limit or None, as_json=jsonl):
            print(line)


@audit.command("pack")
def audit_pack(
    out: Annotated[Path, typer.Option("--out", metavar="FILE.zip", help="A new file.")],
    since: From = None,
    until: To = None,
    connector: Connector = None,
    region: Region = None,
) -> None:
    """Write an evidence pack: summary to print, entries with proofs, and the verifier that checks every byte of it."""
    from hub.evidence.asking import question
    from hub.evidence.pack import Asking, pack

    with opened() as hub:
        asked = question(hub, since=since, until=until, connector=connector, region=region)
        end(pack(hub, Asking(asked=asked, connector=connector), out))


@audit.command("sample")
def audit_sample(
    count: Annotated[int, typer.Option("--n", min=1, max=10_000, help="How many complaints.")],
    seed: Annotated[str, typer.Option("--seed", help="The same seed draws the same complaints.")],
    since: From = None,
    until: To = None,
    connector: Connector = None,
    region: Region = None,
    jsonl: Annotated[bool, typer.Option("--json", help="One JSON object a complaint.")] = False,
) -> None:
    """Draw complaints that anybody can draw again, each traced from its channel to the registry and back."""
    from hub.evidence.asking import question
    from hub.evidence.sample import as_json, as_text, sample

    with opened() as hub:
        asked = question(hub, since=since, until=until, connector=connector, region=region)
        for trace in sample(hub, asked, count=count, seed=seed):
            print(as_json(trace) if jsonl else "\n".join(as_text(trace)))


@audit.command("touched")
def audit_touched(
    actor: Annotated[str, typer.Option(help="Who, as entries name him; * stands for anything.")],
    since: Annotated[
        str | None, typer.Option("--since", metavar="TIME", help="A date or RFC 3339, in Jakarta.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="TIME", help="… to here; a date counts whole.")
    ] = None,
    act: Annotated[str | None, typer.Option(help="Only this act of the event catalogue.")] = None,
    jsonl: Annotated[bool, typer.Option("--json", help="One JSON object a complaint; otherwise CSV.")] = False,
) -> None:
    """Answer the breach question: which complaints, and how many persons, did somebody touch, and by which acts.

    An unmasked export reaches all that was stored by then. Persons are references that hold for this question only.
    """
    from hub.evidence.asking import question
    from hub.evidence.touched import as_lines, summary, which

    with opened() as hub:
        found = which(hub, question(hub, since=since, until=until, actor=actor, act=act))
        for line in as_lines(found, as_json=jsonl):
            print(line)
        print(summary(found), file=sys.stderr)
