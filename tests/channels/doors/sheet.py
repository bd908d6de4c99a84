"""A published sheet, whole in one answer."""

from __future__ import annotations

from collections.abc import Callable

from connectors.kinds.sheet import Sheet
from tests.channels.fakes.doors import COUNT, Asks
from tests.channels.fakes.web import Answer, Asked


def _rows() -> Callable[[Asked], Answer]:
    lines = ["No,Isi", *(f"{n},Lampu nomor {n} mati" for n in range(COUNT))]
    return lambda _: (200, {"Content-Type": "text/csv"}, "\r\n".join(lines).encode())


DOORS = {
    "sheet": Asks(
        whole=True,
        answer=_rows, refs=frozenset(f'"{n}"' for n in range(COUNT)),
        make=lambda url: Sheet(url=f"{url}/${{secret:TOKEN}}/pub?output=csv", columns={"isi": "Isi"}, id="No"),
    ),
}  # fmt: skip
