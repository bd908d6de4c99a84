"""What it costs to judge 1,000 new complaints against a history of ten thousand, a hundred thousand and a million.

Run: make bench-dedup ARGS="--history 10000 100000 1000000". The history is made here, a batch at a time, with the keys
and encrypted features that accept would have stored, and spread over a year: a hundred times the history is a hundred
times as many complaints within each window. Every so many (--written in all) are written and described in full; each of
the others has the features of one of them and half of its keys, the other half being of nobody else.

Measured is all that deduplication does for a new complaint: describe it, encrypt its features, number it, look it up,
compare, decide, file its keys, write links and questions. CPU of this process and of the database apart; bytes are those
of keys, their indexes, numbers and features.
"""

from __future__ import annotations

import argparse
import math
import random
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg

from bench.measure import Server
from hub import judging
from hub.judging import Asked, Described
from hub.privacy import DataKey, Keys, Vault
from hub.store import candidates
from hub.store.migrate import ensure
from hub.store.server import HUB_LOGIN, Embedded
from hub.store.work import Store, Work
from hub.wire import for_batches

BATCH = 500
NEW = 1000
SPAN = 365
"""Days of history, whatever its size."""
END = datetime(2026, 12, 1, 3, 0, tzinfo=UTC)
AGAIN = 0.15
"""Of the new ones say what an earlier one said."""
CLIENT, SERVER, EXPONENT, BYTES, MEMORY = (2.6, 2.0), (2.2, 1.0), (0.15, 0.15), (2000, 1500), (300, 300)
"""Floor and goal: CPU seconds of 1,000, exponent of CPU over history, bytes a complaint, megabytes."""


# what people write ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """One invented complaint as its channel gave it."""

    body: str
    place: str
    at: datetime
    region: str
    reporter: str
    latitude: float
    longitude: float


class Writing:
    """Texts with the words of complaints: few common ones, a long tail by Zipf's law, streets that nobody lives in."""

    def __init__(self, seed: int) -> None:
        self._draw = random.Random(seed)
        syllables = [c + v for c in "bcdghjklmnprstwy" for v in "aiueo"] + ["ng", "an", "ar", "un"]
        make = random.Random(1)
        self._words = _COMMON + ["".join(make.choices(syllables, k=make.choice((2, 3, 3, 4)))) for _ in range(60_000)]
        self._weights = list(accumulate(1 / (rank + 8) ** 1.05 for rank in range(len(self._words))))
        self._streets = ["".join(make.choices(syllables, k=make.choice((2, 3, 4)))).capitalize() for _ in range(30_000)]

    def matter(self, at: datetime) -> Matter:
        """A matter of its own."""
        draw = self._draw
        words = draw.choices(self._words, cum_weights=self._weights, k=draw.randrange(14, 60))
        city = draw.randrange(40)
        street = f"Jalan {draw.choice(self._streets)} Nomor {draw.randrange(1, 200)}"
        if draw.random() < 0.7:
            words.insert(
                draw.randrange(len(words)), f"di {street} RT {draw.randrange(1, 9)} RW {draw.randrange(1, 12)}"
            )
        return Matter(
            body=" ".join(words).capitalize() + ".",
            place=street if draw.random() < 0.6 else "",
            at=at,
            region=f"{(31, 32, 33, 35)[city % 4]}.{70 + city % 9}",
            reporter=f"0812{draw.randrange(10**8):08d}" if draw.random() < 0.7 else "",
            latitude=round(-7 + (city % 7) * 0.2 + draw.random() * 0.1, 5),
            longitude=round(107 + (city % 5) * 0.9 + draw.random() * 0.1, 5),
        )

    def again(self, one: Matter, at: datetime) -> Matter:
        """The same matter by another door: cut, greeted, mistyped."""
        draw, words = self._draw, one.body.split()
        start = draw.randrange(max(len(words) // 6, 1))
        words = words[start : len(words) - draw.randrange(max(len(words) // 5, 1))]
        for _ in range(len(words) // 12):
            where = draw.randrange(len(words))
            words[where] = words[where][:-1] or words[where]
        same = draw.random() < 0.3
        return Matter(
            body=" ".join((draw.choice(("Selamat pagi min,", "Mohon bantuannya", "")), *words)),
            place="" if draw.random() < 0.5 else one.place,
            at=at,
            region=one.region,
            reporter=one.reporter if same else f"0813{draw.randrange(10**8):08d}",
            latitude=one.latitude,
            longitude=one.longitude,
        )


_WORDS = (
    "jalan yang di dan rusak lampu mati mohon segera diperbaiki warga sampah menumpuk air tidak mengalir banjir "
    "saluran tersumbat lubang besar malam hari motor jatuh petugas dinas kelurahan sudah lama belum ada tindakan "
    "bau menyengat sekolah pasar jembatan pohon tumbang kabel parkir liar pungutan surat antre bantuan sosial "
    "puskesmas dokter obat trotoar pedagang macet debu asap pabrik bising sungai selokan pipa bocor keruh listrik "
    "padam tiang roboh"
)
_COMMON = _WORDS.split()


# a store full of them --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One complaint on its way into the tables."""

    id: UUID
    case: UUID
    key: DataKey
    matter: Matter
    at: datetime
    described: Described
    features: bytes
    tokens: dict[str, bytes]
    keys: Sequence[int] = ()
    """Of those in the history; those of a new one are made where it is looked up."""


def described(vault: Vault, one: Matter) -> Row:
    """What accept makes of it for deduplication."""
    document: dict[str, Any] = {
        "id": str(uuid4()),
        "channel": "portal",
        "body": one.body,
        "location_text": one.place or None,
        "region_code": one.region,
        "code_system": "kemendagri",
        "latitude": one.latitude,
        "longitude": one.longitude,
        "reporter": {"phone_e164": one.reporter} if one.reporter else {},
    }
    tokens = judging.reporter_tokens(vault, document)
    found = judging.doc_of(document, tokens.values(), one.region, one.at)
    key = vault.new_key(one.region)
    return Row(
        id=UUID(document["id"]),
        case=uuid4(),
        key=key,
        matter=one,
        at=one.at,
        described=found,
        features=vault.seal(key, "features", found.features)[0],
        tokens=tokens,
    )


def derived(vault: Vault, one: Row, at: datetime, draw: random.Random) -> Row:
    """Another complaint with the features of `one` and half of its keys."""
    key = vault.new_key(one.matter.region)
    return replace(
        one,
        id=uuid4(),
        case=uuid4(),
        key=key,
        at=at,
        features=vault.seal(key, "features", one.described.features)[0],
        tokens={},
        keys=[own if draw.random() < 0.5 else draw.getrandbits(32) - 2**31 for own in one.keys],
    )


class Filling:
    """Writes complaints past accept, by COPY: what stands in the tables is what accept would have written."""

    def __init__(self, connection: psycopg.Connection[tuple[object, ...]], connector: UUID) -> None:
        self._connection, self._connector = connection, connector

    def rows(self, rows: Sequence[tuple[Row, int]]) -> None:
        """Complaints with their keys, cases and reporters; the keys of deduplication are filed by the hub's own code."""
        copied: list[tuple[str, list[tuple[Any, ...]]]] = [
            (
                "data_keys (id, region, hub_key, wrapped)",
                [(r.key.id, r.matter.region, "x", r.key.wrapped) for r, _ in rows],
            ),
            ("cases (id, head, made_at)", [(r.case, r.case, r.at) for r, _ in rows]),
            (f"complaints ({_COLUMNS})", [self._complaint(r, number) for r, number in rows]),
            (
                "reporter_tokens",
                [(r.id, what, token, r.matter.region) for r, _ in rows for what, token in r.tokens.items()],
            ),
        ]
        with self._connection.transaction():
            for table, values in copied:
                with self._connection.cursor().copy(f"COPY {table} FROM STDIN".encode()) as copy:
                    for value in values:
                        copy.write_row(value)

    def _complaint(self, row: Row, number: int) -> tuple[Any, ...]:
        where = (row.id, self._connector, row.matter.region, row.id.bytes, 1, "accepted", row.at, "portal")
        return (*where, row.case, row.key.id, row.features, number)


_COLUMNS = "id, connector, region, ref_hmac, incarnation, state, first_stored_at, channel, case_id, key_id, features_enc, dedup_n"


@dataclass(slots=True, kw_only=True)
class Bench:
    """One database with a history, and what 1,000 new ones cost in it."""

    server: Server
    store: Store
    vault: Vault
    filling: Filling
    writing: Writing
    kept: deque[Matter]
    """The newest, to be said again."""
    filled: int = 0

    def fill(self, size: int, written: int) -> None:
        """A history of so many, the oldest first; of those written about every twelfth says what an earlier one said."""
        draw, every = random.Random(size), max(size // written, 1)
        rows: deque[Row] = deque(maxlen=2000)
        for first in range(0, size, BATCH):
            made = []
            for at in range(first, min(first + BATCH, size)):
                moment = END - timedelta(days=SPAN) + timedelta(days=SPAN) * (at / size)
                if at % every and rows:
                    made.append(derived(self.vault, rows[draw.randrange(len(rows))], moment, draw))
                    continue
                old = self.kept and draw.random() < 0.08
                matter = self.writing.again(draw.choice(self.kept), moment) if old else self.writing.matter(moment)
                row = described(self.vault, matter)
                rows.append(replace(row, keys=[key for key, _ in judging.keys_of(self.vault, row.described.doc)]))
                made.append(rows[-1])
                self.kept.append(matter)
            self._write(made)
            self.filled += len(made)

    def _write(self, rows: Sequence[Row]) -> None:
        with self.store.begin() as work:
            numbers = candidates.numbered(work, [(row.id, (row.at.date() - judging.EPOCH).days) for row in rows])
        self.filling.rows([(row, numbers[row.id]) for row in rows])
        with self.store.begin() as work:
            candidates.file(work, [(numbers[row.id], row.keys) for row in rows])

    def news(self) -> Iterator[list[Matter]]:
        """The new ones, in batches."""
        draw = random.Random(7)
        recent = list(self.kept)
        made = [
            self.writing.again(draw.choice(recent), END) if draw.random() < AGAIN else self.writing.matter(END)
            for _ in range(NEW)
        ]
        for first in range(0, NEW, BATCH):
            yield made[first : first + BATCH]

    def measured(self) -> tuple[float, float, dict[str, int]]:
        """CPU seconds of this process and of the server for the new ones, and how many were linked or asked about."""
        client = server = 0.0
        words: dict[str, int] = {"pairs": 0}
        for batch in self.news():
            began = time.process_time(), self.server.cpu()
            rows = [described(self.vault, one) for one in batch]
            with self.store.begin() as work:
                numbers = judging.numbers_for(work, [(row.id, row.described) for row in rows])
            client, server = client + time.process_time() - began[0], server + self.server.cpu() - began[1]
            self.filling.rows([(row, numbers[row.id]) for row in rows])
            began = time.process_time(), self.server.cpu()
            with self.store.begin() as work:
                work.lock("verdicts")
                self._judge(work, rows, numbers, words)
            client, server = client + time.process_time() - began[0], server + self.server.cpu() - began[1]
        return client, server, words

    def _judge(self, work: Work, rows: Sequence[Row], numbers: dict[UUID, int], words: dict[str, int]) -> None:
        asked = [
            Asked(complaint=r.id, number=numbers[r.id], doc=r.described.doc, case=r.case, may_wait=True) for r in rows
        ]
        found = judging.found_for(work, self.vault, asked)
        verdicts = [(one.complaint, judging.judged(one, found)) for one in asked]
        judging.file(work, self.vault, [(one.number, one.doc) for one in asked], made=found.keys)
        judging.link(work, "35", verdicts, "bench", END)
        words["pairs"] += sum(map(len, found.candidates.values()))
        for _, one in verdicts:
            words[one.answer] = words.get(one.answer, 0) + 1

    def bytes_each(self) -> dict[str, float]:
        """Bytes a complaint of what deduplication stores."""
        rows = self.filling._connection.execute(_BYTES).fetchall()
        return {str(name): float(str(size)) / self.filled for name, size in rows}


_BYTES = """
SELECT 'keys', pg_table_size('dedup_keys') UNION ALL SELECT 'their indexes', pg_indexes_size('dedup_keys')
UNION ALL SELECT 'numbers', pg_relation_size('complaints_dedup_n_idx') + 4 * (SELECT count(*) FROM complaints)
UNION ALL SELECT 'features', (SELECT sum(pg_column_size(features_enc)) FROM complaints)
"""


def bench(stack: ExitStack, server: Server, name: str, folder: Path) -> Bench:
    """An empty hub."""
    server.fresh(name)
    ensure(server.embedded.uri(name))
    store = stack.enter_context(Store(server.embedded.uri(name, login=HUB_LOGIN), clock=lambda: END))
    connection = stack.enter_context(server.connect(name))
    connector = uuid4()
    connection.execute(_CONNECTOR, (connector, END, END, END))
    vault = Vault(Keys(folder / name))
    return Bench(
        server=server,
        store=store,
        vault=vault,
        filling=Filling(connection, connector),
        writing=Writing(1),
        kept=deque(maxlen=1000),
    )


_CONNECTOR = """
INSERT INTO connectors (id, name, region, kind, channel, owner, identity_hmac, forward_from, manifest_sha256, first_seen_at,
                        seen_at) VALUES (%s, 'contoh', '35', 'rest', 'portal', 'Dinas', 'x', %s, 'x', %s, %s)
"""


def memory() -> float:
    """The most that this process has ever held, in megabytes."""
    told = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) for line in told.splitlines() if line.startswith("VmHWM")) / 1024


def said(name: str, value: float, bounds: tuple[float, float], show: Callable[[float], str]) -> str:
    """A figure beside its floor and goal."""
    word = "goal" if value <= bounds[1] else "floor" if value <= bounds[0] else "BELOW THE FLOOR"
    return f"{name:<44}{show(value):>10}   floor {show(bounds[0])}, goal {show(bounds[1])}: {word}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Fill, measure and print, one size after the other."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--history", type=int, nargs="+", default=[10_000, 100_000])
    options.add_argument("--written", type=int, default=50_000, help="matters that are written and described in full")
    given = options.parse_args(arguments)
    for_batches()  # as every process of the hub begins
    found: list[tuple[int, float, float]] = []
    sizes: dict[str, float] = {}
    for size in given.history:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sp-")))
            folder.chmod(0o711)
            server = Server(stack.enter_context(Embedded(folder / "home", options={"fsync": "off"})))
            one = bench(stack, server, f"h{size}", folder)
            began = time.process_time()
            one.fill(size, given.written)
            filling = time.process_time() - began
            one.filling._connection.execute("VACUUM ANALYZE")
            server.settle()
            sizes = one.bytes_each()
            client, served, words = one.measured()
            found.append((size, client, served))
            print(
                f"{size:>9} of history: client {client:.2f} CPU-s, server {served:.2f} CPU-s for {NEW}; {words}; "
                f"made in {filling:.0f} CPU-s; " + ", ".join(f"{k} {v:.0f} B" for k, v in sizes.items()),
                flush=True,
            )
    _judge(found, sizes)


def _judge(found: Sequence[tuple[int, float, float]], sizes: dict[str, float]) -> None:
    (_, client, served), first = found[-1], found[0]
    print(said("client, CPU-s for 1,000", client, CLIENT, "{:.2f}".format))
    print(said("server, CPU-s for 1,000", served, SERVER, "{:.2f}".format))
    if len(found) > 1:
        grown = math.log((client + served) / (first[1] + first[2])) / math.log(found[-1][0] / first[0])
        print(said("exponent of CPU over history", grown, EXPONENT, "{:.3f}".format))
    print(said("bytes a complaint", sum(sizes.values()), BYTES, "{:.0f}".format))
    print(said("memory of this process, MB", memory(), MEMORY, "{:.0f}".format))


if __name__ == "__main__":
    main()
