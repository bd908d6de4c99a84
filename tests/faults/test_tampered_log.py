"""Somebody changes the exported log: the command of the auditor says where."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.portal import generate
from tests.scenario.conftest import Portals, Site


def spans(bundle: bytes) -> Iterator[tuple[int, int]]:
    """Where each entry of a bundle begins and ends; a C2SP bundle gives every length in two bytes."""
    at = 0
    while at < len(bundle):
        (length,) = struct.unpack_from(">H", bundle, at)
        yield at + 2, at + 2 + length
        at += 2 + length


@pytest.mark.slow
def test_one_flipped_byte_is_named_by_its_entry(empty_site: Site, add_portal: Portals, tmp_path: Path) -> None:
    """An exported log verifies; one byte changed in any entry ends with 1 and names that entry and no other."""
    add_portal(generate(new=40))
    assert empty_site.command("sync", "--all").code == 0
    log, dice = tmp_path / "log", random.Random(4)
    good = empty_site.audited(log)
    assert good.code == 0 and "INTACT" in good.out

    bundle = next(one for one in sorted((log / "tile" / "entries").rglob("*")) if one.is_file())
    whole = bundle.read_bytes()
    places = list(spans(whole))
    assert len(places) > 100
    for number in dice.sample(range(len(places)), 12):
        at = dice.randrange(*places[number])
        bundle.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << dice.randrange(8)]) + whole[at + 1 :])
        bad = empty_site.command("audit", "verify", str(log), "--key", str(log / "log.vkey"))
        assert bad.code == 1 and "TAMPERED: 1" in bad.out
        assert f"entry {number} was changed" in bad.out, bad.out
    process = empty_site.process("audit", "verify", str(log), "--key", str(log / "log.vkey"))
    assert (process.code, process.out) == (1, bad.out)

    bundle.write_bytes(whole)
    assert empty_site.command("audit", "verify", str(log), "--key", str(log / "log.vkey")).code == 0
