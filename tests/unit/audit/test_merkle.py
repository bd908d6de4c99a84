"""The tree: known roots and proofs of RFC 6962, and proofs of every small tree."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.audit.merkle import (
    EMPTY_ROOT,
    Edge,
    consistency,
    inclusion,
    leaf_hash,
    node_hash,
    root,
    verify_consistency,
    verify_inclusion,
)

# The leaves and values that implementations of Certificate Transparency test with.
LEAVES = [
    leaf_hash(bytes.fromhex(one))
    for one in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LEFT = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
PAIR = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
HALF = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
FIVE = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"


def leaves(count: int) -> list[bytes]:
    return [leaf_hash(b"%d" % number) for number in range(count)]


@pytest.mark.parametrize("size", range(9))
def test_roots_are_those_of_every_other_rfc_6962_log(size: int) -> None:
    """Other people's tools compute the same root from our entries, from none to eight."""
    assert root(LEAVES[:size]).hex() == ROOTS[size]


def test_proofs_are_those_of_every_other_rfc_6962_log() -> None:
    """Other people's tools accept our proofs, because they are the same hashes in the same order."""
    assert [one.hex() for one in inclusion(0, LEAVES)] == [LEFT, PAIR, HALF]
    assert [one.hex() for one in consistency(1, LEAVES)] == [LEFT, PAIR, HALF]
    assert [one.hex() for one in consistency(2, LEAVES[:5])] == [PAIR, FIVE]


def test_a_node_cannot_pass_as_an_entry() -> None:
    """Leaves and nodes are hashed differently, so nobody can show a subtree as an entry."""
    left, right = LEAVES[:2]
    assert node_hash(left, right) not in (leaf_hash(left + right), leaf_hash(b"\x01" + left + right))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 70), st.integers(0, 70))
def test_growing_in_steps_is_growing_at_once(first: int, more: int) -> None:
    """The sealer keeps the right edge only, and signs the root that a full rebuild gives."""
    hashes = leaves(first + more)
    edge = Edge.empty().extend(hashes[:first])
    for one in hashes[first:]:
        edge = edge.append(one)
    assert edge.size == first + more
    assert edge.root() == root(hashes)


def test_a_broken_edge_is_refused() -> None:
    """An edge that was stored wrongly stops the sealer instead of giving a wrong root."""
    for size, hashes in ((1, ()), (2, (bytes(32), bytes(32))), (1, (bytes(31),)), (-1, ())):
        with pytest.raises(ValueError, match="tree"):
            Edge(size, hashes)
    with pytest.raises(ValueError, match="32 bytes"):
        Edge.empty().append(b"short")


@pytest.mark.parametrize("size", range(1, 18))
def test_every_entry_can_be_proved_and_no_other(size: int) -> None:
    """An inclusion proof holds for its entry, index and size alone."""
    hashes = leaves(size)
    top = root(hashes)
    for index in range(size):
        proof = inclusion(index, hashes)
        assert verify_inclusion(index, size, hashes[index], proof, top)
        assert not verify_inclusion(index, size, leaf_hash(b"other"), proof, top)
        assert not verify_inclusion(index, size, hashes[index], [*proof, top], top)
        assert not verify_inclusion(index + 1, size, hashes[index], proof, top)
        assert not verify_inclusion(index, size, hashes[index], proof, EMPTY_ROOT)
        if proof:
            assert not verify_inclusion(index, size, hashes[index], proof[:-1], top)
            assert not verify_inclusion(index, size, hashes[index], [proof[0][:-1], *proof[1:]], top)


@pytest.mark.parametrize("new", range(1, 18))
def test_every_earlier_log_can_be_proved_and_no_other(new: int) -> None:
    """A consistency proof holds between its two trees alone: a rewritten past has none."""
    hashes = leaves(new)
    top = root(hashes)
    for old in range(1, new + 1):
        before, proof = root(hashes[:old]), consistency(old, hashes)
        assert verify_consistency(old, new, proof, before, top)
        assert not verify_consistency(old, new, proof, EMPTY_ROOT, top)
        assert not verify_consistency(old, new, proof, before, EMPTY_ROOT)
        assert not verify_consistency(old, new, [*proof, top], before, top)
        assert not verify_consistency(old, new, proof, before + b"\0", top)
        for at in range(len(proof)):
            assert not verify_consistency(old, new, proof[:at] + proof[at + 1 :], before, top)
            assert not verify_consistency(old, new, [*proof[:at], EMPTY_ROOT, *proof[at + 1 :]], before, top)


def test_from_nothing_nothing_follows() -> None:
    """An empty tree proves nothing: whoever claims consistency with it is not believed."""
    hashes = leaves(3)
    assert not verify_consistency(0, 3, [], EMPTY_ROOT, root(hashes))
    assert not verify_consistency(0, 0, [], EMPTY_ROOT, EMPTY_ROOT)
    assert not verify_consistency(4, 3, [], root(hashes), root(hashes))
    assert not verify_inclusion(0, 0, hashes[0], [], hashes[0])
    assert not verify_inclusion(-1, 3, hashes[0], [], hashes[0])
    for old in (0, 4):
        with pytest.raises(ValueError, match="no consistency proof"):
            consistency(old, hashes)
    for index in (-1, 3):
        with pytest.raises(IndexError):
            inclusion(index, hashes)
