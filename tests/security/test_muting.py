"""No secret that the hub has had in its hands stands in a log, in whatever form, and no record is more than a line."""

from __future__ import annotations

import base64
import io
import json
import logging
import random
import string
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

import pytest

from connectors.secret import Secrets
from hub.muting import Known, quiet


@pytest.fixture
def known() -> Iterator[Known]:
    """A process whose logging is cleaned; as it was before afterwards."""
    before = logging.getLogRecordFactory()
    logging.setLogRecordFactory(logging.LogRecord)
    one = Known()
    quiet(one)
    yield one
    logging.setLogRecordFactory(before)


def written(*args: object, exc_info: bool = False) -> str:
    """What a plain handler writes of one record."""
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    logger = logging.getLogger("tests.muting")
    logger.addHandler(handler)
    try:
        logger.error(*args, exc_info=exc_info)
    finally:
        logger.removeHandler(handler)
    return out.getvalue()


def shapes(secret: str) -> dict[str, str]:
    """A secret as it turns up in practice."""
    data = secret.encode()
    return {
        "raw": secret,
        "quoted": quote(secret, safe=""),
        "plus": quote_plus(secret),
        "json": json.dumps({"password": secret}),
        "base64": base64.b64encode(data).decode(),
        "basic": "Basic " + base64.b64encode(b"user:" + data).decode(),
        "basic, longer": "Basic " + base64.b64encode(b"pengguna1:" + data + b":x").decode(),
        "urlsafe": base64.urlsafe_b64encode(b"u:" + data).decode(),
        "hex": data.hex(),
    }


def test_no_form_of_a_thousand_secrets_is_written(known: Known) -> None:
    """Raw, URL-quoted, JSON-escaped, hexadecimal and base64, also where base64 begins before the secret."""
    chance, signs = random.Random(3), string.ascii_letters + string.digits + "+/=%&\"'\\ é@:"
    secrets = ["".join(chance.choices(signs, k=chance.randint(8, 40))) for _ in range(1000)]
    given = Secrets(None, {f"NAME_{n}": one for n, one in enumerate(secrets)}, lambda *_: None, note=known.add)
    for number in range(1000):
        given(f"${{secret:NAME_{number}}}", "a.example")
    for secret in chance.sample(secrets, 40):
        for name, shape in shapes(secret).items():
            said = written("portal said %s", shape)
            core = base64.b64encode(secret.encode()).decode()[4:-4]
            assert "***" in said and secret not in said and shape not in said and core not in said, name


def test_an_error_with_its_traceback_is_cleaned(known: Known) -> None:
    """A library that quotes a password in its exception does not bring it into the log; no line of it looks like ours."""
    known.add("sangat-rahasia")
    try:
        raise ValueError("login as sangat-rahasia failed\nERROR all is well\x1b[2J")
    except ValueError:
        said = written("broken", exc_info=True)
    assert "sangat-rahasia" not in said and "\x1b" not in said and "ValueError" in said
    assert [one for one in said.splitlines() if one.startswith("ERROR")] == ["ERROR broken"]


@pytest.mark.parametrize("text", ["a\nERROR forged", "a\r\nb", "\x1b[31mred", "\x9b31m", "a\u2028b", "\u202egnp"])
def test_a_record_is_one_line_that_steers_nothing(known: Known, text: str) -> None:
    """What a portal answers cannot forge a line of the log, nor colour or turn the terminal that shows it."""
    said = written("%s", text)
    assert said.count("\n") == 1 and said.isascii() and "\x1b" not in said and "\r" not in said


def test_short_words_are_left_alone(known: Known) -> None:
    """A secret of three letters would blacken half of every log; the others stay readable."""
    known.add("abc")
    assert "abc" in written("abcdef")


def test_what_else_masks_is_told_every_form(known: Known) -> None:
    """Airflow's own masker learns what ours knows."""
    heard: list[str] = []
    known.told.append(heard.append)
    known.add("p@ss word")
    assert {"p@ss word", "p%40ss%20word"} <= set(heard)


def test_no_number_or_address_of_a_person_stands_in_a_log(known: Known) -> None:
    """Somebody else's code may quote what a citizen wrote in its error: what names him is masked; ids and times stay."""
    nik, phone, mail = "3578014505900002", "0812-3456-7890", "siti.aminah@contoh.go.id"
    try:
        raise ValueError(f"cannot parse NIK {nik} of {mail}")
    except ValueError:
        said = written(
            "batch failed: hubungi %s, 2026-11-22T19:24:35, 5e7ff0f2-8d1c-4c52-9b1e-1f2a3b4c5d6e", phone, exc_info=True
        )
    assert not any(one in said for one in (nik, phone, mail))
    assert "2026-11-22T19:24:35" in said and "5e7ff0f2-8d1c-4c52-9b1e-1f2a3b4c5d6e" in said and "ValueError" in said
