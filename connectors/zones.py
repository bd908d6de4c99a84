"""Time zones by name, looked up among the tables of this machine; Python's own look-up would import what a name spells."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final
from zoneinfo import TZPATH, ZoneInfo

_NAME: Final = re.compile(r"[A-Za-z_]+(?:/[A-Za-z0-9_+-]+)*")


@lru_cache(maxsize=256)
def zone(name: str) -> ZoneInfo | None:
    """The zone of an IANA name such as Asia/Makassar; None where there is none."""
    if not _NAME.fullmatch(name) or not any((folder / name).is_file() for folder in _folders()):
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError):  # another table that lies beside the zones
        return None


@cache
def _folders() -> tuple[Path, ...]:
    """The system's tables, then those of the package tzdata, where it is installed."""
    package = find_spec("tzdata")
    beside = (Path(place) / "zoneinfo" for place in (package and package.submodule_search_locations) or ())
    return (*(Path(place) for place in TZPATH), *beside)
