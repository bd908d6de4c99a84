"""What is pushed while the database is down waits on disk: sealed, in order, within bounds, and whole or not at all."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from connectors.base import Push
from hub import spool as module
from hub.inbox import Arrived, opened, sealed
from hub.privacy import Keys, Vault
from hub.spool import Spool, SpoolFull

NOW = datetime(2026, 12, 1, 2, tzinfo=UTC)


def arrived(vault: Vault, number: int, text: bytes = b"lubang di Jalan Kenanga") -> Arrived:
    """One push, sealed."""
    push = Push(number=0, at=NOW + timedelta(seconds=number), headers={"a": "b"}, query={"c": "d"}, body=text)
    return sealed(vault, "35", uuid4(), push)


def test_what_waits_is_what_came(tmp_path: Path, vault: Vault) -> None:
    """Pushes come back in their order, with headers, query and every byte; nothing of them can be read on the disk."""
    spool, sent = Spool(tmp_path / "spool", vault), [arrived(vault, n, bytes([n]) * 9 + b"Kenanga") for n in range(12)]
    for one in reversed(sent):
        spool.add("wa-solo", one, judged=one.at != NOW)
    found = list(spool.of("wa-solo"))
    assert [one.arrived.id for one in found] == [one.id for one in sent]
    assert [one.judged for one in found] == [False] + [True] * 11
    push = opened(vault, found[3].arrived.key, found[3].arrived.content, number=7, at=NOW)
    assert (push.body, dict(push.headers), dict(push.query), push.number) == (
        b"\3" * 9 + b"Kenanga",
        {"a": "b"},
        {"c": "d"},
        7,
    )
    for path in (tmp_path / "spool").rglob("*.push"):
        assert b"Kenanga" not in path.read_bytes()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert spool.names() == ["wa-solo"] and spool.waiting() == 12


def test_a_half_written_file_is_none(tmp_path: Path, vault: Vault) -> None:
    """What a crash left half is never read, and what somebody spoiled is put aside without stopping the others."""
    spool = Spool(tmp_path, vault)
    for number in range(3):
        spool.add("wa", arrived(vault, number), judged=True)
    (tmp_path / "wa" / "00-x.part").write_bytes(b"{")
    broken = sorted((tmp_path / "wa").glob("*.push"))[1]
    other = Spool(tmp_path / "x", Vault(Keys(tmp_path / "other")))  # sealed by a key that is not here
    other.add("wa", arrived(other.vault, 9), judged=True)
    next((tmp_path / "x" / "wa").glob("*.push")).rename(tmp_path / "wa" / "9.push")
    broken.write_bytes(b"not ours")
    assert len(list(spool.of("wa"))) == 2
    assert (tmp_path / "wa" / "9.unreadable").exists()
    assert broken.with_suffix(".unreadable").exists()


@pytest.mark.parametrize(("name", "most"), [("MOST_FILES", 2), ("MOST_BYTES", 600)])
def test_a_flood_is_put_off(
    tmp_path: Path, vault: Vault, monkeypatch: pytest.MonkeyPatch, name: str, most: int
) -> None:
    """The spool takes so much and no more; whoever pushes is told to come again."""
    monkeypatch.setattr(module, name, most)
    spool = Spool(tmp_path, vault)
    for number in range(2 if name == "MOST_FILES" else 1):
        spool.add("wa", arrived(vault, number), judged=True)
    with pytest.raises(SpoolFull):
        spool.add("wa", arrived(vault, 9), judged=True)
