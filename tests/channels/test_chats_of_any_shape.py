"""Whatever somebody pushes in the shape of a chat, or out of shape: an item or nothing, and never an end of the reading."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from tests.channels import test_meta, test_telegram, test_whatsapp
from tests.channels.fakes import telegram as fakes
from tests.channels.fakes.inbox import Box, context, run

ODD = [None, True, 0, -1, 2**70, 1.5, "", "x", "\ud800", "${secret:TOKEN}", "../..", [], [1], {}, {"id": {}}, "9" * 400]
"""What stands where something else should."""


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield at
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in pairs:
        yield from places(one, (*at, key))


def spoilt(value: Any, rng: random.Random) -> Any:
    """The value with one or two places changed, or with a key taken out."""
    made = copy.deepcopy(value)
    for _ in range(rng.randint(1, 2)):
        *way, last = rng.choice([one for one in places(made) if one])
        inside = made
        for key in way:
            inside = inside[key]
        if isinstance(inside, dict) and rng.random() < 0.2:
            del inside[last]
        else:
            inside[last] = copy.deepcopy(rng.choice(ODD))
        if not isinstance(made, dict) or not made:
            break
    return made


def _whatsapp() -> list[Any]:
    message, body = test_whatsapp.message, test_whatsapp.body
    return [
        body(message("text", {"body": "Jalan"}, context={"id": "wamid.B"})),
        body(message("image", {"id": "77", "mime_type": "image/jpeg", "caption": "Lubang", "sha256": "eA=="})),
        body(message("location", {"latitude": -7.5, "longitude": 110.8, "name": "Balai"})),
        body(message("contacts", [{"name": {"formatted_name": "RT"}, "phones": [{"phone": "1"}]}])),
        body(message("interactive", {"type": "nfm_reply", "nfm_reply": {"response_json": '{"a":"b"}'}})),
        body(message("edit", {"original_message_id": "wamid.A", "message": {"type": "text", "text": {"body": "X"}}})),
    ]


def _telegram() -> list[Any]:
    bot = fakes.Telegram()
    photo = [{"file_id": "a", "width": 9, "height": 9, "file_size": 4}, {"file_id": "b", "width": 90, "height": 90}]
    bot.write(1, "/lapor Jalan", reply_to_message={"message_id": 4})
    bot.write(2, caption="Lubang", photo=photo, media_group_id="g")
    bot.write(3, venue={"title": "Pasar", "location": {"latitude": -7.5, "longitude": 110.8}})
    bot.write(4, contact={"first_name": "Sri", "phone_number": "628", "user_id": 4})
    bot.write(5, document={"file_id": "d", "file_name": "a.pdf", "mime_type": "application/pdf", "file_size": 1})
    return bot.waiting


def _meta() -> list[Any]:
    talk = test_meta.talk(
        text="DM", reply_to={"mid": "m"}, attachments=[{"type": "image", "payload": {"url": "https://x.example/a"}}]
    )
    return [{"object": "page", "entry": [test_meta.entry(test_meta.feed(), messaging=[talk])]}]


CASES = {
    "whatsapp": (test_whatsapp.channel(), _whatsapp()),
    "telegram": (test_telegram.channel(fakes.Telegram(url="http://127.0.0.1:9"), mode="webhook"), _telegram()),
    "meta": (test_meta.channel(), _meta()),
}


@pytest.mark.parametrize("name", CASES)
def test_a_push_of_any_shape_ends_nothing(name: str) -> None:
    """1,500 pushes with something odd somewhere: all are read to the end, and what is an item can be stored."""
    channel, bodies = CASES[name]
    rng, box = random.Random(8), Box()
    for n in range(1500):
        box.push(json.dumps(spoilt(bodies[n % len(bodies)], rng)).encode())
    items, outcome = run(channel, context(box))
    assert outcome.closed, outcome
    for item in items:
        assert item.trouble or json.loads(item.raw) == item.payload
        assert item.ref is None or item.ref.encode()
        for file in item.attachments:
            assert file.url is None or file.url.encode()
