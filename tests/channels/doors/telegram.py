"""A bot that is asked, and one that pushes."""

from __future__ import annotations

import json
from collections.abc import Callable

from connectors.base import Push
from connectors.kinds.telegram import Telegram
from tests.channels.fakes import telegram as telegrams
from tests.channels.fakes.doors import AT, COUNT, Asks, Hears
from tests.channels.fakes.inbox import NOW, SECRETS
from tests.channels.fakes.web import Answer, Asked


def _bot() -> Callable[[Asked], Answer]:
    made = telegrams.Telegram()
    for number in range(COUNT):
        made.write(number, "Jalan rusak")
    return made.answer


def _update(number: int) -> Push:
    message = {"message_id": number, "date": int(AT.timestamp()), "chat": {"id": 5, "type": "private"},
               "from": {"id": 5, "is_bot": False, "first_name": "Sri"}, "text": "Jalan rusak"}  # fmt: skip
    body = json.dumps({"update_id": number, "message": message}).encode()
    heads = {"x-telegram-bot-api-secret-token": SECRETS["APP"]}
    return Push(number=0, at=NOW, headers=heads, query={}, body=body)


DOORS = {
    "telegram": Asks(
        answer=_bot, refs=frozenset(f'"{n}/{501 + n}"' for n in range(COUNT)),
        make=lambda url: Telegram(url=url, token="${secret:TOKEN}"),
    ),
    "telegram pushed": Hears(
        sealed=False,
        push=_update, ref=lambda n: f'"5/{n}"',
        channel=Telegram(
            url="http://127.0.0.1:9", token="${secret:TOKEN}", mode="webhook", secret_token="${secret:APP}"
        ),
    ),
}  # fmt: skip
