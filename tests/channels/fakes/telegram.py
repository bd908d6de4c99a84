"""A make-believe Telegram: updates that are forgotten once they are confirmed, files by id, and messages of the bot."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.channels.fakes.inbox import SECRETS
from tests.channels.fakes.web import Answer, Asked, json_page, serve


@dataclass
class Telegram:
    """What waits for the bot, what it sent, and how it is told to fail."""

    url: str = ""
    waiting: list[dict[str, Any]] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    sent: list[dict[str, Any]] = field(default_factory=list)
    fails: dict[str, tuple[int, Mapping[str, Any]]] = field(default_factory=dict)
    """Method -> status and what stands beside ok: false."""
    last: int = 100
    number: int = 500

    def write(self, who: int, text: str | None = None, sort: str = "message", **more: Any) -> dict[str, Any]:
        """Somebody writes to the bot; the message."""
        self.last, self.number = self.last + 1, self.number + 1
        message = {
            "message_id": self.number,
            "date": 1_796_000_000 + self.last,
            "chat": {"id": who, "type": "private"},
            "from": {
                "id": who,
                "is_bot": False,
                "first_name": "Warga",
                "last_name": str(who),
                "username": f"w{who}",
            },
            **({"text": text} if text is not None else {}),
            **more,
        }
        self.waiting.append({"update_id": self.last, sort: message})
        return message

    def answer(self, asked: Asked) -> Answer:
        """By the method, if the token stands in the path."""
        token, _, method = asked.path.removeprefix("/file").removeprefix("/bot").partition("/")
        if token != SECRETS["TOKEN"]:
            return _page({"ok": False, "description": "Unauthorized"}, 401)
        if asked.path.startswith("/file/"):
            return 200, {"Content-Type": "application/octet-stream"}, self.files[method.removeprefix("photos/")]
        if method in self.fails:
            status, beside = self.fails[method]
            return _page({"ok": False, "error_code": status, **beside}, status)
        if method == "getUpdates":
            offset = int(asked.query.get("offset", 0))
            self.waiting = [one for one in self.waiting if one["update_id"] >= offset]
            return _page({"ok": True, "result": self.waiting[: int(asked.query["limit"])]})
        if method == "getFile":
            return _page({"ok": True, "result": {"file_path": f"photos/{asked.query['file_id']}"}})
        body = json.loads(asked.body)
        self.number += 1
        self.sent.append({"number": self.number, **body})
        return _page({"ok": True, "result": {"message_id": self.number, "chat": {"id": int(body["chat_id"])}}})


def _page(body: Mapping[str, Any], status: int = 200) -> Answer:
    return json_page(json.dumps(body).encode(), status)


@contextmanager
def telegram() -> Iterator[Telegram]:
    """A running one."""
    made = Telegram()
    with serve(lambda asked: made.answer(asked)) as web:
        made.url = web.url
        yield made
