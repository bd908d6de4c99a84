"""Where the doctor looks for secrets: the files of connectors and registries, their history in git, and the versions kept."""

from __future__ import annotations

import re
import shutil
import subprocess
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hub.screen import line
from hub.settings import Settings
from hub.spilled import Spill, in_settings

MOST_BYTES: Final = 32 * 1024 * 1024
"""Of a history; what is older is not looked at, and that is said."""
SECONDS: Final = 60
LARGEST: Final = 1024 * 1024
"""Bytes of a file; a manifest may have a quarter of it."""
RETIRED: Final = "secrets-retired"
"""File of SATUPINTU_HOME: places of history, one a line, whose secret is worth nothing any more."""
_HUNK: Final = re.compile(r"^@@ -[0-9,]+ \+([0-9]+)")


class Unseen(Exception):
    """A history could not be looked at, or not all of it; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A secret, and where it stands: file:line, git:commit:file:line or version:manifest:line."""

    place: str
    spill: Spill
    past: bool
    """It stands in what was; taking it out of a file does not take it from there."""


def retired(settings: Settings) -> frozenset[str]:
    """Places of history that the operator has dealt with."""
    file = settings.home / RETIRED
    if not file.is_file():
        return frozenset()
    return frozenset(one.strip() for one in file.read_text(encoding="utf-8").splitlines() if one.strip())


def in_files(folder: Path) -> Iterator[Found]:
    """What stands in the files of a folder now."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and ".git" not in path.parts and path.stat().st_size <= LARGEST:
            for spill in in_settings(path.read_text(encoding="utf-8", errors="replace")):
                yield Found(place=f"{line(str(path))}:{spill.line}", spill=spill, past=False)


def in_versions(texts: Mapping[str, str]) -> Iterator[Found]:
    """What stands in versions of manifests that the hub keeps; by name and version."""
    for name, text in texts.items():
        for spill in in_settings(text):
            yield Found(place=f"version:{line(name)}:{spill.line}", spill=spill, past=True)


def in_git(folder: Path, most: int = MOST_BYTES) -> Iterator[Found]:
    """
    What any commit ever put into this folder, at the commit that did; nothing where it is no checkout. Raises Unseen.

    The checkout's own settings run no program: no hook, no pager, no conversion of texts.
    """
    if not any((one / ".git").exists() for one in (folder.resolve(), *folder.resolve().parents)):
        return
    if shutil.which("git") is None:
        raise Unseen(f"git tidak terpasang / git is not installed: {folder}")
    told, whole = _log(folder, most)
    oldest: dict[tuple[str, str], Found] = {}
    for commit, name, first, text in _added(told):  # the newest first
        for spill in in_settings(text):
            place = f"git:{commit[:12]}:{line(name)}:{first + spill.line - 1}"
            oldest[name, spill.value] = Found(place=place, spill=spill, past=True)
    yield from oldest.values()
    if not whole:
        raise Unseen(
            f"riwayat git {folder} hanya diperiksa {most // 1024 // 1024} MB yang terbaru / "
            f"only the newest {most // 1024 // 1024} MB of its history were looked at"
        )


def _log(folder: Path, most: int) -> tuple[str, bool]:
    """Every line that was added, as git tells it, and whether that is all of it."""
    command = [
        "git", "--no-pager", "--no-replace-objects", "-c", "core.fsmonitor=false", "-c", "core.quotepath=off",
        "-c", "core.hooksPath=/dev/null", "-C", str(folder), "log", "--all", "-p", "--unified=0", "--no-color",
        "--no-ext-diff", "--no-textconv", "--no-renames", "--no-show-signature", "--text", "--diff-merges=separate",
        "--src-prefix=a/", "--dst-prefix=b/", "--format=commit %H", "--", ".",
    ]  # fmt: skip
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as git:
        assert git.stdout is not None
        late = threading.Timer(SECONDS, git.kill)
        late.start()
        try:
            data = git.stdout.read(most + 1)
            if len(data) > most:
                return data[:most].decode("utf-8", "replace"), False
            code = git.wait()
        finally:
            late.cancel()
            git.kill()
    if code:
        raise Unseen(f"git tidak mau membaca {folder} ({code}) / git does not read it; is it another account's?")
    return data.decode("utf-8", "replace"), True


def _added(told: str) -> Iterator[tuple[str, str, int, str]]:
    """Commit, file, first line and text of each piece that was added."""
    commit = name = ""
    first, lines = 0, list[str]()
    for one in (*told.split("\n"), "@@ -0 +0 @@"):
        if lines and not one.startswith("+"):
            yield commit, name, first, "\n".join(lines)
            lines = []
        if one.startswith("commit ") and len(one) == 47:
            commit = one[7:]
        elif one.startswith("+++ ") and not lines and not first:
            name = one[4:].removeprefix("b/")
        elif one.startswith("diff --git "):
            first = 0
        elif hunk := _HUNK.match(one):
            first = int(hunk[1])
        elif one.startswith("+") and first:
            lines.append(one[1:])
