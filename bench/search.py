"""How long a question to the log takes where it holds a million entries, and what its index costs the sealer.

`python -m bench.search --entries 1000000`: CPU of this process and of the database together; it needs nothing outside.
"""

from __future__ import annotations

import argparse
import random
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from hub.audit.entry import Entry
from hub.store import leaves, search, touched
from hub.store.log import append_all
from hub.store.migrate import ensure
from hub.store.search import Asked
from hub.store.server import HUB_LOGIN, Embedded
from hub.store.work import Store

BATCH = 10_000
START = datetime(2026, 1, 1, tzinfo=UTC)
ACTS = ("accepted",) * 6 + ("attempted",) * 6 + ("forwarded",) * 5 + ("followed",) * 4 + ("pulled", "refused", "held")
CODES = (None, "on_the_way", "same_reporter", "http_503", "timeout", "resolved", "in_progress")


def made(number: int, draw: random.Random, connectors: list[UUID]) -> Entry:
    """An entry as a working hub writes it."""
    return Entry(
        act=draw.choice(ACTS),
        at=START + timedelta(seconds=number * 3),
        actor="hub@machine" if draw.random() < 0.999 else f"officer{draw.randrange(30)}",
        connector=str(draw.choice(connectors)),
        region=f"{draw.choice((31, 32, 35, 51, 71))}.{draw.randrange(1, 30):02}",
        complaint=str(UUID(int=draw.getrandbits(16) << 80 | 4 << 76 | 1 << 63)),
        code=draw.choice(CODES),
        commitment=f"{number:064x}",
    )


def filled(store: Store, count: int, spent: Callable[[], float]) -> tuple[list[UUID], float]:
    """A log of so many entries; returns its connectors, and the seconds that indexing took."""
    draw = random.Random(1)
    connectors = [UUID(int=draw.getrandbits(128), version=4) for _ in range(300)]
    indexing = 0.0
    for first in range(0, count, BATCH):
        size = min(BATCH, count - first)
        with store.begin() as work:
            append_all(work, [made(first + n, draw, connectors) for n in range(size)])
        with store.begin("sealer") as work:
            rows = work.rows("SELECT id, body FROM entries WHERE id > :first ORDER BY id", first=first)
            leaves.place(work, first, [(row.id, b"\0" * 32) for row in rows])
            before = spent()
            search.keep(work, first, [bytes(row.body) for row in rows])
            indexing += spent() - before
    return connectors, indexing


def questions(connectors: list[UUID], count: int) -> Iterator[tuple[str, Asked]]:
    """What auditors ask: rare and common words, spans, and two that never meet."""
    day = START + timedelta(seconds=count * 3 / 2)
    some = UUID(int=77 << 80 | 4 << 76 | 1 << 63)
    yield "the newest", Asked()
    yield "one officer", Asked(actor="officer7")
    yield "officers by pattern", Asked(actor="officer*")
    yield "the rarest act", Asked(act="held")
    yield "one complaint", Asked(complaint=some)
    yield "one connector and code", Asked(connector=connectors[3], code="timeout")
    yield "one region with all below it", Asked(region="35")
    yield "one hour", Asked(since=day, until=day + timedelta(hours=1))
    yield "act and region within a month", Asked(act="refused", region="71", since=day, until=day + timedelta(days=30))
    yield "two that hardly meet", Asked(actor="officer7", act="held", region="51.29")
    yield "two common ones that never meet", Asked(act="accepted", code="never*")
    yield "nothing", Asked(until=START)


def main() -> None:
    """Fill a log, ask everything five times and print the worst of each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=1_000_000)
    count = parser.parse_args().entries
    folder = Path(tempfile.mkdtemp(prefix="sp-"))
    folder.chmod(0o711)
    try:
        with Embedded(folder / "cluster", options={"fsync": "off"}) as server:
            server.create_database("search")
            ensure(server.uri("search"))
            with Store(server.uri("search", login=HUB_LOGIN), clock=lambda: START) as store:
                measure(store, count)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def measure(store: Store, count: int) -> None:
    """Print what indexing cost an entry, and the milliseconds of each question."""
    connectors, indexing = filled(store, count, time.perf_counter)
    print(f"{count} entries; index: {indexing / count * 1e6:.1f} us an entry (wall)")
    for name, asked in questions(connectors, count):
        worst, found = max((ask(store, asked) for _ in range(5)), key=lambda one: one[0])
        print(f"{worst * 1000:8.1f} ms  {found:4}  {name}")
    for actor in ("officer7", "hub@machine"):
        with store.begin() as work:
            began = time.perf_counter()
            found = len({row[0] for row in touched.named(work, Asked(actor=actor))})
            print(f"{(time.perf_counter() - began) * 1000:8.1f} ms  {found:4}  complaints that {actor} touched")


def ask(store: Store, asked: Asked) -> tuple[float, int]:
    """Seconds for the newest hundred, and how many there were."""
    with store.begin() as work:
        began = time.perf_counter()
        found: list[Any] = list(search.find(work, asked, limit=100))
        return time.perf_counter() - began, len(found)


if __name__ == "__main__":
    main()
