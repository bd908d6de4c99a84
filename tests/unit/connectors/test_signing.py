"""Who pushes is who he says, by the signature of his own form; a changed byte, an old moment or another secret is nobody."""

from __future__ import annotations

import base64
import hmac
import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connectors import signing
from connectors.base import INBOX, Context, Push
from connectors.errors import Misconfigured, Refused
from tests.channels.fakes.inbox import NOW

KEY = b"kunci rekaan sepanjang 24+"
SECRET = "whsec_" + base64.b64encode(KEY).decode()
BODY = b'{"isi": "Jalan rusak di Kaligawe"}'
MOMENT = str(int(NOW.timestamp()))


def context(secret: str) -> Context:
    """A context that knows one secret, for judging only."""

    def resolved(text: str, host: str) -> str:
        assert host == INBOX
        return text.replace("${secret:KUNCI}", secret)

    return Context(http=None, dial=print, secret=resolved, clock=lambda: NOW)  # type: ignore[arg-type]


def push(headers: Mapping[str, str], query: Mapping[str, str] | None = None) -> Push:
    return Push(number=1, at=NOW, headers=headers, query=query or {}, body=BODY)


def mac(text: bytes, key: bytes = KEY, algorithm: str = "sha256") -> bytes:
    return hmac.new(key, text, algorithm).digest()


def standard(moment: str = MOMENT, key: bytes = KEY, number: str = "msg_1") -> dict[str, str]:
    """The three headers of Standard Webhooks."""
    made = base64.b64encode(mac(f"{number}.{moment}.".encode() + BODY, key)).decode()
    return {"webhook-id": number, "webhook-timestamp": moment, "webhook-signature": f"v1,{made}"}


PLAIN = KEY.decode()
HEX = {"by": "hmac", "secret": "${secret:KUNCI}", "header": "X-Tanda", "prefix": "sha256="}
BASE64 = {**HEX, "prefix": "", "algorithm": "sha512", "encoding": "base64", "timestamp": "X-Waktu"}
OWN = {**HEX, "prefix": "", "timestamp": "X-Waktu", "signed": "v0:{timestamp}:{body}"}
TOKEN = {"by": "token", "secret": "${secret:KUNCI}", "header": "Authorization", "prefix": "Bearer "}
QUERY = {"by": "token", "secret": "${secret:KUNCI}", "query": "kunci"}
STANDARD = {"by": "standard", "secret": "${secret:KUNCI}"}
RIGHT: list[tuple[Mapping[str, Any], str, Push]] = [
    (STANDARD, SECRET, push(standard())),
    (HEX, PLAIN, push({"x-tanda": "sha256=" + mac(BODY).hex()})),
    (HEX, PLAIN, push({"x-tanda": "sha256=" + mac(BODY).hex().upper()})),
    (BASE64, PLAIN, push({
        "x-tanda": base64.b64encode(mac(MOMENT.encode() + b"." + BODY, algorithm="sha512")).decode(), "x-waktu": MOMENT,
    })),
    (OWN, PLAIN, push({"x-tanda": mac(b"v0:" + MOMENT.encode() + b":" + BODY).hex(), "x-waktu": MOMENT})),
    (TOKEN, PLAIN, push({"authorization": f"Bearer {PLAIN}"})),
    (QUERY, PLAIN, push({}, {"kunci": PLAIN})),
]  # fmt: skip


@pytest.mark.parametrize(("how", "secret", "given"), RIGHT)
def test_a_right_signature_is_taken(how: Mapping[str, Any], secret: str, given: Push) -> None:
    """Each way of signing that the manifest can name is judged as the sender makes it."""
    signing.judge(context(secret), how, given)


@pytest.mark.parametrize(("how", "secret", "given"), RIGHT)
def test_five_hundred_changes_are_none_taken(how: Mapping[str, Any], secret: str, given: Push) -> None:
    """A flipped byte in body, header or address, a header that is missing or another secret: refused, every time."""
    dice, taken = random.Random(7), 0
    for _ in range(500):
        taken += believed(how, secret, mutated(given, dice, how))
    assert taken == 0
    with pytest.raises(Refused):
        signing.judge(context("whsec_bGFpbg==" if how is STANDARD else "lain"), how, given)


def believed(how: Mapping[str, Any], secret: str, given: Push) -> bool:
    """Whether it is taken."""
    try:
        signing.judge(context(secret), how, given)
    except Refused:
        return False
    return True


def mutated(given: Push, dice: random.Random, how: Mapping[str, Any]) -> Push:
    """The push with one thing changed that the signature covers."""
    places = [*(("headers", name) for name in given.headers), *(("query", name) for name in given.query)]
    if how["by"] != "token":
        places.append(("body", ""))
    where, name = dice.choice(places)
    if where == "body":
        at = dice.randrange(len(given.body))
        return replace(
            given, body=given.body[:at] + bytes([given.body[at] ^ 1 << dice.randrange(8)]) + given.body[at + 1 :]
        )
    kept: dict[str, str] = dict(getattr(given, where))
    value = kept.pop(name)
    at = dice.randrange(len(value))
    other = chr(ord(value[at]) ^ 1 << dice.randrange(7))
    if dice.random() < 0.9 and other.lower() != value[at].lower():
        kept[name] = value[:at] + other + value[at + 1 :]
    return replace(given, **{where: kept})


@pytest.mark.parametrize(
    ("away", "taken"),
    [(0, True), (299, True), (-299, True), (300, True), (301, False), (-301, False), (86_400, False)],
)
def test_a_replay_is_refused(away: int, taken: bool) -> None:
    """What was signed more than five minutes before or after it came is refused, however long it then waits on disk."""
    moment = str(int((NOW + timedelta(seconds=away)).timestamp()))
    for _ in range(2):
        if taken:
            signing.judge(context(SECRET), STANDARD, push(standard(moment)))
        else:
            with pytest.raises(Refused) as told:
                signing.judge(context(SECRET), STANDARD, push(standard(moment)))
            assert told.value.code == "bad_moment"


def test_secrets_can_be_changed_without_a_gap() -> None:
    """Of several signatures one that is right is enough; of another version none counts."""
    old, new = standard(key=b"x" * 24), standard()
    both = {**new, "webhook-signature": f"{old['webhook-signature']} {new['webhook-signature']}"}
    signing.judge(context(SECRET), STANDARD, push(both))
    other = {**new, "webhook-signature": new["webhook-signature"].replace("v1,", "v1a,")}
    with pytest.raises(Refused):
        signing.judge(context(SECRET), STANDARD, push(other))


@pytest.mark.parametrize("secret", ["", "whsec_!!bukan base64!!"])
def test_a_secret_that_cannot_judge_is_our_own_fault(secret: str) -> None:
    """An empty or broken secret believes nobody, and is told to the operator instead of to the sender."""
    with pytest.raises(Misconfigured):
        signing.judge(context(secret), STANDARD, push(standard(key=b"")))


def test_the_example_of_the_standard_is_taken() -> None:
    """The published test vector of Standard Webhooks (spec, section on signatures) is right here too."""
    secret = "whsec_" + "MfKQ9r8G" + "KYqrTwjU" + "PD8ILPZI" + "o2LaLaSw"
    body, number, moment = b'{"test": 2432232314}', "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330"
    at = NOW.fromtimestamp(int(moment), NOW.tzinfo)
    heads = {
        "webhook-id": number,
        "webhook-timestamp": moment,
        "webhook-signature": "v1," + "g0hM9SsE+OTPJTGt" + "/tmIKtSyZlE3uFJE" + "LVlNIOLJ1OE=",
    }
    signing.judge(context(secret), STANDARD, Push(number=1, at=at, headers=heads, query={}, body=body))


def test_what_judging_needs_is_kept() -> None:
    """Headers that a signature is read from are kept with a push, in lower case."""
    assert signing.headers(OWN) == ("x-tanda", "x-waktu")
