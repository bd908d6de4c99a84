"""transparency-dev's own proof vectors, given by path: MERKLE_VECTORS=…/merkle/testdata (they stay theirs)."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from typing import Any

import pytest

from hub.audit.merkle import verify_consistency, verify_inclusion

FOLDER = os.environ.get("MERKLE_VECTORS", "")


def raw(text: str | None) -> bytes:
    return base64.b64decode(text or "", validate=True)


def vectors(kind: str) -> list[tuple[str, dict[str, Any], list[bytes]]]:
    """Name, vector and the hashes of its proof; skips where nobody gave a folder."""
    if not FOLDER:
        pytest.skip("MERKLE_VECTORS names no folder: transparency-dev's vectors were NOT tried")
    files = sorted((Path(FOLDER) / kind).rglob("*.json"))
    assert files, f"there are no vectors in {FOLDER}/{kind}"
    read = [(one.relative_to(FOLDER).as_posix(), json.loads(one.read_text())) for one in files]
    return [(name, one, [raw(text) for text in one["proof"] or ()]) for name, one in read]


def test_inclusion_proofs_hold_or_fail_as_other_tools_say() -> None:
    """Whoever checks our entries with another tool for RFC 6962 logs comes to the same verdict on every vector."""
    for name, one, proof in vectors("inclusion"):
        index = one.get("leafIdx", one.get("leafIndex", 0))
        held = verify_inclusion(index, one["treeSize"], raw(one["leafHash"]), proof, raw(one["root"]))
        assert held is not one["wantErr"], name


def test_consistency_proofs_hold_or_fail_as_other_tools_say() -> None:
    """And so it is with proofs that a log only grew."""
    for name, one, proof in vectors("consistency"):
        held = verify_consistency(one["size1"], one["size2"], proof, raw(one["root1"]), raw(one["root2"]))
        assert held is not one["wantErr"], name
