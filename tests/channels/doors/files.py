"""A folder with two books of rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from connectors.base import Context
from connectors.kinds.files import Files
from tests.channels.fakes import desk
from tests.channels.fakes.doors import AT, COUNT, Open, Own
from tests.channels.fakes.inbox import NOW


@contextmanager
def _folder(home: Path) -> Iterator[Open]:
    inbox = home / "inbox" / "meja"
    half = COUNT // 2
    books = [desk.text([desk.row(n) for n in some]) for some in (range(half), range(half, COUNT))]
    for place, book in enumerate(books):
        desk.put(inbox, f"{place}.csv", book.encode(), AT.timestamp() + place)
    ctx = Context(http=None, dial=print, secret=str, clock=lambda: NOW, roots=(inbox.parent,))  # type: ignore[arg-type]
    yield Open(
        channel=Files(folder="meja", columns=desk.COLUMNS, id="No", zone="Asia/Makassar"),
        ctx=ctx,
        refs=frozenset(f'"{n}"' for n in range(COUNT)),
        faults={
            "cut": lambda: desk.put(inbox, "2.csv", books[0].encode()[:-9], AT.timestamp() + 9),
            "no table": lambda: desk.put(inbox, "2.csv", bytes(5000), AT.timestamp() + 9),
            "another head": lambda: desk.put(inbox, "2.csv", b"a,b\r\n1,2\r\n", AT.timestamp() + 9),
        },
    )


DOORS = {
    "files": Own(open=_folder, faults=("cut", "no table", "another head")),
}  # fmt: skip
