"""The Merkle tree of RFC 6962 section 2.1 (RFC 9162 section 2.1): roots, the right edge to append at, and proofs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = hashlib.sha256().digest()
"""Root of the tree without leaves (RFC 6962 section 2.1)."""


def leaf_hash(entry: bytes) -> bytes:
    """SHA-256(0x00 || entry), 32 bytes."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 || left || right), 32 bytes; the prefix keeps a node from passing as a leaf."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Edge:
    """
    The right edge of a tree: the roots of its perfect subtrees, largest first. All that appending and the root need.

    `size` counts leaves; `hashes` has one 32-byte hash for each 1 bit of it, else ValueError.
    """

    size: int
    hashes: tuple[bytes, ...]

    def __post_init__(self) -> None:
        if self.size < 0 or len(self.hashes) != self.size.bit_count():
            raise ValueError(f"a tree of {self.size} leaves has another number of subtrees than {len(self.hashes)}")
        if any(len(one) != HASH_BYTES for one in self.hashes):
            raise ValueError("a hash of the tree's edge has not 32 bytes")

    @classmethod
    def empty(cls) -> Edge:
        return cls(0, ())

    def append(self, leaf_hash: bytes) -> Edge:
        """The edge after one more leaf, given its 32-byte leaf hash."""
        return self.extend((leaf_hash,))

    def extend(self, hashes: Iterable[bytes]) -> Edge:
        """The edge after more leaves, given their leaf hashes in order."""
        size, stack = self.size, list(self.hashes)
        for leaf in hashes:
            if len(leaf) != HASH_BYTES:
                raise ValueError("a leaf hash has not 32 bytes")
            # A trailing 1 bit of the size is a subtree just as large as the one that is carried.
            carried, rest = leaf, size
            while rest & 1:
                carried = node_hash(stack.pop(), carried)
                rest >>= 1
            stack.append(carried)
            size += 1
        return Edge(size, tuple(stack))

    def root(self) -> bytes:
        """The tree's root, 32 bytes."""
        if not self.hashes:
            return EMPTY_ROOT
        right = self.hashes[-1]
        for left in reversed(self.hashes[:-1]):
            right = node_hash(left, right)
        return right


def root(hashes: Sequence[bytes]) -> bytes:
    """The root over leaf hashes (or over the roots of equal perfect subtrees), 32 bytes."""
    return Edge.empty().extend(hashes).root()


def inclusion(index: int, hashes: Sequence[bytes]) -> list[bytes]:
    """
    The hashes that prove leaf `index` (from 0) to be in the tree over `hashes`, lowest first (RFC 9162, 2.1.3.1).

    Raises IndexError when there is no such leaf.
    """
    if not 0 <= index < len(hashes):
        raise IndexError(f"the tree has {len(hashes)} leaves, none has index {index}")
    proof: list[bytes] = []
    while len(hashes) > 1:
        middle = split(len(hashes))
        if index < middle:
            proof.append(root(hashes[middle:]))
            hashes = hashes[:middle]
        else:
            proof.append(root(hashes[:middle]))
            hashes, index = hashes[middle:], index - middle
    return proof[::-1]


def consistency(old: int, hashes: Sequence[bytes]) -> list[bytes]:
    """
    The hashes that prove the tree over `hashes` to start with its first `old` leaves (RFC 9162, 2.1.4.1).

    Raises ValueError unless 1 <= old <= number of leaves: about an empty tree there is nothing to prove.
    """
    if not 1 <= old <= len(hashes):
        raise ValueError(f"no consistency proof from size {old} to size {len(hashes)}")
    proof: list[bytes] = []
    whole = True
    while old < len(hashes):
        middle = split(len(hashes))
        if old <= middle:
            proof.append(root(hashes[middle:]))
            hashes = hashes[:middle]
        else:
            proof.append(root(hashes[:middle]))
            hashes, old, whole = hashes[middle:], old - middle, False
    if not whole:
        proof.append(root(hashes))
    return proof[::-1]


def verify_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether `proof` leads from the leaf hash at `index` to the root of a tree of `size` (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size or not _hashes(leaf, root, *proof):
        return False
    node, last, reached = index, size - 1, leaf
    for one in proof:
        if last == 0:
            return False
        if node & 1 or node == last:
            reached = node_hash(one, reached)
            node, last = _climb(node, last)
        else:
            reached = node_hash(reached, one)
        node, last = node >> 1, last >> 1
    return last == 0 and reached == root


def verify_consistency(old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> bool:
    """
    Whether `proof` shows that the tree of size `new` starts with the one of size `old` (RFC 9162, 2.1.4.2).

    From size 0 nothing can be shown, so it is False, whatever the proof.
    """
    if old == new >= 1:
        return not proof and old_root == new_root
    if not 1 <= old < new or not _hashes(old_root, new_root, *proof):
        return False
    # A tree of a power of two is itself a node of the larger one: its root is not in the proof.
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    node, last = old - 1, new - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    if not proof or not path:
        return False
    first = second = path[0]
    for one in path[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            first, second = node_hash(one, first), node_hash(one, second)
            node, last = _climb(node, last)
        else:
            second = node_hash(second, one)
        node, last = node >> 1, last >> 1
    return last == 0 and first == old_root and second == new_root


def split(size: int) -> int:
    """The largest power of two below `size`, for size >= 2."""
    return 1 << (size - 1).bit_length() - 1


def _climb(node: int, last: int) -> tuple[int, int]:
    """Skip the levels at which a node on the right border has no sibling."""
    while node and not node & 1:
        node, last = node >> 1, last >> 1
    return node, last


def _hashes(*values: bytes) -> bool:
    return all(len(one) == HASH_BYTES for one in values)
