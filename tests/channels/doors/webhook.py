"""A gateway that signs what it pushes."""

from __future__ import annotations

import hashlib
import hmac
import json

from connectors.base import Push
from connectors.kinds.webhook import Webhook
from tests.channels.fakes.doors import Hears
from tests.channels.fakes.inbox import NOW, SECRETS


def _hooked(number: int) -> Push:
    body = json.dumps({"id": f"L-{number}", "dari": f"{number}", "teks": "Jalan rusak"}).encode()
    tag = hmac.new(SECRETS["APP"].encode(), body, hashlib.sha256).hexdigest()
    return Push(number=0, at=NOW, headers={"x-tanda": tag}, query={}, body=body)


_HMAC = {"by": "hmac", "secret": "${secret:APP}", "header": "X-Tanda"}
_SESSION = {"by": "dari", "text": "teks", "quiet": "10m", "most": "60m"}


DOORS = {
    "webhook": Hears(push=_hooked, ref=lambda n: f'"L-{n}"', channel=Webhook(signing=_HMAC, ref="id")),
    "webhook session": Hears(
        push=_hooked, ref=lambda n: f'"L-{n}"', channel=Webhook(signing=_HMAC, ref="id", session=_SESSION)
    ),
}  # fmt: skip
