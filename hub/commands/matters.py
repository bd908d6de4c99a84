"""Deduplication by itself, without a database: measured on a file of records, and explained for two of them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.commands.shared import Stop, wrong_use
from hub.telling import FAILED, complain

if TYPE_CHECKING:
    from collections.abc import Mapping

dedup = typer.Typer(
    help="Deduplication: measure it, ask it why, and let a new model over history.", no_args_is_help=True
)
"""hub.commands.history has those that need the store."""


@dedup.command("evaluate")
def evaluate(
    records: Annotated[Path, typer.Argument(help="One JSON object a line, gzipped or not.")],
    out: Annotated[Path, typer.Option(help="CLUSTERS.csv: id,cluster_id.")],
    review: Annotated[Path | None, typer.Option(help="REVIEW.csv: id_a,id_b of what a person would be asked.")] = None,
) -> None:
    """Group records as the hub would: which are about one matter, and which pairs a person should look at."""
    from dedup.evaluate import grouped

    _to_be_written(records, out, review)
    found = grouped(_records(records))
    _write(out, ("id", "cluster_id"), found.clusters)
    if review is not None:
        _write(review, ("id_a", "id_b"), found.review)


def explain_records(one: str, other: str, path: Path) -> None:
    """Print why two records of a file are, or are not, about one matter: probability, reasons, every measurement."""
    from dedup.evaluate import described
    from dedup.judge import explained

    found = {str(record["id"]): record for record in _records(path) if str(record["id"]) in (one, other)}
    missing = [name for name in (one, other) if name not in found]
    if missing:
        wrong_use(f"{path}: no record has the id {missing[0]}.")
    print("\n".join(explained(described(found[one]), described(found[other]))))


def _records(path: Path) -> list[Mapping[str, Any]]:
    from dedup.evaluate import read

    try:
        found = list(read(path))
    except (OSError, ValueError) as error:
        complain(f"{path}: {(error.strerror or error) if isinstance(error, OSError) else error}")
        raise Stop(FAILED) from None
    if not found:
        complain(f"{path}: it holds no record.")
        raise Stop(FAILED)
    return found


def _to_be_written(records: Path, *targets: Path | None) -> None:
    """Before the work: each result has a place of its own, and no result takes that of the records."""
    places = [one.resolve() for one in targets if one is not None]
    if len({records.resolve(), *places}) <= len(places):
        wrong_use("dedup evaluate: RECORDS, --out and --review must be three different files.")
    for place in places:
        if not place.parent.is_dir():
            wrong_use(f"dedup evaluate: there is no folder {place.parent}; make it first.")


def _write(path: Path, head: tuple[str, str], rows: Iterable[tuple[str, str]]) -> None:
    """Whole or not at all."""
    from hub.sheets import csv_lines

    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("w", newline="", encoding="utf-8") as file:
            file.writelines(csv_lines([head, *rows]))
        part.replace(path)
    except OSError as error:
        complain(f"{path}: {error.strerror or error}")
        raise Stop(FAILED) from None
