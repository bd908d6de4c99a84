"""The hub key is changed under a hub that works: stopped at any moment, nothing becomes unreadable and nothing is lost."""

from __future__ import annotations

import base64
import os
import shutil
import signal
import warnings
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from hub.keys import KeyProblem, Keys, open_keys
from hub.muting import KNOWN
from hub.privacy import Damaged, DataKey, Vault
from hub.rotating import Alone, rotate, standing
from hub.settings import Settings
from hub.store import hub_keys, leaves
from hub.store.work import Store, Work
from tests.conftest import NOW, Database

ROWS = 23


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with fresh keys."""
    Keys(tmp_path / "keys")
    return tmp_path


@pytest.fixture
def store(store_of_all: Store, one_database: Database) -> Store:
    """One database for all tests here, emptied before each."""
    with one_database.connect(superuser=True) as connection:
        connection.execute("SET session_replication_role = replica")  # the log refuses it otherwise
        connection.execute("TRUNCATE data_keys, entries, hub CASCADE")
    return store_of_all


@pytest.fixture
def sealed(store: Store, home: Path) -> dict[UUID, bytes]:
    """Texts under data keys of their own, as the hub stores them."""
    vault = Vault(Keys(home / "keys"))
    made = {}
    with store.begin() as work:
        leaves.hub_row(work, vault.hub_key, NOW)
        for number in range(ROWS):
            key = vault.new_key("35")
            stored(work, key)
            made[key.id] = vault.seal(key, "raw", f"aduan {number}".encode())[0]
    return made


def stored(work: Work, key: DataKey) -> None:
    """The row of a data key."""
    work.run(
        "INSERT INTO data_keys (id, region, hub_key, wrapped) VALUES (:id, '35', :hub_key, :wrapped)",
        id=key.id,
        hub_key=key.hub_key,
        wrapped=key.wrapped,
    )


def hub_of(store: Store, home: Path, vault: Vault | None = None) -> Any:
    """What rotating needs of a hub."""
    vault = vault or Vault(Keys(home / "keys"))
    return SimpleNamespace(store=store, vault=vault, settings=SimpleNamespace(home=home), clock=lambda: NOW)


def killed_at(where: str, url: str, home: Path) -> int:
    """A process of its own begins to rotate and is killed there; the signal that ended it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # a fork beside threads; the child only rotates and dies
        child = os.fork()
    if child == 0:
        try:
            hub = hub_of(Store(url, clock=lambda: NOW), home)
            rotate(
                hub,
                by="Dewi",
                because="jadwal tahunan",
                batch=5,
                reached=lambda place: os.kill(os.getpid(), signal.SIGKILL) if place == where else None,
            )
        finally:
            os._exit(1)
    return os.WTERMSIG(os.waitpid(child, 0)[1])


def texts(store: Store, vault: Vault, sealed: dict[UUID, bytes]) -> set[bytes]:
    """Every text, opened as the hub would."""
    with store.begin() as work:
        rows = work.rows("SELECT id, wrapped FROM data_keys")
    return {vault.open(vault.unwrap(row.id, bytes(row.wrapped)), "raw", sealed[row.id]) for row in rows}


def acts(store: Store) -> list[str]:
    """What the log has of it."""
    with store.begin() as work:
        return [row.act for row in work.rows("SELECT act FROM entries WHERE act LIKE 'key_rotation%' ORDER BY id")]


WHOLE = {f"aduan {number}".encode() for number in range(ROWS)}


def test_every_data_key_comes_under_the_new_key(store: Store, home: Path, sealed: dict[UUID, bytes]) -> None:
    """After a rotation a fresh process reads everything, the old key lies apart, and its hashes find the same."""
    before = (home / "keys" / "hub.key").read_bytes()
    sign = Vault(Keys(home / "keys")).mac("ref", b"a")
    tally = rotate(hub_of(store, home), by="Dewi", because="jadwal tahunan", batch=5)
    after = Keys(home / "keys")
    assert tally.done == ROWS and "old" in tally.notes[0]
    assert after.hub != before
    assert texts(store, Vault(after), sealed) == WHOLE
    assert [(one.place, one.wraps) for one in standing(hub_of(store, home))] == [("present", ROWS), ("old", 0)]
    assert Vault(after).mac("ref", b"a") == sign
    assert (home / "keys" / "hub.key").stat().st_mode & 0o777 == 0o600
    (old,) = (home / "keys" / "old").glob("*.key")
    assert old.stat().st_mode & 0o777 == 0o600 and old.read_bytes() == before
    old.unlink()
    assert texts(store, Vault(Keys(home / "keys")), sealed) == WHOLE
    assert acts(store) == ["key_rotation_began", "key_rotation_ended"]
    after.check(_written_with(store))


def _written_with(store: Store) -> str:
    with store.begin() as work:
        return hub_keys.written_with(work)


@pytest.mark.parametrize("where", ["made", "began", "shown", "batch", "wrapped", "ended"])
def test_killed_at_any_moment_it_goes_on(
    store: Store, one_database: Database, home: Path, sealed: dict[UUID, bytes], where: str
) -> None:
    """kill -9 while keys are rotated: everything can be read at once, and running it again ends it."""
    assert killed_at(where, one_database.hub_url, home) == signal.SIGKILL
    keys = Keys(home / "keys")
    keys.check(_written_with(store))
    assert texts(store, Vault(keys), sealed) == WHOLE
    rotate(hub_of(store, home), by="Dewi", because="lanjutkan", batch=5)
    again = Keys(home / "keys")
    assert texts(store, Vault(again), sealed) == WHOLE
    assert [one.wraps for one in standing(hub_of(store, home)) if one.place == "present"] == [ROWS]
    assert not (home / "keys" / "hub.key.next").exists() and not (home / "keys" / "hub.key.made").exists()
    assert acts(store) == ["key_rotation_began", "key_rotation_ended"]


def test_a_process_that_runs_meanwhile_finds_the_new_key(store: Store, home: Path, sealed: dict[UUID, bytes]) -> None:
    """A worker that was started long before reads what was wrapped anew, and wraps what is new with the new key."""
    running = Vault(Keys(home / "keys"))
    old = running.hub_key
    rotate(hub_of(store, home), by="Dewi", because="jadwal tahunan", batch=5)
    assert texts(store, running, sealed) == WHOLE
    assert running.hub_key == running.new_key("35").hub_key == Keys(home / "keys").fingerprint() != old
    assert running.seal_items([(b"1", b"x")])[0].hub_key == running.hub_key


def test_what_was_written_late_with_the_old_key_is_read_and_wrapped_next_time(
    store: Store, home: Path, sealed: dict[UUID, bytes]
) -> None:
    """A transaction that began before the rotation and ends behind it loses nothing: the old key is still read."""
    late = Vault(Keys(home / "keys")).new_key("35")
    rotate(hub_of(store, home), by="Dewi", because="jadwal tahunan")
    with store.begin() as work:
        stored(work, late)
    hub = hub_of(store, home)
    assert hub.vault.unwrap(late.id, late.wrapped).key == late.key
    assert [(one.place, one.wraps) for one in standing(hub)] == [("present", ROWS), ("old", 1)]
    rotate(hub, by="Dewi", because="yang terlambat")
    assert {one.place: one.wraps for one in standing(hub) if one.wraps} == {"present": ROWS + 1}


def test_a_key_that_is_not_here_is_said_and_nothing_ends(store: Store, home: Path, sealed: dict[UUID, bytes]) -> None:
    """A row of another hub's key is neither changed nor forgotten; the command fails and says so."""
    foreign = Vault(Keys(home / "other")).new_key("35")
    with store.begin() as work:
        stored(work, foreign)
    hub = hub_of(store, home)
    tally = rotate(hub, by="Dewi", because="jadwal tahunan")
    assert tally.failed == 1 and "key_rotation_ended" not in acts(store)
    assert ("missing", 1) in [(one.place, one.wraps) for one in standing(hub)]
    with pytest.raises(Damaged, match="satupintu keys"):
        hub.vault.unwrap(foreign.id, foreign.wrapped)


def test_a_key_put_in_place_by_hand_on_every_machine(store: Store, home: Path, sealed: dict[UUID, bytes]) -> None:
    """The first machine wraps with the key that was copied to all, the second only puts its files in place."""
    other = home / "second"
    shutil.copytree(home / "keys", other / "keys")
    for place in (home, other):
        (place / "keys" / "hub.key.next").write_bytes(b"n" * 32)
        (place / "keys" / "hub.key.next").chmod(0o600)
    assert rotate(hub_of(store, home), by="Dewi", because="jadwal tahunan").done == ROWS
    assert texts(store, Vault(Keys(other / "keys")), sealed) == WHOLE
    assert rotate(hub_of(store, other), by="Budi", because="mesin kedua").done == 0
    assert (other / "keys" / "hub.key").read_bytes() == b"n" * 32
    assert acts(store) == ["key_rotation_began", "key_rotation_ended"]


def test_only_one_rotates_at_a_time(store: Store, home: Path, sealed: dict[UUID, bytes]) -> None:
    """A second command is told so and changes nothing."""
    with pytest.raises(Alone):
        rotate(
            hub_of(store, home),
            by="Dewi",
            because="a",
            reached=lambda where: rotate(hub_of(store, home), by="Budi", because="b"),
        )


def test_keys_of_a_setting(store: Store, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SATUPINTU_KEY holds the key in base64 or names a secret; with SATUPINTU_KEY_OLD beside it, rotating needs no file."""
    env = {"SATUPINTU_HOME": str(home), "SATUPINTU_KEY": "YWJj" * 10 + "YWI="}
    old = Vault(open_keys(Settings.read(env)))
    made = old.new_key("35")
    with store.begin() as work:
        leaves.hub_row(work, old.hub_key, NOW)
        stored(work, made)
    monkeypatch.setenv("HUB_NOW", "eHl6" * 10 + "eHk=")
    both = Settings.read({**env, "SATUPINTU_KEY": "${secret:HUB_NOW}", "SATUPINTU_KEY_OLD": env["SATUPINTU_KEY"]})
    new = Vault(open_keys(both))
    assert "SATUPINTU_KEY_OLD" in rotate(hub_of(store, home, new), by="Dewi", because="pindah").notes[0]
    alone = Vault(open_keys(Settings.read({**env, "SATUPINTU_KEY": "eHl6" * 10 + "eHk="})))
    with store.begin() as work:
        wrapped = work.value("SELECT wrapped FROM data_keys")
    assert alone.unwrap(made.id, bytes(wrapped)).key == made.key
    for wrong in ({"SATUPINTU_KEY": "kurang"}, {"SATUPINTU_KEY": "${secret:NIRGENDS}"}, {"SATUPINTU_KEY_OLD": "YWJj"}):
        with pytest.raises(KeyProblem) as said:
            open_keys(Settings.read({"SATUPINTU_HOME": str(home), **wrong}))
        assert "kurang" not in str(said.value)
    assert "YWJj" not in repr(both)


def test_the_hub_key_from_a_secrets_backend(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is neither variable nor file is asked of the scheduler's backend; from then on no log shows it in any form."""
    monkeypatch.delenv("HUB_FAR", raising=False)
    key = base64.b64encode(bytes(range(32))).decode()
    settings = Settings.read({"SATUPINTU_HOME": str(home), "SATUPINTU_KEY": "${secret:HUB_FAR}"})
    assert open_keys(settings, {"HUB_FAR": key}.get).hub == bytes(range(32))
    assert KNOWN.clean(f"key={key}") == "key=***"
    with pytest.raises(KeyProblem, match="SATUPINTU_KEY"):
        open_keys(settings)
