"""What is installed is what was reviewed: hashes, licences that a government may use, and no secret in the tree or its past."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from hashlib import sha256
from importlib import metadata
from pathlib import Path

import pytest

from hub.spilled import SHAPES, suspects

ROOT = Path(__file__).resolve().parents[2]
LOCKS = sorted(ROOT.glob("requirements*.lock"))
_FORBIDDEN = re.compile(
    r"\b(A?GPL|GNU (Affero )?General Public|BUSL|Business Source|SSPL|Server Side Public|Commons Clause)", re.I
)
_LESSER = re.compile(r"LGPL|Lesser General Public|Library or Lesser")
_CHOICE = {"text-unidecode": "Artistic licence, taken instead of the GPL"}
"""Packages that offer several licences, and the one that we take."""
_PUBLISHED = {
    "96ad2ccd81462a766178ae09a71df55f548a3f66da11606f9cdf40b391e22dd0": "the example of the Standard Webhooks specification",
}
"""SHA-256 of what looks like a secret in the past and opens nothing: printed in a public document for everybody to test with."""


def pinned(lock: Path) -> Iterator[tuple[str, str, list[str]]]:
    """Name, version and hashes of each requirement of a lock."""
    for block in re.split(r"\n(?=[A-Za-z0-9])", lock.read_text(encoding="utf-8")):
        if found := re.match(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^\s;\\]+)", block):
            yield found[1].lower(), found[2], re.findall(r"--hash=sha256:([0-9a-f]{64})", block)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_every_package_is_pinned_with_its_hash(lock: Path) -> None:
    """A registry that serves other bytes tomorrow installs nothing: one exact version, at least one SHA-256 each."""
    found = list(pinned(lock))
    assert found and all(hashes for _, _, hashes in found)
    lines = [one for one in lock.read_text(encoding="utf-8").splitlines() if one and not one.startswith((" ", "#"))]
    assert len(lines) == len(found), "a line of the lock is no exact version"


def test_the_makefile_installs_by_hash_only() -> None:
    """No step of the set-up takes a package without comparing its hash; only our own tree comes without dependencies."""
    steps = [one for one in (ROOT / "Makefile").read_text().splitlines() if "$(PIP) install" in one]
    assert steps
    assert all(
        "--require-hashes" in one or "--editable ." in one or one.rstrip().endswith("install uv") for one in steps
    )


def licences(name: str) -> str:
    """All that a package's metadata says of its licence."""
    told = metadata.metadata(name)
    said = [told.get("License-Expression") or "", (told.get("License") or "")[:200]]
    return "; ".join([*said, *(one for one in told.get_all("Classifier") or () if one.startswith("License"))])


def test_nothing_that_runs_forbids_what_a_government_does_with_it() -> None:
    """No run-time package is under GPL, AGPL, BSL or SSPL alone; LGPL is used unmodified; all say what they are under."""
    judged, silent = 0, []
    for name, _, _ in pinned(ROOT / "requirements.lock"):
        try:
            said = licences(name)
        except metadata.PackageNotFoundError:  # for another system
            continue
        judged += 1
        if not said.strip("; "):
            silent.append(name)
        elif _FORBIDDEN.search(_LESSER.sub("", said)) and name not in _CHOICE:
            pytest.fail(f"{name}: {said}")
    assert judged > 100
    assert not silent, silent


# secrets ------------------------------------------------------------------------------------------------------------------


def _git(*arguments: str) -> str:
    said = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, check=False, timeout=120)
    if said.returncode:
        pytest.skip("this tree has no history")
    return said.stdout.decode("utf-8", "replace")


def test_no_secret_stands_in_the_tree() -> None:
    """Every file that git knows: no key, no token, no password that somebody could use."""
    for name in _git("ls-files", "-z").split("\0"):
        path = ROOT / name
        if name and path.is_file() and path.stat().st_size < 4_000_000 and not name.endswith(".lock"):
            found = [what for what, _ in suspects(path.read_text(encoding="utf-8", errors="replace"))]
            assert not found, (name, found)


@pytest.mark.slow
def test_no_secret_stands_in_the_past() -> None:
    """Every line that any commit ever added: a secret that was taken out again is still there for whoever clones."""
    diff = _git("log", "--all", "-p", "--unified=0", "--no-color", "--no-textconv", "--", ".", ":!*.lock", ":!*.bin")
    added = "\n".join(one[1:] for one in diff.splitlines() if one.startswith("+") and len(one) < 5_000)
    assert [what for what, value in suspects(added) if sha256(value.encode()).hexdigest() not in _PUBLISHED] == []


def test_the_scanner_is_awake() -> None:
    """Secrets of every shape, made up here, are found; references and sentences are not."""
    dull = [
        'password: "${secret:JATIM_TOKEN}"',
        'token = "sebuah-kata-yang-panjang"',
        "secret: kata sandi tidak diterima",
    ]
    made = {
        "private key": "-----BEGIN " + "PRIVATE KEY-----\n" + "MIIEvQ" * 12,
        "cloud key": "AK" + "IA" + "Q3EGRIBVFYAZ7K2M",
        "forge token": "gh" + "p_" + "a1B2" * 9,
        "chat token": "xo" + "xb-" + "1234567890-abcdefghij",
        "bot token": "1234567890" + ":AA" + "Hq3-" * 8 + "x",
        "web token": "ey" + "J" + "a" * 20 + ".ey" + "J" + "b" * 20 + "." + "c" * 24,
        "payment key": "sk_" + "live_" + "0a1B" * 6,
        "page token": "EA" + "A" + "b3Cd" * 16,
        "signing secret": "wh" + "sec_" + "a1B2" * 8,
        "map key": "AI" + "za" + "Sy0-" * 8 + "abc",
        "drawn by lot": "api_key" + ' = "' + "q7Zp1Xv9Lr3Tn8Kd5Wm2" + '"',
    }
    assert set(made) == {*SHAPES, "drawn by lot"}
    assert {what for text in made.values() for what, _ in suspects(text)} == set(made)
    assert [found for text in dull for found in suspects(text)] == []
