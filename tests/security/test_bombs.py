"""Small things that want to become big end soon and say why: pages, answers, archives, sheets, XML, mail, expressions, YAML."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.security.bombs import bombs

SECONDS, MIB = 2.0, 256
HARMLESS = {
    "zip: zip in zip",
    "json: one number", "json: many long numbers", "json: one exponent", "json: escapes", "json: quotes", "json: rows",
    "json: broken rows", "json: blanks", "json: not a number", "registry: one number", "registry: many long numbers",
    "registry: escapes", "registry: quotes", "registry: rows", "registry: blanks", "xml: text", "mail: comments",
    "mail: encoded words", "mail: html entities", "mail: html script", "mail: html open", "mail: html comments",
    "mail: html cdata", "mail: html tags", "mail: boundary", "mail: lines", "jmespath: deep", "jmespath: quoting",
    "jmespath: flattening", "jmespath: sorting", "book: deep", "book: a quotation",
}  # fmt: skip
"""Taken apart in full within the limits, so that no reason is needed; items that are wrong have their own."""


@cache
def told(which: str) -> dict[str, Any]:
    """What each bomb made of a process of its own."""
    names = NEAR if which == "near" else FAR
    command = [sys.executable, "-m", "tests.security.bombs", *names]
    root = Path(__file__).resolve().parents[2]
    env = os.environ | {"PYTHONPATH": str(root)}
    said = subprocess.run(command, capture_output=True, check=True, cwd=root, env=env, timeout=500)
    return {one["name"]: one for one in map(json.loads, said.stdout.splitlines())}


SLOW = ("mail: parts", "mail: lines", "mail: html tags", "xml: attributes", "http: chunks of one")
"""They go on until the limit ends them."""
FAR = [name for name in bombs() if name.startswith("registry: ") or name in SLOW]
NEAR = [name for name in bombs() if name not in FAR]


@pytest.mark.parametrize("name", NEAR)
def test_a_bomb_ends_soon_with_a_reason(name: str) -> None:
    """Within 2 s of processor time and 256 MiB of any process; refused with a code, or read in full where it is harmless."""
    _judge(told("near")[name])


@pytest.mark.campaign
@pytest.mark.parametrize("name", FAR)
def test_the_long_ones_end_too(name: str) -> None:
    """The same JSON as one value, as answers of registries and doors are read; and what only the limit ends."""
    _judge(told("far")[name])


def _judge(one: dict[str, Any]) -> None:
    assert one["seconds"] < SECONDS and one["mib"] < MIB, one
    assert one["refused"] or one["name"] in HARMLESS, one
