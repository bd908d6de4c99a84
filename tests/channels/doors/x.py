"""An account on X whose mentions come newest first."""

from __future__ import annotations

import json
from collections.abc import Callable

from connectors.kinds.x import X
from tests.channels.fakes.doors import COUNT, STAMP, Asks
from tests.channels.fakes.web import Answer, Asked, json_page


def _mentions() -> Callable[[Asked], Answer]:
    posts = [{"id": str(9000 + n), "text": "Lampu mati", "author_id": "1", "created_at": STAMP} for n in range(COUNT)]

    def answer(asked: Asked) -> Answer:
        start = int(asked.query.get("pagination_token", "p0")[1:])
        since = int(asked.query.get("since_id", 0))
        newer = [one for one in reversed(posts) if int(one["id"]) > since]
        some = newer[start : start + 3]
        more = {"next_token": f"p{start + 3}"} if newer[start + 3 :] else {}
        page = {**({"data": some} if some else {}), "meta": {"result_count": len(some), **more}}
        return json_page(json.dumps(page).encode())

    return answer


DOORS = {
    "x": Asks(
        answer=_mentions, refs=frozenset(f'"{9000 + n}"' for n in range(COUNT)),
        make=lambda url: X(url=url, token="${secret:TOKEN}", user_id="77", size=3),
    ),
}  # fmt: skip
