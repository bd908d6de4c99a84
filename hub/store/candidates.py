"""By which keyed words a complaint finds the earlier ones that may be about the same matter."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from dedup.judge import Doc, unpack
from hub.privacy import DataKey, Vault
from hub.store.work import Work

FIRST_DAY: Final = 14_610
"""2010-01-01, counted from 1970-01-01: complaints of before stand under this day."""
_BITS: Final = 18
"""A day has room for 262,144 complaints; more of one day go on in the next."""
_DAYS: Final = 1 << 32 - _BITS
_MIDDLE: Final = 1 << 31
SLOTS: Final = 4
"""Columns of a row of keys."""

Weighed = tuple[int, int]
"""A keyed hash (32 bits, signed) and what it is worth, in thousandths."""


def first_number(day: int) -> int:
    """The smallest number of a day (days since 1970-01-01); days that we cannot number stand under the nearest one."""
    return max(_begins(day), 1 - _MIDDLE)  # a column of 32 bits must hold the number before it too


def last_number(day: int) -> int:
    """The greatest number of a day."""
    return _begins(day) + (1 << _BITS) - 1


def _begins(day: int) -> int:
    return (min(max(day - FIRST_DAY, 0), _DAYS - 1) << _BITS) - _MIDDLE


def numbered(work: Work, wanted: Sequence[tuple[UUID, int]]) -> dict[UUID, int]:
    """
    The numbers of these complaints (id, day): the one that each has, or the next ones of its day, in the order given.

    The caller holds the lock of the verdicts, and stores them in the same transaction.
    """
    had = work.rows("SELECT id, dedup_n FROM complaints WHERE id = ANY(:ids)", ids=[one for one, _ in wanted])
    known = {row.id: row.dedup_n for row in had if row.dedup_n is not None}
    found: dict[UUID, int] = {}
    free: dict[int, int] = {}
    for complaint, day in wanted:
        number = known.get(complaint)
        if number is None or not first_number(day) <= number <= last_number(day):
            first = first_number(day)
            number = free[first] if first in free else _free(work, first)
            free[first] = number + 1
        found[complaint] = number
    return found


def _free(work: Work, first: int) -> int:
    """The number behind the last one that is taken in a row from here; a day that is full goes on in the next."""
    last = first + (1 << _BITS) - 1
    taken = work.value(
        "SELECT max(dedup_n) FROM complaints WHERE dedup_n BETWEEN :first AND :last", first=first, last=last
    )
    if taken is None:
        return first
    return int(taken) + 1 if taken < last else _free(work, last + 1)


# keys --------------------------------------------------------------------------------------------------------------


def file(work: Work, rows: Iterable[tuple[int, Sequence[int]]]) -> None:
    """Store the keys (number, keys) by which other complaints may find these; nobody has filed them yet."""
    flat = [(number, *row) for number, keys in rows for row in _laid_out(keys)]
    if flat:
        work.tuples(_FILE, tuple(map(list, zip(*flat, strict=True))))


_FILE = f"""
INSERT INTO dedup_keys (n, {", ".join(f"k{slot}" for slot in range(SLOTS))})
SELECT * FROM unnest({", ".join(["%b::int[]"] * (SLOTS + 1))})
"""


def _laid_out(keys: Iterable[int]) -> Iterable[tuple[int | None, ...]]:
    """Rows with each key in the column that its last bits name."""
    columns: list[list[int]] = [[] for _ in range(SLOTS)]
    for key in sorted(set(keys)):
        columns[key % SLOTS].append(key)
    for at in range(max(map(len, columns))):
        yield tuple(column[at] if at < len(column) else None for column in columns)


def forget(work: Work, numbers: Sequence[int]) -> None:
    """Take the keys of these complaints away."""
    if numbers:
        work.run("DELETE FROM dedup_keys WHERE n = ANY(:numbers)", numbers=list(numbers))


# look-up -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One complaint that looks for others of its matter."""

    number: int
    day: int
    keys: Sequence[Weighed]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How far and how much is looked up for one complaint."""

    days: int
    """To each side."""
    cap: int
    """The newest of each key."""
    least: int
    """The least sum of weights, in thousandths."""
    most: int
    """The best of those."""


def near(work: Work, wanted: Sequence[Wanted], limits: Limits, *, filed: bool = False) -> list[list[int]]:
    """
    The numbers of stored complaints that share enough weight with each of these, best first, in one statement.

    Of a batch that is not filed yet, each also finds those before it: as if they had come one by one. One that is
    `filed` finds those with smaller numbers only, so that each pair is met once.
    """
    shared: list[Counter[int]] = [Counter() for _ in wanted]
    for at, number, weight in work.tuples(_NEAR, _asked(wanted, limits, filed)):
        shared[at][number] = weight
    if not filed:
        _beside(wanted, shared, limits)
    return [_best(one, limits) for one in shared]


def _best(shared: Counter[int], limits: Limits) -> list[int]:
    enough = [number for number, weight in shared.items() if weight >= limits.least]
    return sorted(enough, key=lambda number: (-shared[number], number))[: limits.most]


def _asked(wanted: Sequence[Wanted], limits: Limits, filed: bool) -> tuple[Any, ...]:
    keys = [(at, key, weight) for at, one in enumerate(wanted) for key, weight in one.keys]
    return (
        [one.number for one in wanted],
        [first_number(one.day - limits.days) for one in wanted],
        [one.number if filed else last_number(one.day + limits.days) for one in wanted],
        *(map(list, zip(*keys, strict=True)) if keys else ([], [], [])),
        *[limits.cap] * SLOTS,
        limits.least,
        limits.most,
    )


def _beside(wanted: Sequence[Wanted], shared: Sequence[Counter[int]], limits: Limits) -> None:
    """What each shares with those before it in the batch."""
    holders: defaultdict[int, list[int]] = defaultdict(list)
    for at, one in enumerate(wanted):
        for key, weight in one.keys:
            for other in holders[key][-limits.cap :]:
                if abs(wanted[other].day - one.day) <= limits.days:
                    shared[at][wanted[other].number] += weight
            holders[key].append(at)


# each branch reads one index, backwards from the end of the window, and stops at the cap
_NEAR = f"""
WITH asked AS MATERIALIZED (
    SELECT * FROM unnest(%b::int[], %b::int[], %b::int[]) WITH ORDINALITY AS a(own, low, high, at)
), worth AS MATERIALIZED (
    SELECT a.own, a.low, a.high, w.* FROM unnest(%b::int[], %b::int[], %b::int[]) AS w(at, key, weight)
    JOIN asked a ON a.at = w.at + 1
), near AS (
    SELECT h.at, h.n, sum(h.weight)::int AS shared FROM (
{
    " UNION ALL ".join(
        f'''
        SELECT w.at, h.n, w.weight FROM worth w CROSS JOIN LATERAL (
            SELECT d.n FROM dedup_keys d WHERE d.k{slot} = w.key AND d.n BETWEEN w.low AND w.high AND d.n <> w.own
            ORDER BY d.n DESC LIMIT %b::int) h
        WHERE w.key & {SLOTS - 1} = {slot}'''
        for slot in range(SLOTS)
    )
}
    ) h GROUP BY h.at, h.n HAVING sum(h.weight) >= %b::int
)
SELECT at, n, shared FROM (
    SELECT near.*, row_number() OVER (PARTITION BY at ORDER BY shared DESC, n) AS place FROM near) r
WHERE place <= %b::int
"""


# what is known of them -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A complaint that may be about the same matter as another."""

    id: UUID
    doc: Doc
    leads: bool
    """It is forwarded or on its way, so that a repeat by its reporter may wait behind it."""
    case: UUID
    """The head of its case."""


def known(work: Work, vault: Vault, numbers: Iterable[int]) -> dict[int, Candidate]:
    """The complaints of these numbers, but for those whose features an older release wrote or that were erased."""
    rows = work.rows(_KNOWN + "c.dedup_n = ANY(:numbers)", numbers=list(set(numbers)))
    return {row.dedup_n: one for row in rows if (one := _candidate(row, vault))}


def named(work: Work, vault: Vault, complaints: Iterable[UUID]) -> dict[UUID, Candidate]:
    """The same by their ids."""
    rows = work.rows(_KNOWN + "c.id = ANY(:ids)", ids=list(set(complaints)))
    return {row.id: one for row in rows if (one := _candidate(row, vault))}


_KNOWN = """
SELECT c.dedup_n, c.id, c.key_id, k.wrapped, c.features_enc, s.head,
       coalesce(c.state = 'accepted' AND d.state <> 'refused', false) AS leads,
       ARRAY(SELECT encode(token, 'hex') FROM reporter_tokens t WHERE t.complaint = c.id) AS tokens
FROM complaints c JOIN data_keys k ON k.id = c.key_id JOIN cases s ON s.id = c.case_id
LEFT JOIN deliveries d ON d.complaint = c.id
WHERE c.features_enc IS NOT NULL AND """


def _candidate(row: Any, vault: Vault) -> Candidate | None:
    key: DataKey = vault.unwrap(row.key_id, bytes(row.wrapped))
    try:
        doc = unpack(vault.open(key, "features", bytes(row.features_enc)))
    except ValueError:
        return None
    doc = replace(doc, id=str(row.id), reporter=frozenset(row.tokens))
    return Candidate(id=row.id, doc=doc, leads=bool(row.leads), case=row.head)


def together(found: Mapping[int, Candidate], numbers: Sequence[int]) -> list[Candidate]:
    """Those of them that are known, in their order."""
    return [found[number] for number in numbers if number in found]


# of stored complaints --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What is stored of a complaint so that others can be compared with it."""

    complaint: UUID
    number: int
    features: bytes
    """Encrypted under its data key."""


def keep(work: Work, found: Sequence[Kept]) -> None:
    """Store numbers and features of complaints that have their row."""
    rows = [(one.complaint, one.number, one.features) for one in found]
    if rows:
        work.tuples(_KEEP, tuple(map(list, zip(*rows, strict=True))))


_KEEP = """
UPDATE complaints SET dedup_n = u.number, features_enc = u.features
FROM unnest(%b::uuid[], %b::int[], %b::bytea[]) AS u(id, number, features) WHERE complaints.id = u.id
"""


def texts(work: Work, complaints: Sequence[UUID]) -> list[Any]:
    """
    What a complaint is described from, by number: id, region, connector, dedup_n, head, key_id, wrapped, canonical_enc,
    tokens.

    What has no text or no case, or was erased, is left out.
    """
    return work.rows(
        """
        SELECT c.id, c.region, n.name AS connector, c.dedup_n, s.head, c.key_id, k.wrapped, c.canonical_enc,
               ARRAY(SELECT token FROM reporter_tokens t WHERE t.complaint = c.id) AS tokens
        FROM complaints c JOIN data_keys k ON k.id = c.key_id JOIN cases s ON s.id = c.case_id
        LEFT JOIN connectors n ON n.id = c.connector
        WHERE c.id = ANY(:ids) AND c.canonical_enc IS NOT NULL ORDER BY c.dedup_n, c.id
        """,
        ids=list(complaints),
    )


def keys_of(work: Work, complaints: Sequence[UUID]) -> dict[UUID, UUID]:
    """The data key of each complaint's present text."""
    rows = work.rows("SELECT id, key_id FROM complaints WHERE id = ANY(:ids)", ids=list(complaints))
    return {row.id: row.key_id for row in rows}
