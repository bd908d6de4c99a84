"""Takes one guarantee of the hub away, in this process: what the matrix has to notice.

The mutant is named by MUTANT in the environment; statements are changed where they leave the store, so that it does not
matter how the code above is cut. A mutation that finds nothing to change stops the run.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from hub.model import Receipt
from hub.registry.lapor_v3 import LaporV3
from hub.store.work import Store, Work

STORE = Path(__file__).parents[2] / "hub" / "store"
LEASE = (
    (r"\(d\.until IS NULL OR d\.until <= (%b::timestamptz|:now)\)", r"(d.until IS NULL OR \1 IS NOT NULL)"),
    (r"AND d\.until <= (%b::timestamptz|:now)", r"AND d.until IS NULL AND \1 IS NOT NULL"),
    (r"AND \(SELECT a\.id FROM attempts a WHERE [^()]*LIMIT 1\) IS NULL", ""),
    (r"AND d\.token = u\.token", "AND u.token IS NOT NULL"),
    (r"AND token = :token", "AND CAST(:token AS bigint) IS NOT NULL"),
)  # fmt: skip
"""Nobody sees in whose hands a delivery is, and whatever anybody writes of it counts."""
ATTEMPT = ((r"AND a\.ended_at IS NULL", "AND false"), (r"\ba\.ended_at IS NULL OR", "false OR"))
"""Nothing that was begun is seen as begun."""
MUTANTS = ("lease", "attempt", "entry", "body")


def apply(name: str | None = None) -> None:
    """Become the mutant of that name, by default the one that the environment names; none: nothing happens."""
    name = name or os.environ.get("MUTANT")
    if name:
        {"lease": _lease, "attempt": _attempt, "entry": _entry, "body": _body}[name]()


def _lease() -> None:
    _reworded("deliveries", LEASE)


def _attempt() -> None:
    """The call goes out first; what is written down of it comes with its result."""
    _reworded("attempts", ATTEMPT)
    _without_entries("attempted")


def _reworded(table: str, changes: Sequence[tuple[str, str]]) -> None:
    """Statements about a table say something else; every change has to find a statement."""
    written = "\n".join(path.read_text() for path in STORE.glob("*.py"))
    if lost := [old for old, _ in changes if not re.search(old, written)]:
        raise SystemExit(f"hub/store says nothing like {lost[0]} any more: the mutant would be no mutant")

    @lru_cache(maxsize=512)
    def other(sql: str) -> str:
        if table in sql:
            for old, new in changes:
                sql = re.sub(old, new, sql)
        return sql

    for method in ("rows", "one", "value", "run", "many", "unnest", "tuples"):
        _patched(method, other)


def _patched(method: str, other: Callable[[str], str]) -> None:
    own = getattr(Work, method)

    def changed(self: Work, sql: str, *args: Any, **params: Any) -> Any:
        return own(self, other(sql), *args, **params)

    setattr(Work, method, changed)


def _without_entries(act: str) -> None:
    own = Work.tuples

    def changed(self: Work, sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        if "INSERT INTO entries" in sql:
            kept = [row for row in zip(*params, strict=True) if row[1] != act]
            params = tuple(map(list, zip(*kept, strict=True)))
        return own(self, sql, params) if params else []

    Work.tuples = changed  # type: ignore[method-assign]


def _entry() -> None:
    """What is told of a change goes into a transaction of its own, after it."""
    own, begin = Work.tuples, Store.begin
    later: dict[int, list[tuple[str, Sequence[Any]]]] = {}

    def changed(self: Work, sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        if "INSERT INTO entries" not in sql:
            return own(self, sql, params)
        later.setdefault(id(self), []).append((sql, params))
        return []

    @contextmanager
    def afterwards(self: Store, role: str = "worker", region: str = "") -> Iterator[Work]:
        with begin(self, role, region) as work:
            yield work
        if told := later.pop(id(work), None):
            with begin(self, role, region) as other:
                for sql, params in told:
                    own(other, sql, params)

    Work.tuples, Store.begin = changed, afterwards  # type: ignore[method-assign,assignment]


def _body() -> None:
    """Every 2xx is a success, whatever stands in it."""
    own = LaporV3.create

    def changed(self: LaporV3, *args: Any, **named: Any) -> Receipt:
        receipt = own(self, *args, **named)
        if receipt.outcome == "unknown" and receipt.http == 200:
            return Receipt(outcome="done", http=200, registry_id=str(abs(hash(id(receipt))) % 10**9 + 1))
        return receipt

    LaporV3.create = changed  # type: ignore[method-assign]
