"""A page whose comments are asked for, and one that pushes them."""

from __future__ import annotations

from collections.abc import Callable

from connectors.base import Push
from connectors.kinds.meta import Meta
from tests.channels.fakes.doors import AT, COUNT, OURS, Asks, Hears, by_meta
from tests.channels.fakes.graph import Graph
from tests.channels.fakes.web import Answer, Asked


def _page() -> Callable[[Asked], Answer]:
    made, when = Graph(), AT.strftime("%Y-%m-%dT%H:%M:%S+0000")
    made.lists[f"/{OURS}/feed"] = [{"id": f"{OURS}_{n}", "created_time": when} for n in (1, 2, 3)]
    made.lists |= {f"/{OURS}_{n}/comments": [] for n in (2, 3)}
    made.lists[f"/{OURS}_1/comments"] = [
        {"id": f"1_{n}", "message": "Jalan rusak", "from": {"id": "77"}, "created_time": when} for n in range(COUNT)
    ]
    made.lists[f"/{OURS}/conversations"] = []

    def answer(asked: Asked) -> Answer:
        made.url = "http://" + asked.headers.get("Host", "") + "/v1"
        return made.answer(asked)

    return answer


def _comment(number: int) -> Push:
    value = {
        "item": "comment", "verb": "add", "comment_id": f"1_{number}", "post_id": f"{OURS}_1", "parent_id": f"{OURS}_1",
        "from": {"id": "77", "name": "Sri"}, "message": "Jalan rusak", "created_time": int(AT.timestamp()),
    }  # fmt: skip
    return by_meta({"object": "page", "entry": [{"id": OURS, "changes": [{"field": "feed", "value": value}]}]})


DOORS = {
    "meta": Asks(
        answer=_page, refs=frozenset(f'"1_{n}"' for n in range(COUNT)),
        make=lambda url: Meta(url=f"{url}/v1", object="page", account_id=OURS, token="${secret:TOKEN}", mode="poll"),
    ),
    "meta pushed": Hears(
        push=_comment, ref=lambda n: f'"1_{n}"',
        channel=Meta(
            url="http://127.0.0.1:9/v1", object="page", account_id=OURS, token="${secret:TOKEN}",
            app_secret="${secret:APP}", verify_token="${secret:VERIFY}",
        ),
    ),
}  # fmt: skip
