"""Keys are made once, kept from others, and decide alone who can read."""

from __future__ import annotations

import hashlib
import hmac
import os
import subprocess
import sys
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.privacy import PURPOSES, Damaged, Erased, KeyProblem, Keys, Vault, open_keys
from hub.settings import Settings

TEXT = b"Jalan rusak di depan pasar, sudah tiga bulan."
PRINT = (
    "import sys; from pathlib import Path; from hub.privacy import Keys; print(Keys(Path(sys.argv[1])).fingerprint())"
)


def test_what_is_sealed_opens_again_and_nowhere_else(vault: Vault) -> None:
    """A text opens under its own key and place only: moved to another row or column it is refused."""
    mine, other = vault.new_key("35"), vault.new_key("35")
    sealed, commitment = vault.seal(mine, "raw", TEXT)
    assert vault.open(vault.unwrap(mine.id, mine.wrapped), "raw", sealed) == TEXT
    assert TEXT not in sealed and len(commitment) == 64
    for key, what, content in (
        (other, "raw", sealed),
        (mine, "canonical", sealed),
        (mine, "raw", sealed[:-1] + bytes([sealed[-1] ^ 1])),
        (mine, "raw", b""),
    ):
        with pytest.raises(Damaged):
            vault.open(key, what, content)
    with pytest.raises(Damaged):
        vault.unwrap(uuid4(), mine.wrapped)


def test_the_commitment_is_that_of_salt_and_content(keys: Keys) -> None:
    """Whoever is shown salt and content can check the audit entry with any SHA-256 tool."""
    vault = Vault(keys, random=lambda n: bytes(n))
    assert vault.seal(vault.new_key("35"), "raw", TEXT)[1] == hashlib.sha256(bytes(32) + TEXT).hexdigest()


def test_the_same_text_never_looks_the_same(vault: Vault) -> None:
    """A thief of the database cannot see that two citizens wrote the same, nor guess a text by its commitment."""
    key = vault.new_key("35")
    first, second = vault.seal(key, "raw", TEXT), vault.seal(key, "raw", TEXT)
    assert first[0] != second[0] and first[1] != second[1]


@given(content=st.binary(max_size=200), what=st.text(st.characters(codec="utf-8"), max_size=20))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_survive(vault: Vault, content: bytes, what: str) -> None:
    """NUL bytes, broken UTF-8 and emptiness come back as they were received."""
    key = vault.new_key("35")
    assert vault.open(key, what, vault.seal(key, what, content)[0]) == content


def test_an_erased_key_is_a_word_of_its_own(vault: Vault) -> None:
    """After an erasure a reader hears that it was erased, not that something is broken."""
    with pytest.raises(Erased):
        vault.unwrap(uuid4(), None)


def test_hashes_are_keyed_and_apart_by_purpose(vault: Vault, tmp_path: Path) -> None:
    """A NIK cannot be found by trying all numbers without the key, nor be followed from one table to another."""
    macs = {vault.mac(purpose, b"3578010101800001") for purpose in PURPOSES}
    assert len(macs) == len(PURPOSES) and {len(mac) for mac in macs} == {32}
    assert hashlib.sha256(b"3578010101800001").digest() not in macs
    assert vault.mac("ref", b"a") == vault.mac("ref", b"a") != Vault(Keys(tmp_path / "b")).mac("ref", b"a")
    assert all(-(2**63) <= vault.token64("dedup", str(n)) < 2**63 for n in range(50))
    assert {vault.token64("dedup", str(n)) < 0 for n in range(50)} == {True, False}
    assert isinstance(vault.token64("dedup", "\ud800"), int)
    with pytest.raises(ValueError, match="known are ref"):
        vault.mac("anything", b"")


def test_purposes_are_derived_as_the_rfc_says(keys: Keys) -> None:
    """Another program with the root key can compute the same hashes (HKDF-Expand, RFC 5869)."""
    root = (keys._folder / "hmac.key").read_bytes()
    derived = HKDFExpand(algorithm=hashes.SHA256(), length=32, info=b"satupintu mac ref").derive(root)
    assert keys.purpose("ref") == derived


def test_keys_are_made_once_and_for_their_owner_alone(tmp_path: Path) -> None:
    """The first command makes the keys, every later one finds the same; nobody else on the machine can read them."""
    first = open_keys(Settings.read({"SATUPINTU_HOME": str(tmp_path / "home")}))
    folder = tmp_path / "home" / "keys"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()} == dict.fromkeys(
        ("hub.key", "hmac.key", "log.key"), 0o600
    )
    again = Keys(folder)
    assert again.fingerprint() == first.fingerprint()
    assert again.log.public_key() == first.log.public_key()


def test_processes_that_start_at_once_agree_on_the_keys(tmp_path: Path) -> None:
    """Two commands on an empty home never encrypt with two different keys."""
    command = [sys.executable, "-c", PRINT, str(tmp_path / "keys")]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    assert len({process.communicate(timeout=30)[0] for process in running}) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["keys"]


def test_a_lost_or_open_key_is_refused(tmp_path: Path) -> None:
    """A missing key is never replaced in silence, and one that others can read is not used."""
    Keys(tmp_path / "keys")
    log = tmp_path / "keys" / "log.key"
    log.chmod(0o640)
    with pytest.raises(KeyProblem, match="chmod 600"):
        Keys(tmp_path / "keys")
    log.unlink()
    with pytest.raises(KeyProblem, match="is missing"):
        Keys(tmp_path / "keys")
    assert not log.exists()


def test_a_key_file_of_ones_own(tmp_path: Path) -> None:
    """SATUPINTU_KEY_FILE takes the place of hub.key; a wrong length and a readable file are told."""
    own = tmp_path / "own.key"
    for content, mode, said in ((b"x" * 33, 0o600, "holds 33 bytes"), (b"x" * 32, 0o644, "chmod 600")):
        own.write_bytes(content)
        own.chmod(mode)
        with pytest.raises(KeyProblem, match=said):
            Keys(tmp_path / "keys", key_file=own)
    own.chmod(0o600)
    assert Keys(tmp_path / "keys", key_file=own).hub == b"x" * 32
    assert not (tmp_path / "keys" / "hub.key").exists()
    with pytest.raises(KeyProblem, match=r"absent\.key is missing"):
        Keys(tmp_path / "keys", key_file=tmp_path / "absent.key")


def test_another_key_than_the_databases_is_refused(tmp_path: Path) -> None:
    """After a move without its keys the hub stops before it writes texts that would be split over two keys."""
    old, new = Keys(tmp_path / "a"), Keys(tmp_path / "b")
    new.check(None)
    new.check(new.fingerprint())
    with pytest.raises(KeyProblem, match="Nothing was written"):
        new.check(old.fingerprint())


def test_keys_do_not_show_themselves(vault: Vault) -> None:
    """A key that ends in a log line by mistake shows its name only."""
    key = vault.new_key("35")
    shown = f"{key!r} {vault.keys!r}"
    assert key.key.hex() not in shown and repr(key.key) not in shown and repr(vault.keys.hub) not in shown


def test_a_batch_is_sealed_as_item_by_item(keys: Keys) -> None:
    """Each item of a batch has a key, an identifier, salts and nonces of its own, and opens like any other."""
    asked: list[int] = []

    def drawn(length: int) -> bytes:
        asked.append(length)
        return os.urandom(length)

    vault = Vault(keys, random=drawn)
    items = [(f'"{n}"'.encode(), TEXT * n) for n in range(50)]
    sealed = vault.seal_items(items)
    assert len(asked) == 1 and vault.seal_items([]) == []
    for (ref, raw), one in zip(items, sealed, strict=True):
        key = vault.unwrap(UUID(bytes=one.key_id), one.wrapped)
        assert (vault.open(key, "ref", one.ref), vault.open(key, "raw", one.raw)) == (ref, raw)
        assert key.id.version == 4
        with pytest.raises(Damaged):
            vault.open(key, "ref", one.raw)
    nonces = [part[:12] for one in sealed for part in (one.wrapped, one.ref, one.raw)]
    assert len({*nonces}) == 150 == len({one.key_id for one in sealed}) * 3
    assert len({one.commitment for one in sealed}) == 50


def test_a_commitment_of_a_batch_is_that_of_salt_and_content(keys: Keys) -> None:
    """The audit entry of a batch can be checked with any SHA-256 tool as well."""
    vault = Vault(keys, random=lambda n: bytes(n))
    assert vault.seal_items([(b"1", TEXT)])[0].commitment == hashlib.sha256(bytes(32) + TEXT).hexdigest()


@given(content=st.binary(max_size=300))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_keyed_hashes_are_the_standard_ones(vault: Vault, content: bytes) -> None:
    """Anybody who has the key gets the same with any HMAC-SHA-256 (RFC 2104)."""
    for purpose in PURPOSES:
        assert vault.mac(purpose, content) == hmac.digest(vault.keys.purpose(purpose), content, "sha256")
