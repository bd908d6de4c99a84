"""The table of ASVS 5.0 is no wish: what it names exists, and none of level 1 is left out."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "asvs.md"
LEVEL_1 = {
    "V1.2": 5, "V1.3": 2, "V1.5": 1, "V2.1": 1, "V2.2": 2, "V2.3": 1, "V3.2": 2, "V3.3": 1, "V3.4": 2, "V3.5": 3, "V4.1": 1,
    "V4.4": 1, "V5.2": 2, "V5.3": 2, "V6.1": 1, "V6.2": 8, "V6.3": 2, "V6.4": 2, "V7.2": 4, "V7.4": 2, "V8.1": 1, "V8.2": 2,
    "V8.3": 1, "V9.1": 3, "V9.2": 1, "V10.4": 5, "V11.3": 2, "V11.4": 1, "V12.1": 1, "V12.2": 2, "V13.4": 1, "V14.2": 1,
    "V14.3": 1, "V15.1": 1, "V15.2": 1, "V15.3": 1,
}  # fmt: skip
"""Section -> how many of its requirements are of level 1 (always its first ones): 70."""
OURS = ("connectors", "schemas", "dedup", "hub", "dags")
WEAK = re.compile(r"\b(?:md5|sha1|MD5|SHA1)\(|\bmodes\.(?:ECB|CBC)|\b(?:ARC4|TripleDES|Blowfish)\b")


def rows() -> list[tuple[str, str]]:
    """(item, what holds it) of the table."""
    found = re.findall(r"^\| (V[0-9.]+(?: \([23]\))?) \| [^|]+ \| ([^|]+) \|$", PAGE.read_text(), re.MULTILINE)
    return [(item, held) for item, held in found]


def sources() -> Iterator[tuple[Path, str]]:
    """Every module of ours."""
    for folder in OURS:
        for path in (ROOT / folder).rglob("*.py"):
            yield path, path.read_text(encoding="utf-8")


def test_every_item_of_level_1_is_answered_once() -> None:
    """70 items, each with the test that holds it or a reason in words; further ones name their level."""
    items = [item for item, _ in rows()]
    wanted = {f"{section}.{number}" for section, count in LEVEL_1.items() for number in range(1, count + 1)}
    assert len(wanted) == 70 and len(items) == len(set(items))
    assert {item for item in items if "(" not in item} == wanted
    assert [item for item, held in rows() if "::" not in held and len(held) < 20] == []


def test_every_test_that_is_named_exists() -> None:
    """A promise whose test was renamed or deleted is none."""
    named = {one for _, held in rows() for one in re.findall(r"`(tests/[^`]+::[^`]+)`", held)}
    assert len(named) > 25
    missing = []
    for one in sorted(named):
        path, _, name = one.partition("::")
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8")) if (ROOT / path).exists() else ast.parse("")
        if name not in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}:
            missing.append(one)
    assert missing == []


def test_only_approved_ciphers_and_hashes_are_named() -> None:
    """No module of ours uses a hash or a mode that is broken, but SHA-1 where a UUID of version 5 is made of it (RFC 9562)."""
    lines = [(path.name, line) for path, text in sources() for line in text.splitlines() if WEAK.search(line)]
    assert [one for one in lines if "usedforsecurity=False" not in one[1]] == []


def test_no_module_reads_xml_by_a_parser_that_resolves() -> None:
    """Whoever reads XML does it by defusedxml; the standard parsers and lxml are not imported."""
    risky = re.compile(r"^\s*(?:from|import) (?:xml\.|lxml)", re.MULTILINE)
    assert [str(path.relative_to(ROOT)) for path, text in sources() if risky.search(text)] == []
