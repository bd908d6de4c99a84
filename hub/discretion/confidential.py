"""Which complaints are confidential whatever their channel says, and why, in codes that quote no word of them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from hub.discretion.accused import names_somebody
from hub.discretion.wordlists import Wordlists

_TABLE: Final[dict[str, Any]] = tomllib.loads(Path(__file__).with_name("sensitive.toml").read_text(encoding="utf-8"))
VERSION: Final = str(_TABLE.pop("version"))
CLASSES: Final = tuple(_TABLE)
"""violence, diagnosis, children, corruption (guide/domain.md 5.3)."""
_LISTS: Final = ("words", "within", "who", "harm")
_WORDS: Final = Wordlists(
    {f"{name}.{what}": one[what] for name, one in _TABLE.items() for what in _LISTS if what in one}
)
_BY_CATEGORY: Final = {code: name for name, one in _TABLE.items() for code in one.get("categories", ())}


def reasons(document: Mapping[str, Any]) -> tuple[str, ...]:
    """
    Why this complaint is confidential by what it is; empty where only its reporter and its channel decide.

    `document` as schemas/complaint has it, as far as it came. Codes: supervisory, whistle_blowing, accused and
    class.<one of CLASSES>, in this order.
    """
    return tuple(_reasons(document))


def _reasons(document: Mapping[str, Any]) -> Iterator[str]:
    if document.get("is_supervisory"):
        yield "supervisory"
    if document.get("is_whistle_blowing"):
        yield "whistle_blowing"
    if names_somebody(document.get("reported_party")):
        yield "accused"
    found = _classes(document)
    yield from (f"class.{name}" for name in CLASSES if name in found)


def _classes(document: Mapping[str, Any]) -> set[str]:
    category = document.get("category_code")
    found = {_BY_CATEGORY[category]} if category in _BY_CATEGORY else set()
    words = _WORDS.found(f"{document.get('title') or ''}\n{document.get('body') or ''}")
    for name, one in _TABLE.items() if words else ():
        within = f"{name}.within" in words and (category is None or category in one["of"])
        if f"{name}.words" in words or within or {f"{name}.who", f"{name}.harm"} <= words:
            found.add(name)
    return found
