"""Rows of three regions in every table, made from the catalogue of PostgreSQL, and known again wherever they come out."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

import psycopg

SPACE = UUID("00000000-0000-4000-8000-0000000000ff")
GLOBAL = {
    "alembic_version": "which tables there are",
    "hub": "the number of this installation",
    "registries": "the national registries: names, pauses, breakers",
    "institutions": "the registry's public list",
    "masters": "the registry's public lists",
    "mappings": "numbers of the registry for our words",
    "leaves": "hashes, which are published",
    "checkpoints": "signed tree heads, which are published",
    "sealing": "when the sealer last tried",
    "retention": "how long each class of data is kept, everywhere",
}
"""Tables that hold no row of a region, each with its reason; every other table has to hide the rows of foreign ones."""
NATION_ONLY = ("dedup_keys", "rebuilds", "parked")
"""Tables whose rows belong to no region; a region sees none."""
_LEFT_EMPTY = {
    "undoes", "covered_by", "behind", "re_report_of", "in_place_of", "hidden_from", "accused", "closed_at", "ended_at",
    "lifted_at", "left_at", "revoked_at", "disabled_at", "receipted_at", "holder",
}  # fmt: skip
_ROLES = {
    "complaint": "complaint", "door": "complaint", "other": "second", "connector": "connector", "case_id": "case",
    "case_a": "case", "case_b": "case", "head": "case", "key_id": "key",
}  # fmt: skip
_OWN = {"complaints": "complaint", "connectors": "connector", "cases": "case", "data_keys": "key"}
_COLUMNS = """
SELECT a.attname, format_type(a.atttypid, NULL), coalesce((
    SELECT string_agg(pg_get_constraintdef(c.oid), ' ') FROM pg_constraint c
    WHERE c.conrelid = a.attrelid AND c.contype = 'c' AND a.attnum = ANY(c.conkey)), ''), a.attnotnull
FROM pg_attribute a WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """One region, and what its rows hold."""

    region: str
    number: int
    """Of its rows, where a table numbers them."""

    def uuid(self, role: str) -> UUID:
        """Its complaint, second complaint, connector, case or key."""
        return uuid5(SPACE, f"{self.region} {role}")

    @property
    def word(self) -> str:
        """What stands wherever a text may stand."""
        return f"mark{self.region.replace('.', 'x')}end"

    @property
    def traces(self) -> tuple[str, ...]:
        """What gives its rows away in whatever is written."""
        roles = ("complaint", "second", "connector", "case", "key")
        return self.word, *(str(self.uuid(role)) for role in roles)

    def found_in(self, said: object) -> list[str]:
        """Which of them stand in it."""
        text = str(said)
        return [one for one in self.traces if one in text]


OURS = Marked(region="63.04", number=104)
NEIGHBOUR = Marked(region="63.05", number=105)
FAR = Marked(region="35.78", number=106)
ACCUSING = Marked(region="63.04.01", number=107)
"""Of our own region, and its complaints accuse whoever runs the hub for 63.04, and the institution `pekerjaan_umum`."""
UNREAD = Marked(region="63.04.02", number=108)
"""Of our own region: pulled, and accept has not come to it yet, so nobody knows whom it accuses."""
ALL = (OURS, NEIGHBOUR, FAR, ACCUSING)
_PULLED = ("connectors", "intervals", "items", "refs", "attachments", "data_keys", "inboxes", "pushes")
"""Where a pull writes; of UNREAD there is nothing else."""


def tables(connection: psycopg.Connection[Any]) -> list[str]:
    """All tables of the hub."""
    rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1").fetchall()
    return [row[0] for row in rows]


def fill(connection: psycopg.Connection[Any]) -> None:
    """As superuser: rows of every region in every table that is not global."""
    connection.execute("SET session_replication_role = replica")  # no foreign keys while it is filled
    for table in tables(connection):
        if table in GLOBAL or table in ("log_words", "log_index"):
            continue
        columns = connection.execute(_COLUMNS, [table]).fetchall()
        for one in (*ALL, UNREAD) if table in _PULLED else ALL:
            _insert(connection, table, {name: _value(one, table, *rest, name=name) for name, *rest in columns})
            if table == "complaints":
                second = {name: _value(one, table, *rest, name=name) for name, *rest in columns}
                _insert(connection, table, second | {"id": one.uuid("second"), "dedup_n": one.number + 100})
    connection.execute(
        "UPDATE complaints SET hidden_from = '{63.04,pekerjaan_umum}' WHERE region = %s", [ACCUSING.region]
    )
    connection.execute("UPDATE connectors SET accepted_to = 0 WHERE region = %s", [UNREAD.region])
    for at, one in enumerate(ALL):
        _log(connection, one, 10 * (at + 1))
    connection.execute("SET session_replication_role = origin")


def _insert(connection: psycopg.Connection[Any], table: str, row: dict[str, Any]) -> None:
    kept = {name: value for name, value in row.items() if value is not None}
    names, places = ", ".join(f'"{name}"' for name in kept), ", ".join(["%s"] * len(kept))
    statement = f"INSERT INTO {table} ({names}) OVERRIDING SYSTEM VALUE VALUES ({places}) ON CONFLICT DO NOTHING"
    connection.execute(statement.encode(), list(kept.values()))


def _log(connection: psycopg.Connection[Any], one: Marked, first: int) -> None:
    words = {"act": "pulled", "actor": one.word, "connector": str(one.uuid("connector")), "region": one.region}
    numbers = {}
    for number, (what, word) in enumerate(words.items(), start=first):
        connection.execute(
            "INSERT INTO log_words OVERRIDING SYSTEM VALUE VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
            [number, what, word],
        )
        numbers[what] = number if what != "act" else 10
    connection.execute(
        "INSERT INTO log_index (leaf, at, complaint, act, actor, connector, region) VALUES (%s, now(), %s, %s, %s, %s, %s)",
        [one.number, one.uuid("complaint"), *numbers.values()],
    )


def _value(one: Marked, table: str, kind: str, rule: str, needed: bool, *, name: str) -> Any:
    """Something that fits the column and names the region."""
    if name in _LEFT_EMPTY and not needed:
        return None
    if (table, name) == ("entries", "body"):
        return json.dumps({"v": 1, "at": "2026-12-01T00:00:00Z", "act": "pulled", "actor": one.word}).encode()
    if name == "region":
        return one.region
    words = re.findall(r"'([^']+)'::text", rule)
    match kind:
        case "uuid":
            return one.uuid(_OWN.get(table, "") if name == "id" and table in _OWN else _ROLES.get(name, name))
        case "text":
            return f"u-{one.word}" if table == "users" and name == "name" else words[0] if words else one.word
        case "bytea":
            return one.word.encode()
        case "bigint" | "integer":
            return one.number
        case "real" | "double precision":
            return 0.5
        case "boolean":
            return True
        case "jsonb":
            return "{}"
        case "date":
            return "2027-01-01"
        case "uuid[]":
            return [one.uuid("complaint")]
        case "text[]":
            return [one.word]
        case "bigint[]":
            return []
    return "2026-12-01T00:00:00Z"
