"""What a registry calls things: our tables with the version of their file, and its own lists, only ever added to."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from hub.audit.entry import Entry
from hub.store.log import append
from hub.store.work import Work

_REGION = re.compile(r"[0-9]{2}(\.[0-9]{2}(\.[0-9]{2}(\.[0-9]{4})?)?)?")
_FIRST_CITY = 71
_JAKARTA = ZoneInfo("Asia/Jakarta")


# our tables --------------------------------------------------------------------------------------------------------


def keep_tables(
    work: Work, *, registry: str, sha256: str, tables: Mapping[str, Mapping[str, Any]], now: datetime, actor: str
) -> bool:
    """
    Keep the tables of a registry's file under its hash (what -> code -> its number or word); True: they are new.

    So it can be said later which number a word had when something was sent. Institutions are kept with their validity as
    well: a code that left the file ends today, and none is ever removed.
    """
    before = _newest(work, registry)
    if before == sha256:
        return False
    rows = [(what, code, str(own)) for what, table in tables.items() for code, own in table.items()]
    columns = [list(column) for column in zip(*rows, strict=True)] or [[], [], []]
    work.run(
        """
        INSERT INTO mappings (registry, sha256, what, code, foreign_id, loaded_at)
        SELECT :registry, :sha, u.what, u.code, u.own, :now
        FROM unnest(CAST(:whats AS text[]), CAST(:codes AS text[]), CAST(:owns AS text[])) AS u(what, code, own)
        UNION ALL SELECT :registry, :sha, 'file', '', '', :now
        ON CONFLICT (registry, sha256, what, code) DO UPDATE SET loaded_at = excluded.loaded_at
        """,
        registry=registry,
        sha=sha256,
        now=now,
        whats=columns[0],
        codes=columns[1],
        owns=columns[2],
    )
    _institutions(work, registry, sha256, tables.get("institutions", {}), now)
    detail: dict[str, Any] = {"sha256": sha256, "was": before, **{what: len(table) for what, table in tables.items()}}
    append(work, Entry(act="masters_read", at=now, actor=actor, registry=registry, code="tables", detail=detail))
    return True


def _newest(work: Work, registry: str) -> str | None:
    sha: str | None = work.value(
        "SELECT sha256 FROM mappings WHERE registry = :registry AND what = 'file' ORDER BY loaded_at DESC LIMIT 1",
        registry=registry,
    )
    return sha


def _institutions(work: Work, registry: str, sha256: str, table: Mapping[str, Any], now: datetime) -> None:
    """Upsert what the file says; what it says no more, or says otherwise, is valid until today."""
    codes, numbers = list(table), [str(table[code]) for code in table]
    common = {"registry": registry, "sha": sha256, "now": now, "today": now.astimezone(_JAKARTA).date()}
    work.run(
        """
        UPDATE institutions i SET valid_to = :today
        WHERE i.registry = :registry AND i.valid_to IS NULL AND NOT EXISTS (
            SELECT FROM unnest(CAST(:codes AS text[]), CAST(:numbers AS text[])) AS u(code, own)
            WHERE u.code = i.code AND i.registry_ids = ARRAY[u.own])
        """,
        codes=codes,
        numbers=numbers,
        registry=registry,
        today=common["today"],
    )
    rows = [{**common, "code": code, "own": own, **_shape(code)} for code, own in zip(codes, numbers, strict=True)]
    work.many(
        """
        WITH kept AS (
            UPDATE institutions SET registry_sha256 = :sha, last_seen_at = :now
            WHERE registry = :registry AND code = :code AND valid_to IS NULL RETURNING code
        )
        INSERT INTO institutions (code, name, kind, parent, region, registry, registry_ids, registry_sha256, valid_from,
                                  last_seen_at)
        SELECT :code, coalesce((SELECT name FROM masters WHERE registry = :registry AND what = 'institution'
                                AND foreign_id = :own), :code), :kind, :parent, :region, :registry,
               ARRAY[CAST(:own AS text)], :sha, :today, :now
        WHERE NOT EXISTS (SELECT FROM kept)
        ON CONFLICT (registry, code, valid_from) DO UPDATE
        SET registry_ids = excluded.registry_ids, registry_sha256 = excluded.registry_sha256, valid_to = NULL,
            name = excluded.name, last_seen_at = excluded.last_seen_at
        """,
        rows,
    )


def _shape(code: str) -> dict[str, str | None]:
    """What kind of institution a code names, by its shape: a Kemendagri code is a government, any other an agency."""
    if not _REGION.fullmatch(code):
        return {"kind": "agency", "region": None, "parent": None}
    parts = code.split(".")
    city = len(parts) > 1 and int(parts[1]) >= _FIRST_CITY
    kind = ("province", "city" if city else "regency", "kecamatan", "kecamatan")[len(parts) - 1]
    return {"kind": kind, "region": code, "parent": ".".join(parts[:-1]) or None}


# its own lists -----------------------------------------------------------------------------------------------------


def read_at(work: Work, registry: str) -> datetime | None:
    """When the registry's own lists were last read whole."""
    at: datetime | None = work.value("SELECT masters_at FROM registries WHERE name = :name", name=registry)
    return at


def keep(work: Work, registry: str, rows: Sequence[Any], *, now: datetime, actor: str) -> dict[str, int]:
    """
    Keep a whole reading of the registry's lists (rows with what, foreign_id, name); how many of each were there.

    Rows are added and seen again, never removed: what the registry does not list any more keeps its last_seen_at.
    """
    unique = {(row.what, row.foreign_id): row.name for row in rows}
    work.run(
        """
        INSERT INTO masters (registry, what, foreign_id, name, first_seen_at, last_seen_at)
        SELECT :registry, u.what, u.own, u.name, :now, :now
        FROM unnest(CAST(:whats AS text[]), CAST(:owns AS text[]), CAST(:names AS text[])) AS u(what, own, name)
        ON CONFLICT (registry, what, foreign_id) DO UPDATE
        SET name = excluded.name, last_seen_at = excluded.last_seen_at
        """,
        registry=registry,
        now=now,
        whats=[what for what, _ in unique],
        owns=[own for _, own in unique],
        names=list(unique.values()),
    )
    work.run(
        """
        UPDATE institutions i SET name = m.name FROM masters m
        WHERE i.registry = :registry AND m.registry = :registry AND m.what = 'institution' AND i.valid_to IS NULL
          AND i.registry_ids = ARRAY[m.foreign_id] AND i.name <> m.name
        """,
        registry=registry,
    )
    work.run("UPDATE registries SET masters_at = :now WHERE name = :name", now=now, name=registry)
    counts = {what: sum(one == what for one, _ in unique) for what in sorted({what for what, _ in unique})}
    detail: dict[str, Any] = dict(counts)
    append(
        work,
        Entry(
            act="masters_read", at=now, actor=actor, registry=registry, count=len(unique), code="lists", detail=detail
        ),
    )
    return counts


def counts(work: Work, registry: str) -> dict[str, int]:
    """How many rows of each list were there at the last whole reading."""
    rows = work.rows(
        """
        SELECT m.what, count(*) AS n FROM masters m JOIN registries r ON r.name = m.registry
        WHERE m.registry = :registry AND m.last_seen_at >= r.masters_at GROUP BY m.what
        """,
        registry=registry,
    )
    return {row.what: row.n for row in rows}


def shown(work: Work, registry: str) -> list[Any]:
    """Its lists for people: what, rows ever seen, rows gone since, and when they were last seen whole."""
    return work.rows(
        """
        SELECT m.what, count(*) AS rows, count(*) FILTER (WHERE m.last_seen_at < r.masters_at) AS gone,
               max(m.last_seen_at) AS seen_at
        FROM masters m JOIN registries r ON r.name = m.registry WHERE m.registry = :registry
        GROUP BY m.what ORDER BY m.what
        """,
        registry=registry,
    )


def gone(work: Work, registry: str, what: str) -> dict[str, str]:
    """Numbers that one of its lists once had and has no more, with their names."""
    rows = work.rows(
        """
        SELECT m.foreign_id, m.name FROM masters m JOIN registries r ON r.name = m.registry
        WHERE m.registry = :registry AND m.what = :what AND m.last_seen_at < r.masters_at
        """,
        registry=registry,
        what=what,
    )
    return {row.foreign_id: row.name for row in rows}


def names(work: Work, registry: str, what: str) -> dict[str, str]:
    """The registry's own name of each number in one of its lists."""
    rows = work.rows(
        "SELECT foreign_id, name FROM masters WHERE registry = :registry AND what = :what", registry=registry, what=what
    )
    return {row.foreign_id: row.name for row in rows}


def unmapped(work: Work, registry: str) -> list[Any]:
    """What deliveries met that the tables do not know, with counts and the last time, the most frequent first."""
    return work.rows(
        """
        SELECT u.word, count(*) AS deliveries, max(d.queued_at) AS last_at
        FROM deliveries d, unnest(d.unmapped) AS u(word) WHERE d.registry = :registry AND u.word <> ''
        GROUP BY u.word ORDER BY count(*) DESC, u.word
        """,
        registry=registry,
    )


# what it tells of its own accord -----------------------------------------------------------------------------------


def feed(work: Work, registry: str) -> str | None:
    """The position behind the last news of a registry that has a feed; None: none was read yet."""
    position: str | None = work.value("SELECT feed FROM registries WHERE name = :name", name=registry)
    return position


def news(work: Work, registry: str, registry_ids: Sequence[str], position: str, *, now: datetime) -> int:
    """
    One page of news: deliveries with these numbers are to be asked about now, the other numbers wait for theirs.

    Returns how many deliveries are due by it. The position is kept in the same transaction.
    """
    due = work.run(
        """
        UPDATE deliveries SET next_check_at = :now WHERE registry = :registry AND registry_id = ANY(:ids)
        """,
        registry=registry,
        ids=list(registry_ids),
        now=now,
    )
    work.run(
        """
        INSERT INTO parked (registry, registry_id, seen_at)
        SELECT DISTINCT :registry, u.own, CAST(:now AS timestamptz) FROM unnest(CAST(:ids AS text[])) AS u(own)
        WHERE NOT EXISTS (SELECT FROM deliveries d WHERE d.registry = :registry AND d.registry_id = u.own)
        ON CONFLICT DO NOTHING
        """,
        registry=registry,
        ids=list(registry_ids),
        now=now,
    )
    work.run("UPDATE registries SET feed = :position WHERE name = :name", position=position, name=registry)
    return due


def join_parked(work: Work, registry: str, *, now: datetime) -> int:
    """Numbers that had news before we knew whose they are: due now where a delivery has one by now. How many."""
    return work.run(
        """
        WITH known AS (
            DELETE FROM parked p USING deliveries d
            WHERE p.registry = :registry AND d.registry = p.registry AND d.registry_id = p.registry_id
            RETURNING d.id
        )
        UPDATE deliveries SET next_check_at = :now WHERE id IN (SELECT id FROM known)
        """,
        registry=registry,
        now=now,
    )
