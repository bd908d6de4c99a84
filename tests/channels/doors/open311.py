"""A city with a GeoReport v2 server."""

from __future__ import annotations

from collections.abc import Callable

from connectors.kinds.open311 import Open311
from sandbox.open311 import City
from tests.channels.fakes.doors import COUNT, STAMP, Asks
from tests.channels.fakes.inbox import SECRETS
from tests.channels.fakes.web import Answer, Asked


def _city() -> Callable[[Asked], Answer]:
    made = City(key=SECRETS["TOKEN"])
    for number in range(COUNT):
        made.report(f"R-{number}", STAMP)
    return lambda asked: made.answer(asked.method, asked.path, asked.query, {})


DOORS = {
    "open311": Asks(
        whole=True,
        answer=_city, refs=frozenset(f'"R-{n}"' for n in range(COUNT)),
        make=lambda url: Open311(url=f"{url}/api/v2", from_="2026-11-20", key="${secret:TOKEN}"),
    ),
}  # fmt: skip
