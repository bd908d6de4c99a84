"""A portal's database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from connectors.kinds.sql import Sql
from tests.channels.fakes.doors import COUNT, Open, Own, dialling
from tests.channels.fakes.mysql import Base, mysql


@contextmanager
def _database(_: Path) -> Iterator[Open]:
    with mysql(Base()) as base:
        base.run("CREATE TABLE aduan (id INTEGER PRIMARY KEY, isi TEXT)")
        base.run(*(f"INSERT INTO aduan VALUES ({n}, 'Jalan {n}')" for n in range(1, COUNT + 1)))
        yield Open(
            channel=Sql(
                system="mysql", host="127.0.0.1", port=base.port, tls="none", database="lapor", user="baca",
                password="${secret:DB}", table="aduan", columns=["isi"], ref="id", size=3,
            ),
            ctx=dialling(DB=Base().password),
            refs=frozenset(str(n) for n in range(1, COUNT + 1)),
            faults={
                "another password": lambda: setattr(base, "password", "lain"),
                "cut": lambda: setattr(base, "cut_at", len(base.asked) + 5),
                "flood": lambda: setattr(base, "flood", True),
                "no database there": lambda: setattr(base, "greeting", b"HTTP/1.1 400 Bad Request\r\n\r\n"),
            },
        )  # fmt: skip


DOORS = {
    "sql": Own(open=_database, faults=("another password", "cut", "flood", "no database there")),
}  # fmt: skip
