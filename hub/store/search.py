"""Finds entries of the log by who, what, when and about whom; the index is made from the sealed bytes, when they are sealed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson

from hub.store import leaves
from hub.store.work import Work

WORDS: Final = ("act", "actor", "connector", "region", "code")
"""What is looked up by a word; the index holds their numbers."""
AT_ONCE: Final = 10_000
LATE: Final = 10_000
"""So far below the newest sealed entry one may wait whose transaction was slow; an older one shows when it is sealed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which entries: `since` <= at < `until`; None asks nothing. In actor and code `*` stands for anything."""

    since: datetime | None = None
    until: datetime | None = None
    actor: str | None = None
    act: str | None = None
    connector: UUID | None = None
    region: str | None = None
    """With all regions below it: 35 finds 35.78."""
    complaint: UUID | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One entry: its exact bytes, and its place in the log; None while it waits to be sealed."""

    leaf: int | None
    body: bytes


# writing -----------------------------------------------------------------------------------------------------------


def keep(work: Work, first: int, bodies: Sequence[bytes]) -> None:
    """Index the entries that have just got the places from `first` on, and before them what was sealed without it."""
    size = indexed(work)
    while size < first:
        missing = leaves.bodies(work, size, min(first, size + AT_ONCE))
        _add(work, size, missing)
        size += len(missing)
    _add(work, first, bodies)


def indexed(work: Work) -> int:
    """How many entries from the beginning of the log can be found."""
    return int(work.value("SELECT coalesce(max(leaf) + 1, 0) FROM log_index"))


_INSERT = """
INSERT INTO log_index (leaf, at, complaint, act, actor, connector, region, code)
SELECT u.leaf, u.at, u.complaint, u.act, u.actor, u.connector, u.region, u.code
FROM unnest(%b::bigint[], %b::timestamptz[], %b::uuid[], %b::int[], %b::int[], %b::int[], %b::int[], %b::int[])
     AS u(leaf, at, complaint, act, actor, connector, region, code)
"""


def _add(work: Work, first: int, bodies: Sequence[bytes]) -> None:
    if not bodies:
        return
    entries = [orjson.loads(body) for body in bodies]
    numbers = {what: _numbers(work, what, {one[what] for one in entries if one.get(what)}) for what in WORDS}
    columns: list[list[Any]] = [
        list(range(first, first + len(entries))),
        [datetime.fromisoformat(one["at"]) for one in entries],
        [UUID(one["complaint"]) if one.get("complaint") else None for one in entries],
        *([numbers[what].get(one.get(what)) for one in entries] for what in WORDS),
    ]
    work.tuples(_INSERT, columns)


def _numbers(work: Work, what: str, words: set[str]) -> dict[str | None, int]:
    """The number of each word; new ones get theirs. Only the sealer writes, one at a time."""
    chosen = sorted(words)
    ask = "SELECT word, id FROM log_words WHERE what = :what AND word = ANY(:words)"
    known = {row.word: row.id for row in work.rows(ask, what=what, words=chosen)}
    new = [word for word in chosen if word not in known]
    if new:
        made = work.unnest(
            "INSERT INTO log_words (what, word) SELECT u.what, u.word FROM unnest(%b::text[], %b::text[]) AS u(what, word)"
            " RETURNING word, id",
            [what] * len(new),
            new,
        )
        known |= {row.word: row.id for row in made}
    return known


# asking ------------------------------------------------------------------------------------------------------------


def find(work: Work, asked: Asked, *, limit: int | None = None) -> Iterator[Found]:
    """The entries that fit, the newest first: those that wait to be sealed, then from the end of the log backwards."""
    left = limit
    for one in waiting(work, asked):
        if left == 0:
            return
        yield one
        left = None if left is None else left - 1
    below = None
    while left != 0:
        page = _sealed(work, asked, below, AT_ONCE if left is None else min(left, AT_ONCE))
        yield from page
        left = None if left is None else left - len(page)
        if len(page) < AT_ONCE:
            return
        below = page[-1].leaf


def places(work: Work, asked: Asked, *, size: int) -> list[int]:
    """The places of all sealed entries that fit, below `size`, in the order of the log."""
    found = conditions(work, asked)
    if found is None:
        return []
    sql, params = found
    rows = work.rows(f"SELECT i.leaf FROM log_index i WHERE i.leaf < :size {sql} ORDER BY i.leaf", size=size, **params)
    return [row.leaf for row in rows]


def at_places(work: Work, chosen: Sequence[int]) -> list[bytes]:
    """The entries at these places, in their order."""
    rows = work.tuples(
        """
        SELECT e.body FROM unnest(%b::bigint[]) WITH ORDINALITY AS u(leaf, n)
        JOIN leaves l ON l.leaf_index = u.leaf JOIN entries e ON e.id = l.entry ORDER BY u.n
        """,
        (list(chosen),),
    )
    return [bytes(body) for (body,) in rows]


def _sealed(work: Work, asked: Asked, below: int | None, limit: int) -> list[Found]:
    found = conditions(work, asked)
    if found is None:
        return []
    sql, params = found
    rows = work.rows(
        f"""
        SELECT f.leaf, e.body FROM (
            SELECT i.leaf FROM log_index i WHERE (CAST(:below AS bigint) IS NULL OR i.leaf < :below) {sql}
            ORDER BY i.leaf DESC LIMIT :limit
        ) f JOIN leaves l ON l.leaf_index = f.leaf JOIN entries e ON e.id = l.entry ORDER BY f.leaf DESC
        """,
        below=below,
        limit=limit,
        **params,
    )
    return [Found(leaf=row.leaf, body=bytes(row.body)) for row in rows]


def conditions(work: Work, asked: Asked) -> tuple[str, dict[str, Any]] | None:
    """The rest of a WHERE over log_index and its parameters; None where a word was never said in the log."""
    parts: list[str] = []
    params: dict[str, Any] = {}
    for name, sign in (
        ("since", "i.at >= :since"),
        ("until", "i.at < :until"),
        ("complaint", "i.complaint = :complaint"),
    ):
        if (value := getattr(asked, name)) is not None:
            parts.append(sign)
            params[name] = value
    for what in WORDS:
        if (word := getattr(asked, what)) is None:
            continue
        numbers = _fitting(work, what, str(word))
        if not numbers:
            return None
        parts.append(f"i.{what} = :{what}" if len(numbers) == 1 else f"i.{what} = ANY(:{what})")
        params[what] = numbers[0] if len(numbers) == 1 else numbers
    return "".join(f" AND {part}" for part in parts), params


def _fitting(work: Work, what: str, word: str) -> list[int]:
    """The numbers of the words that fit: a region with those below it, `*` for anything, else this very word."""
    rows = work.rows(
        "SELECT id FROM log_words WHERE what = :what AND (word = :word OR word LIKE :like)",
        what=what,
        word=word,
        like=_like(what, word),
    )
    return [row.id for row in rows]


def _like(what: str, word: str) -> str:
    plain = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    if what == "region":
        return f"{plain}.%"
    return plain.replace("*", "%") if what in ("actor", "code") else plain


def waiting(work: Work, asked: Asked) -> list[Found]:
    """Entries that are not sealed yet, the newest first."""
    rows = work.rows(
        """
        SELECT e.body FROM entries e
        WHERE e.id > coalesce((SELECT max(entry) FROM leaves), 0) - :late
          AND (SELECT l.entry FROM leaves l WHERE l.entry = e.id) IS NULL
          AND (CAST(:since AS timestamptz) IS NULL OR e.at >= :since) AND (CAST(:until AS timestamptz) IS NULL OR e.at < :until)
          AND (CAST(:act AS text) IS NULL OR e.act = :act)
          AND (CAST(:connector AS uuid) IS NULL OR e.connector = :connector)
          AND (CAST(:complaint AS uuid) IS NULL OR e.complaint = :complaint)
          AND (CAST(:region AS text) IS NULL OR e.region = :region OR e.region LIKE :below)
          AND (CAST(:actor AS text) IS NULL OR convert_from(e.body, 'UTF8')::json ->> 'actor' LIKE :actor)
          AND (CAST(:code AS text) IS NULL OR convert_from(e.body, 'UTF8')::json ->> 'code' LIKE :code)
        ORDER BY e.id DESC
        """,
        late=LATE,
        since=asked.since,
        until=asked.until,
        act=asked.act,
        connector=asked.connector,
        complaint=asked.complaint,
        region=asked.region,
        below=_like("region", asked.region) if asked.region else None,
        actor=_like("actor", asked.actor) if asked.actor else None,
        code=_like("code", asked.code) if asked.code else None,
    )
    return [Found(leaf=None, body=bytes(row.body)) for row in rows]
