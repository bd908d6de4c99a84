"""Looks for complaint text where none may be: in Airflow's log files and in every table of Airflow's database."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from hub.airflow.environment import DATABASE
from hub.spine import Hub


@dataclass(frozen=True, slots=True, kw_only=True)
class Traces:
    """What was searched and what was found."""

    told: str
    wrong: list[str]


def traces(folder: Path, truth: Mapping[str, Any], hub: Hub) -> Traces:
    """Search for the places that the story's complaints name; every one of them is invented and in no other text."""
    canaries = [row["fingerprint"] for row in truth["registry"]] + list(truth["never"])
    pattern = re.compile("|".join(map(re.escape, canaries)))
    files, rows = list(_files(folder / "home")), list(_rows(hub))
    places = {place for place, text in [*files, *rows] if pattern.search(text)}
    searched = f"{len(files)} log files and {len(rows)} rows"
    told = f"none in {searched}" if not places else f"found in {len(places)} places"
    return Traces(told=told, wrong=[f"complaint text stands in {place}" for place in sorted(places)])


def _files(home: Path) -> Iterator[tuple[str, str]]:
    for root in (home / "airflow", home / "logs"):
        for path in sorted(root.rglob("*")):
            if path.is_file():
                yield str(path), path.read_text(errors="replace")


def _rows(hub: Hub) -> Iterator[tuple[str, str]]:
    server = hub.store.server
    if server is None:
        return
    with psycopg.connect(server.uri(DATABASE).replace("+psycopg", "", 1)) as connection:
        names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        for (name,) in names:
            query = sql.SQL("SELECT t::text FROM {} t").format(sql.Identifier(name))
            for (row,) in connection.execute(query):
                yield f"Airflow's table {name}", row
