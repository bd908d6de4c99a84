"""Commands whose results others check: the log that anyone can verify, and deduplication by itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from hub.commands.shared import Stop, end, opened

app = typer.Typer()
audit = typer.Typer(help="The log that anyone can verify.", no_args_is_help=True)
dedup = typer.Typer(help="Deduplication by itself.", no_args_is_help=True)
app.add_typer(audit, name="audit")
app.add_typer(dedup, name="dedup")
From = Annotated[str | None, typer.Option("--from", metavar="TIME", help="A date or RFC 3339, in Jakarta.")]
To = Annotated[str | None, typer.Option("--to", metavar="TIME", help="… to here; a date counts whole.")]
Connector = Annotated[str | None, typer.Option("--connector", help="Name or UUID of a connector.")]
Region = Annotated[str | None, typer.Option("--region", help="A region, with all below it.")]


@audit.command("export")
def audit_export(folder: Path) -> None:
    """Write the log and its key into a folder: checkpoint, tile/…, log.vkey."""
    from hub.sealing import export as exported

    with opened() as hub:
        end(exported(hub, folder))


@audit.command("verify")
def audit_verify(
    folder: Path,
    key: Annotated[str, typer.Option("--key", help="The verifier's key, or a file that holds it.")],
    since: Annotated[Path | None, typer.Option(help="An older checkpoint that you kept.")] = None,
) -> None:
    """Check an exported log without database or network."""
    from hub.audit.verify import main as verify

    raise Stop(verify([str(folder), "--key", key, *(["--since", str(since)] if since else [])]))


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


@dedup.command("evaluate")
def dedup_evaluate(records: Path, out: Annotated[Path, typer.Option(help="CLUSTERS.csv")]) -> None:
    """Group records (one JSON object a line) into clusters: id,cluster_id."""
    import csv

    from dedup.evaluate import clusters

    with records.open(encoding="utf-8") as lines, out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "cluster_id"])
        writer.writerows(clusters(json.loads(line) for line in lines if line.strip()))
