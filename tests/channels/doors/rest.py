"""A portal with a JSON API, three complaints a page."""

from __future__ import annotations

from collections.abc import Callable

from connectors.kinds.rest import Rest
from tests.channels.fakes.doors import COUNT, Asks
from tests.channels.fakes.portal import Portal
from tests.channels.fakes.web import Answer, Asked


def _portal() -> Callable[[Asked], Answer]:
    made = Portal(size=3)
    for number in range(COUNT):
        made.put(f"P-{number}", f"2026-11-29T02:{number:02}:00Z")
    return made.answer


def _rest(url: str) -> Rest:
    return Rest(
        url=f"{url}/api", items="data", ref="id", total="total", headers={"X-Api-Key": "${secret:TOKEN}"},
        page={"style": "number", "param": "page", "size_param": "limit", "size": 3},
    )  # fmt: skip


DOORS = {
    "rest": Asks(answer=_portal, make=_rest, refs=frozenset(f'"P-{n}"' for n in range(COUNT))),
}
