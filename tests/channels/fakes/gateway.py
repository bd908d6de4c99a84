"""A make-believe WhatsApp gateway: takes messages as a form or JSON and answers 200 also where it took none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from tests.channels.fakes.inbox import SECRETS
from tests.channels.fakes.web import Answer, Asked, json_page, serve


@dataclass
class Gateway:
    """What it was sent, and whether its telephone is connected."""

    url: str = ""
    sent: list[dict[str, Any]] = field(default_factory=list)
    connected: bool = True

    def answer(self, asked: Asked) -> Answer:
        """As Fonnte and Wablas do: a wrong token is told with status 200 as well."""
        form = asked.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded")
        body = dict(parse_qsl(asked.body.decode())) if form else json.loads(asked.body)
        if asked.headers.get("Authorization") != SECRETS["TOKEN"]:
            return _page({"status": False, "reason": "invalid token"})
        if not self.connected:
            return _page({"status": False, "reason": "device disconnected, warga 628123"})
        self.sent.append(body)
        number = f"{len(self.sent)}00"
        return _page({"status": True, "id": [number], "data": {"messages": [{"id": number}]}})


def _page(body: dict[str, Any]) -> Answer:
    return json_page(json.dumps(body).encode())


@contextmanager
def gateway() -> Iterator[Gateway]:
    """A running one."""
    made = Gateway()
    with serve(made.answer) as web:
        made.url = f"{web.url}/send"
        yield made
