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
MOST = 0.02
"""Seconds of CPU for one search; in proportion it takes less than a millisecond, with the square of the length thirty."""
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


def cost(name: str, pattern: re.Pattern[Any], sign: str) -> float:
    """CPU seconds of one search, or of the method by which an anchored one is called."""
    text: Any = (sign * LONG)[:LONG]
    if isinstance(pattern.pattern, bytes):
        text = text.encode("latin-1", "replace")
    if name == "hub.registry.sameness._CUT":
        text = text[-400:]
    call = getattr(pattern, ANCHORED[name] if ANCHORED.get(name) in ("match", "fullmatch") else "search")
    start = time.process_time()
    call(text)
    return time.process_time() - start


def test_every_pattern_is_linear() -> None:
    """8,000 times the same sign, for every pattern and 37 signs; a slow one is asked again, for the machine may have been."""
    found, slow = 0, []
    for name, pattern in patterns():
        found += 1
        if name in SHORT:
            continue
        for sign in SIGNS:
            if cost(name, pattern, sign) > MOST and min(cost(name, pattern, sign) for _ in range(2)) > MOST:
                slow.append((name, sign))
                break
    assert found > 200
    assert slow == []


@pytest.mark.parametrize("sign", [" ", "\n"])
def test_the_sweep_is_awake(sign: str) -> None:
    """A pattern that looks again from every blank is found out."""
    assert cost("here", re.compile(r"\s+(?:wib|wita)$"), sign) > MOST
