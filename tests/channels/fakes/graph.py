"""A make-believe Graph API: takes WhatsApp messages, comments and private messages, and gives media and pages."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.channels.fakes.inbox import SECRETS
from tests.channels.fakes.web import Answer, Asked, json_page, serve


@dataclass
class Graph:
    """What it has, what it was sent, and how it is told to fail."""

    url: str = ""
    sent: list[dict[str, Any]] = field(default_factory=list)
    media: dict[str, bytes] = field(default_factory=dict)
    lists: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """Path -> all its rows; pages of two by `after`."""
    objects: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Path -> what stands there."""
    fails: tuple[int, Mapping[str, Any]] | None = None
    """Status and error object of every answer."""

    def answer(self, asked: Asked) -> Answer:
        """By the path alone, as Graph does."""
        if asked.headers.get("Authorization") != f"Bearer {SECRETS['TOKEN']}":
            return _page({"error": {"code": 190, "type": "OAuthException"}}, 401)
        if self.fails:
            return _page({"error": {"message": "rahasia warga", **self.fails[1]}}, self.fails[0])
        path = asked.path.removeprefix("/v1")
        if asked.method == "POST":
            return self._taken(path, json.loads(asked.body))
        if path.startswith("/files/"):
            return 200, {"Content-Type": "image/jpeg"}, self.media[path.removeprefix("/files/")]
        if path in self.objects:
            return _page(self.objects[path])
        if path in self.lists:
            return self._listed(path, asked)
        if path[1:] in self.media:
            return _page({"id": path[1:], "url": f"{self.url.removesuffix('/v1')}/files/{path[1:]}"})
        return _page({"error": {"code": 100, "type": "GraphMethodException"}}, 404)

    def _taken(self, path: str, body: dict[str, Any]) -> Answer:
        number = f"wamid.KAMI{len(self.sent)}="
        self.sent.append({"path": path, "number": number, **body})
        whatsapp = body.get("messaging_product") == "whatsapp"
        return _page({"messages": [{"id": number}]} if whatsapp else {"id": number, "message_id": number})

    def _listed(self, path: str, asked: Asked) -> Answer:
        start = int(asked.query.get("after", "0"))
        found, rest = self.lists[path][start : start + 2], self.lists[path][start + 2 :]
        paging = {"cursors": {"after": str(start + 2)}, **({"next": f"{self.url}{path}?x"} if rest else {})}
        return _page({"data": found, **({"paging": paging} if found else {})})


def _page(body: Mapping[str, Any], status: int = 200) -> Answer:
    return json_page(json.dumps(body).encode(), status)


@contextmanager
def graph() -> Iterator[Graph]:
    """A running one."""
    made = Graph()
    with serve(made.answer) as web:
        made.url = f"{web.url}/v1"
        yield made
