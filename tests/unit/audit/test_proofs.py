"""Proofs made from tiles: against RFC 6962 written down a second time, and as files that others read."""

from __future__ import annotations

import base64
import hashlib
import random
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from hub.audit import checkpoint, merkle, proofs, verify
from tests.unit.audit.conftest import KEY, ORIGIN

LogOf: TypeAlias = Callable[..., Any]


def h(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def below(size: int) -> int:
    """The largest power of two below a size, as RFC 6962 section 2.1 defines k."""
    k = 1
    while 2 * k < size:
        k *= 2
    return k


def mth(leaves: Sequence[bytes]) -> bytes:
    """MTH(D[n]) of RFC 6962, 2.1, over leaf hashes."""
    if len(leaves) < 2:
        return leaves[0] if leaves else h(b"")
    k = below(len(leaves))
    return h(b"\x01" + mth(leaves[:k]) + mth(leaves[k:]))


def path(m: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PATH(m, D[n]) of RFC 6962, 2.1.1."""
    if len(leaves) == 1:
        return []
    k = below(len(leaves))
    if m < k:
        return [*path(m, leaves[:k]), mth(leaves[k:])]
    return [*path(m - k, leaves[k:]), mth(leaves[:k])]


def subproof(m: int, leaves: Sequence[bytes], whole: bool = True) -> list[bytes]:
    """SUBPROOF(m, D[n], b) of RFC 6962, 2.1.2."""
    if m == len(leaves):
        return [] if whole else [mth(leaves)]
    k = below(len(leaves))
    if m <= k:
        return [*subproof(m, leaves[:k], whole), mth(leaves[k:])]
    return [*subproof(m - k, leaves[k:], False), mth(leaves[:k])]


def tree(leaves: Sequence[bytes]) -> proofs.Tree:
    """Our tree over tiles that are made from the leaves as they are asked for."""

    def tiles(level: int, index: int, width: int) -> bytes:
        row = list(leaves)
        for _ in range(level):
            row = [mth(row[at : at + 256]) for at in range(0, len(row) // 256 * 256, 256)]
        return b"".join(row[256 * index :][:width])

    return proofs.Tree(len(leaves), tiles)


def same_as_the_rfc(dice: random.Random, most: int) -> None:
    """One random tree: root, two inclusion proofs and a consistency proof, and none of their damaged forms."""
    size = dice.choice((dice.randrange(1, 20), dice.randrange(1, most), 256 + dice.randrange(-2, 3)))
    leaves = [h(dice.randbytes(8)) for _ in range(size)]
    ours, top = tree(leaves), mth(leaves)
    assert ours.root() == merkle.root(leaves) == top
    index, old = dice.randrange(size), dice.randrange(1, size + 1)
    proof = path(index, leaves)
    assert ours.inclusion(index) == merkle.inclusion(index, leaves) == proof
    assert merkle.verify_inclusion(index, size, leaves[index], proof, top)
    assert verify.reach(0, size, [(index, leaves[index])], list(proof)) == top
    grown, before = subproof(old, leaves), mth(leaves[:old])
    assert ours.consistency(old) == merkle.consistency(old, leaves) == grown
    assert merkle.verify_consistency(old, size, grown, before, top)
    for number, hashes, good in ((0, proof, index), (1, grown, old)):
        for shape in SHAPES:
            bad = damaged(shape, hashes, good, size, dice)
            if bad is not None and number == 0:
                assert not merkle.verify_inclusion(bad[0], bad[1], leaves[index], bad[2], bad[3] or top), shape
            elif bad is not None:
                assert not merkle.verify_consistency(bad[0], bad[1], bad[2], before, bad[3] or top), shape


SHAPES = ("hash too short", "hash too long", "no tree", "other root", "beyond the tree", "empty", "one more", "one less",
          "swapped", "flipped")  # fmt: skip


def damaged(
    shape: str, hashes: list[bytes], place: int, size: int, dice: random.Random
) -> tuple[int, int, list[bytes], bytes] | None:
    """Place, size, proof and root (empty: the true one) of a wrong proof; None where this one has no such form."""
    one = dice.randrange(len(hashes)) if hashes else -1
    changed = {
        "no tree": (place, 0, hashes, b""),
        "other root": (place, size, hashes, h(b"other")),
        "beyond the tree": (size + 1, size, hashes, b""),
        "one more": (place, size, [*hashes, h(b"more")], b""),
    }
    if one >= 0:
        bit = hashes[one][:3] + bytes([hashes[one][3] ^ 1]) + hashes[one][4:]
        changed |= {
            "hash too short": (place, size, [*hashes[:one], hashes[one][:-1], *hashes[one + 1 :]], b""),
            "hash too long": (place, size, [*hashes[:one], hashes[one] + b"\0", *hashes[one + 1 :]], b""),
            "empty": (place, size, [], b""),
            "one less": (place, size, hashes[:one] + hashes[one + 1 :], b""),
            "flipped": (place, size, [*hashes[:one], bit, *hashes[one + 1 :]], b""),
        }
        if len(hashes) > 1:
            changed["swapped"] = (place, size, [hashes[1], hashes[0], *hashes[2:]], b"")
    return changed.get(shape)


def test_proofs_are_those_of_the_rfc_for_random_trees() -> None:
    """Roots and proofs of 300 random trees are those of RFC 6962's own words; every damaged proof is refused."""
    dice = random.Random(6962)
    for _ in range(300):
        same_as_the_rfc(dice, 200)


@pytest.mark.campaign
def test_proofs_are_those_of_the_rfc_for_ten_thousand_trees() -> None:
    """The same for 10,000 trees of up to 700 entries."""
    dice = random.Random(9162)
    for _ in range(10_000):
        same_as_the_rfc(dice, 700)


def test_one_proof_for_many_entries(log_of: LogOf) -> None:
    """Any choice of entries has one proof; another entry, place or order, or one entry too many, breaks it."""
    leaves, dice = log_of(700).hashes, random.Random(5)
    ours, top = tree(leaves), mth(leaves)
    for _ in range(60):
        chosen = sorted(dice.sample(range(700), dice.choice((1, 2, 5, 40, 300, 700))))
        proof, entries = ours.several(chosen), [(one, leaves[one]) for one in chosen]

        def leads(entries: list[tuple[int, bytes]], hashes: Sequence[bytes] = proof) -> bool:
            left = list(hashes)
            return verify.reach(0, 700, entries, left) == top and not left

        assert leads(entries)
        at = dice.randrange(len(chosen))
        assert not leads([*entries[:at], (chosen[at], h(b"forged")), *entries[at + 1 :]])
        assert not leads([*entries[:at], entries[at], *entries[at:]])
        assert not leads([*entries, (700, h(b"beyond"))])
        assert len(chosen) == 700 or not leads(entries[:at] + entries[at + 1 :])
        assert not leads(entries, [*proof, h(b"more")])


def test_what_cannot_be_proved_is_refused(log_of: LogOf, tmp_path: Path) -> None:
    """There is no proof of an entry beyond the log, from nothing, or from a folder whose tiles are gone."""
    ours = tree(log_of(5).hashes)
    for asked in ([], [-1], [5], [1, 9]):
        with pytest.raises(IndexError):
            ours.several(asked)
    for old in (0, 6):
        with pytest.raises(ValueError, match="no consistency proof"):
            ours.consistency(old)
    with pytest.raises(proofs.Unproven, match="tile/0/000"):
        proofs.of_folder(tmp_path, 5).root()


@pytest.fixture
def proved(log_of: LogOf, tmp_path: Path) -> Path:
    """A folder of proofs as an auditor gets it: two single entries, and forty in one file."""
    log, folder = log_of(700), tmp_path / "proofs"
    log.publish(tmp_path / "log", 700)
    ours, note = proofs.of_folder(tmp_path / "log", 700), log.note(700)
    folder.mkdir()
    for index in (0, 699):
        (folder / f"{index}.json").write_bytes(log.entries[index])
        (folder / f"{index}.tlog-proof").write_text(proofs.one(index, ours.inclusion(index), note))
    chosen = [3, *range(240, 278), 600]
    (folder / "entries.jsonl").write_bytes(b"".join(log.entries[one] + b"\n" for one in chosen))
    (folder / "entries.tlog-proofs").write_text(proofs.several(chosen, ours.several(chosen), note))
    (folder / "checkpoint").write_text(note)
    (folder / "page.html").write_text("<p>what nobody proves, the list holds</p>")
    sums = "".join(f"{h(one.read_bytes()).hex()}  {one.name}\n" for one in sorted(folder.iterdir()))
    (folder / "SHA256SUMS").write_text(checkpoint.sign_text(ORIGIN, f"satupintu pack@v1\n{sums}", KEY))
    return folder


def test_a_proof_file_is_what_c2sp_says(proved: Path, log_of: LogOf) -> None:
    """The file begins with its form and the index, then the hashes, an empty line and the signed checkpoint."""
    lines = (proved / "699.tlog-proof").read_text().split("\n")
    assert lines[:2] == ["c2sp.org/tlog-proof@v1", "index 699"]
    gap = lines.index("")
    assert [base64.b64decode(one) for one in lines[2:gap]] == merkle.inclusion(699, log_of(700).hashes)
    assert "\n".join(lines[gap + 1 :]) == log_of(700).note(700)
    assert (proved / "entries.tlog-proofs").read_text().split("\n")[1] == "index 3,240-277,600"


def test_a_folder_of_proofs_is_checked_offline(proved: Path, log_of: LogOf, tmp_path: Path) -> None:
    """Forty-two entries are proved, without the log; an old checkpoint asks for the whole log, a newer one shows rollback."""
    log = log_of(701)
    report = verify.verify(proved, log.vkey)
    assert (report.problems, report.entries, report.size) == ((), 42, 700)
    for size, kind in ((600, "too little"), (700, None), (701, "rollback")):
        (tmp_path / "old").write_text(log.note(size))
        assert [one.kind for one in verify.verify(proved, log.vkey, tmp_path / "old").problems] == [kind] * bool(kind)
    (tmp_path / "old").write_text(log.signed(700, h(b"another past")))
    assert [one.kind for one in verify.verify(proved, log.vkey, tmp_path / "old").problems] == ["fork"]


def test_any_flipped_byte_of_a_folder_of_proofs_is_found(proved: Path, log_of: LogOf) -> None:
    """Whatever byte of whatever file is flipped, the file is named; a file put beside or taken away as well."""
    dice, vkey = random.Random(11), log_of(700).vkey
    files = sorted(one for one in proved.iterdir())
    for number in range(90):
        path = files[number % len(files)]
        whole = path.read_bytes()
        at = dice.randrange(len(whole))
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << dice.randrange(8)]) + whole[at + 1 :])
        problems = verify.verify(proved, vkey).problems
        assert path.name in {one.file for one in problems}, (path.name, at)
        path.write_bytes(whole)
    (proved / "extra").write_text("planted")
    assert [(one.kind, one.file) for one in verify.verify(proved, vkey).problems] == [("listed", "extra")]
    (proved / "extra").unlink()
    (proved / "page.html").unlink()
    assert [(one.kind, one.file) for one in verify.verify(proved, vkey).problems] == [("listed", "page.html")]
    (proved / "SHA256SUMS").unlink()
    assert [(one.kind, one.file) for one in verify.verify(proved, vkey).problems] == [("missing", "SHA256SUMS")]


def test_a_forged_entry_is_not_saved_by_its_list(proved: Path, log_of: LogOf) -> None:
    """Even under a new signed list an entry that was never in the log stays unproved."""
    (proved / "0.json").write_bytes(b'{"act":"refused"}')
    shutil.rmtree(proved / "none", ignore_errors=True)
    sums = "".join(
        f"{h(one.read_bytes()).hex()}  {one.name}\n"
        for one in sorted(proved.iterdir())
        if one.suffix != "" or one.name == "checkpoint"
    )
    (proved / "SHA256SUMS").write_text(checkpoint.sign_text(ORIGIN, f"satupintu pack@v1\n{sums}", KEY))
    assert [(one.kind, one.file, one.entry) for one in verify.verify(proved, log_of(700).vkey).problems] == [
        ("proof", "0.tlog-proof", 0)
    ]
