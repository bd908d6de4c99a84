"""No pattern of ours takes longer than in proportion to what a stranger sends: blanks, dots or one letter, over and over."""

from __future__ import annotations

import importlib
import pkgutil
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest

import connectors
import dedup
import hub
import schemas

LONG = 8_000
MOST = 0.01
"""Seconds of CPU for one search from which on we look how it grows: no answer by itself, for machines differ."""
PART, STEEPEST = 8, 20
"""How many times the CPU of an eighth of the text the whole may take: 8 is in proportion, 64 is the square."""
SIGNS = (
    " ", "\n", "\t", "a", "0", "-", ".", "(", "<", "/", ":", ",", "_", "=", "'", '"', "%", "[", "{", "@", "+", "#", "é",
    "a ", "0 ", "a.", "a-", "0.", "a@", "- ", "a\n", " \n", "a=", "<a", "&#", "a,", "\r\n",
)  # fmt: skip
SHORT = {
    "hub.identity._PERSONAL": "of what somebody types after --because",
}
"""Patterns that only read what is short, each with what it reads."""
ANCHORED = {
    "connectors.bodies._JSON": "match",
    "connectors.drafting.looks._EMAIL": "fullmatch",
    "connectors.drafting.looks._FILE": "fullmatch",
    "connectors.drafting.looks._HANDLE": "fullmatch",
    "connectors.gateways._PLACE": "match",
    "connectors.kinds.sheet._HTML": "match",
    "connectors.links._MEDIA_TYPE": "fullmatch",
    "hub.audit.verify.HEAD": "fullmatch",
    "hub.routing._CODE": "fullmatch",
    "hub.personal.numbers._UNIT": "match",
    "hub.registry.sameness._CUT": "searched in the last 400 signs",
}
"""Patterns that begin nowhere but at the beginning of a text, by the method that calls them: they are asked so."""


def patterns() -> Iterator[tuple[str, re.Pattern[Any]]]:
    """Every compiled pattern that a module of ours holds, once, with a name."""
    seen: set[int] = set()
    for package in (connectors, dedup, hub, schemas):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ".migrations" in module.name or ".airflow" in module.name:
                continue
            for name, value in list(vars(importlib.import_module(module.name)).items()):
                for number, one in enumerate(_within(value)):
                    if id(one) not in seen:
                        seen.add(id(one))
                        yield f"{module.name}.{name}{f'[{number}]' if number else ''}", one


def _within(value: object, depth: int = 0) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif depth < 3 and isinstance(value, dict):
        yield from (one for inner in value.values() for one in _within(inner, depth + 1))
    elif depth < 3 and isinstance(value, tuple | list):
        yield from (one for inner in value for one in _within(inner, depth + 1))


def cost(name: str, pattern: re.Pattern[Any], sign: str, length: int = LONG) -> float:
    """CPU seconds of one search, or of the method by which an anchored one is called."""
    text: Any = (sign * length)[:length]
    if isinstance(pattern.pattern, bytes):
        text = text.encode("latin-1", "replace")
    if name == "hub.registry.sameness._CUT":
        text = text[-400:]
    call = getattr(pattern, ANCHORED[name] if ANCHORED.get(name) in ("match", "fullmatch") else "search")
    start = time.process_time()
    call(text)
    return time.process_time() - start


def is_steep(name: str, pattern: re.Pattern[Any], sign: str) -> bool:
    """Whether the CPU grows faster than the text, by the best of five searches in each length: a ratio, whatever the machine."""
    whole, part = (min(cost(name, pattern, sign, length) for _ in range(5)) for length in (LONG, LONG // PART))
    return whole > STEEPEST * part


def test_every_pattern_is_linear() -> None:
    """8,000 times the same sign, for every pattern and 37 signs: one that takes long must take an eighth for an eighth."""
    found, slow = 0, []
    for name, pattern in patterns():
        found += 1
        if name in SHORT:
            continue
        for sign in SIGNS:
            if cost(name, pattern, sign) > MOST and is_steep(name, pattern, sign):
                slow.append((name, sign))
                break
    assert found > 200
    assert slow == []


@pytest.mark.parametrize("sign", [" ", "\n"])
def test_the_sweep_is_awake(sign: str) -> None:
    """A pattern that looks again from every blank is found out."""
    looks_again = re.compile(r"\s+(?:wib|wita)$")
    assert cost("here", looks_again, sign) > MOST
    assert is_steep("here", looks_again, sign)
