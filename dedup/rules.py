"""The numbers and word lists behind every verdict, read once from rules.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

_TABLE: Final[dict[str, Any]] = tomllib.loads(Path(__file__).with_name("rules.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Windows, thresholds (probabilities 0..1) and limits; the defaults are those of rules.toml."""

    version: str = _TABLE["version"]
    days: int = _TABLE["windows"]["days"]
    province: bool = _TABLE["windows"]["province"]
    same: float = _TABLE["thresholds"]["same"]
    review: float = _TABLE["thresholds"]["review"]
    also: float = _TABLE["thresholds"]["also"]
    merge: float = _TABLE["thresholds"]["merge"]
    apart: float = _TABLE["thresholds"]["apart"]
    most_keys: int = _TABLE["keys"]["most"]
    cap: int = _TABLE["keys"]["cap"]
    least: float = _TABLE["keys"]["least"]
    candidates: int = _TABLE["keys"]["candidates"]
    read: float = _TABLE["keys"]["read"]


RULES: Final = Rules()
STOP: Final = frozenset(_TABLE["text"]["stop"].split())
NOT_A_STREET: Final = frozenset(_TABLE["text"]["not_a_street"].split())
SHORT: Final[dict[str, str]] = dict(_TABLE["text"]["short"])
