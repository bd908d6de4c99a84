"""What the peers of deduplication share: records in, `id_a,id_b,score` out, and one way to prepare a text."""

from __future__ import annotations

import csv
import gzip
import json
import re
import sys
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

SIZE = 5
"""Characters of a shingle."""
_NOISE = re.compile(r"https?://\S+|@\w+|[^\w\s]")


def records() -> list[dict[str, Any]]:
    """The records of the file named first, in their order."""
    opened = gzip.open if sys.argv[1].endswith(".gz") else open
    with opened(sys.argv[1], "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def plain(text: str) -> str:
    """Small letters without links, mentions and punctuation."""
    return " ".join(_NOISE.sub(" ", text.lower()).split())


def shingles(text: str) -> set[str]:
    """Every run of five characters; the text itself where it is shorter."""
    return {text[at : at + SIZE] for at in range(max(len(text) - SIZE + 1, 1))}


def day(record: dict[str, Any]) -> float:
    """Days since some beginning, by a clock of no zone."""
    return datetime.fromisoformat(record["time"] + "+00:00").timestamp() / 86_400


def write(pairs: Iterable[tuple[str, str, float]]) -> None:
    """The pairs into the file named second: whoever sets the threshold reads them."""
    with Path(sys.argv[2]).open("w", newline="", encoding="utf-8") as file:
        made = csv.writer(file)
        made.writerow(("id_a", "id_b", "score"))
        made.writerows((a, b, f"{score:.4f}") for a, b, score in pairs)
