"""The fast judge and the library that finds the words agree, on every example and on broken copies of it."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import schemas

EXAMPLES = Path(schemas.__file__).parent / "examples"
STRANGE: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 1.0, 0.5, 2**53, 10**30, "", " ", "\n", "a\n", "7", "007", "٣٥", "35\n",
    "2026-02-30T25:00:00Z",
    "2026-03-02t08:15:00z", "2026-12-31T23:59:60Z", "2026-03-02T08:15:00+24:00", "2026-13-01",
    "a@b", "a@b@c", "a..b@c", "@", "x" * 5000,
    [], {}, [1], ["a"], {"a": 1}, "http://", "http://a b", "${secret:}", "15m", "15 m", "-7d", "{",
    "roads", "rest", "imap",
)  # fmt: skip


def documents() -> list[tuple[str, Any]]:
    found = []
    for path in sorted(EXAMPLES.glob("*/*")):
        text = path.read_text(encoding="utf-8")
        found.append((path.name.split("-")[0], yaml.safe_load(text) if path.suffix == ".yaml" else json.loads(text)))
    return found


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        yield from places(inner, (*path, key))


def mutants(value: Any, strange: Any) -> Iterator[Any]:
    """Copies of ``value`` with one place replaced by something strange, removed, or given an unknown neighbour."""
    for path in places(value):
        if not path:
            yield strange
            continue
        for how in ("replace", "remove", "add"):
            copied = copy.deepcopy(value)
            holder = copied
            for step in path[:-1]:
                holder = holder[step]
            if how == "replace":
                holder[path[-1]] = strange
            elif how == "remove":
                del holder[path[-1]]
            elif isinstance(holder, dict):
                holder[f"{path[-1]}x"] = strange
            yield copied


def agree(name: str, value: Any) -> None:
    assert schemas.valid(name, value) == (next(schemas._words(name).iter_errors(value), None) is None), (name, value)
    assert schemas.valid(name, value) == (schemas.problems(name, value) == [])


@pytest.mark.parametrize("name", schemas.NAMES)
def test_judge_and_words_agree_on_mutants(name: str) -> None:
    """Nobody is refused without a reason, and nobody gets a reason for something that was accepted."""
    count = 0
    for which, value in documents():
        if which == name:
            for number, mutant in enumerate(mutants(value, STRANGE[count % len(STRANGE)])):
                agree(name, mutant)
                count += 1
                if number > 150:
                    break
    assert count > 50


@pytest.mark.parametrize("strange", STRANGE, ids=repr)
def test_judge_and_words_agree_on_each_strange_value_in_a_complaint(strange: Any) -> None:
    """Odd dates, digits and addresses at any place of a complaint are judged alike by both."""
    value = json.loads((EXAMPLES / "valid" / "complaint-full.json").read_text(encoding="utf-8"))
    for path in places(value):
        copied = copy.deepcopy(value)
        holder = copied
        for step in path[:-1]:
            holder = holder[step]
        if path:
            holder[path[-1]] = strange
        agree("complaint", copied)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=60, deadline=None)
@given(name=st.sampled_from(schemas.NAMES), key=st.integers(0, 100), new=JSON)
def test_judge_and_words_agree_on_anything(name: str, key: int, new: Any) -> None:
    """Whatever JSON stands in whichever field, valid means no problem and invalid means at least one."""
    value = json.loads((EXAMPLES / "valid" / f"{name}-least.json").read_text(encoding="utf-8"))
    names = sorted(schemas.load(name)["properties"])
    value[names[key % len(names)]] = new
    assert schemas.valid(name, value) == (schemas.problems(name, value) == [])
