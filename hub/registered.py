"""Registered manifests as files: the store has them for all machines, and whoever reads without it finds them in a folder."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from hub.store.registrations import Version

_NAME = re.compile(r"[a-z0-9-]{1,60}")


def lay_out(folder: Path, versions: Sequence[Version], only: str | None = None) -> None:
    """
    Write each version as NAME.yaml and take away what is none of them (or, with `only`, of that name).

    A file is replaced at once, never half; one that is as it should be is not touched. A folder that cannot be written is
    no fault here: what is to run from it is then told as missing.
    """
    wanted = {f"{one.name}.yaml": one.body.encode() for one in versions if _NAME.fullmatch(one.name)}
    with suppress(OSError):
        if wanted:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        there = {path.name for path in folder.glob("*.yaml")} if only is None else {f"{only}.yaml"}
        for name in there - wanted.keys():
            (folder / name).unlink(missing_ok=True)
        for name, body in wanted.items():
            _written(folder / name, body)


def _written(path: Path, body: bytes) -> None:
    if path.is_file() and path.read_bytes() == body:
        return
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_bytes(body)
    beside.replace(path)
