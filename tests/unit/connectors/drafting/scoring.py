"""How right a draft is: each field and key of the truth or of the draft counts once, missing and invented ones as wrong."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from connectors.drafting.draft import About, draft

SHAPES = Path(__file__).with_name("shapes")
COUNTED = frozenset({"items", "ref", "total", "changed", "changed.format", "page"})
"""What of `with` is judged besides the fields."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One shape."""

    name: str
    note: str
    right: int
    wrong: Sequence[str]
    """Field, what was chosen, what would have been right."""
    check: int

    @property
    def count(self) -> int:
        """How many were judged."""
        return self.right + len(self.wrong)


@cache
def truths() -> Mapping[str, Mapping[str, Any]]:
    """File name -> {note, region, group, truth: {field: [accepted paths]}}; an empty list: nothing must be chosen."""
    return json.loads((SHAPES / "truth.json").read_text(encoding="utf-8"))


@cache
def scores(group: str) -> Sequence[Score]:
    """All shapes of a group."""
    return [score(name, one) for name, one in truths().items() if one["group"] == group]


def score(name: str, one: Mapping[str, Any]) -> Score:
    """A draft of one shape beside its truth."""
    made = draft("rest", (SHAPES / name).read_bytes(), About(name="contoh", region=one["region"]))
    truth = one["truth"]
    judged = {key: value for key, value in made.chosen.items() if key in COUNTED or _is_field(key)}
    judged = {key: value for key, value in judged.items() if "GANTI" not in value}
    if "items" not in truth:
        judged.pop("items", None)
    wrong, right = [], 0
    for key in sorted(judged.keys() | truth.keys()):
        chosen, wanted = judged.get(key), truth.get(key, [])
        if (chosen is None and not wanted) or chosen in wanted:
            right += 1
        else:
            wrong.append(f"{key}: {chosen or '-'} (right: {' or '.join(wanted) or '-'})")
    return Score(name=name, note=one["note"], right=right, wrong=wrong, check=made.check)


def _is_field(key: str) -> bool:
    return key not in ("url", "ignore", "headers", "host", "user", "password")


def share(found: Sequence[Score]) -> float:
    """Right ones of all, 0 to 1."""
    return sum(one.right for one in found) / sum(one.count for one in found)


# the page ------------------------------------------------------------------------------------------------------------

PAGE = Path(__file__).parents[4] / "docs" / "drafts.md"
FIRST_LOOK = {"unseen": "72.5 %", "fresh": "91.3 %"}
"""What a group reached when the rules first met it; they have learnt from it since."""


def page() -> str:
    """docs/drafts.md: what drafts get right, and every failure."""
    return _HEAD + "".join(_group(*one) for one in _GROUPS) + _TAIL


_HEAD = """# Drafts of manifests: how right they are

`satupintu new KIND --from FILE` drafts a manifest from a sample of what a channel sends
([connectors/drafting/](../connectors/drafting/)). Each line says how sure it is; what a
person has to look at is marked `PERIKSA / CHECK`. Nothing that citizens wrote, and no
name, number or address, is written into a draft: only names of fields, forms of dates, and words for status, kind and category.

Judged are every field, the list, the item's number, the total, the stamp of changes, the style of paging and the forms of
dates. What is missing counts as wrong, and so does what was chosen and should not have been. The shapes are invented after
what portals, forms, desks and gateways of Indonesian regions send; they and the right answers lie in
[tests/unit/connectors/drafting/shapes/](../tests/unit/connectors/drafting/shapes/). This page is made by
`python -m tests.unit.connectors.drafting.scoring`, and a test holds it.
"""
_GROUPS = (
    ("known", "Shapes for which the rules were written", ""),
    (
        "unseen",
        "Shapes of other styles, written afterwards",
        "When the rules first met them, {first} of their fields were right; the rules have learnt from them since, so the table "
        "tells less than that figure does. Asked for were 70 %.",
    ),
    (
        "fresh",
        "Further shapes, written after that",
        "When the rules first met them, {first} of their fields were right.",
    ),
)
_TAIL = """
## Shapes of an examiner who had not read the rules

They are not in the repository. Right fields of all that were judged, when the rules first met them, and after the rules had
learnt from them. What is learnt from is no measure any more: the first look is the figure to believe.

| shapes | first look | afterwards |
| --- | --- | --- |
| 18 of APIs, tables, dumps, pushes | 193 of 234 (82.5 %) | 230 of 231 (99.6 %) |
| 8 more, after that | 67 of 87 (77.0 %) | 83 of 84 (98.8 %) |

The 18: CodeIgniter, DataTables, OData, HAL, GraphQL, PostgREST, a region's own XML, WordPress, Yii2, CSV, XLSX, dumps of
MySQL and PostgreSQL, a gateway's push, a Google Form, Laravel, Oracle's names, ArcGIS. The 8: NocoDB, Directus, a helpdesk,
a portal's push, a TSV, Drupal, a dump, Firebase.

Failures of the first looks: an XLSX and rows without names (DataTables) were refused; a list below the root of an XML was
not seen; values in wrappers (`title.rendered`, `field_nama[0].value`), items under drawn keys (`-NxA3k…`), `geometry.x`,
`lok_`, `jns_` and what lies in `profil` were not recognised; `user_id`, a chat address, `kd_keluhan` and `organization_id`
were taken for what they are not. Left: a constant `type: aduan` is mapped as kind; a technical `status: published` is taken
before `status_tindak_lanjut`, and its line is marked.

## What a draft cannot know

- Whether a channel is public: without a flag every complaint counts as confidential until somebody writes `const: false`.
- Day or month first, where no date of the sample has a day after the 12th and no other column tells: the line is marked.
- What a number stands for (`category_id: 4`, `status: 2`): the words are not in the sample, so the map is left to people.
- BPS or Kemendagri, for codes without dots: such a code is not taken; write `code_system` yourself.
- The parameter that asks for what is newer (`since`), and logins: they are not in an answer.
"""


def _group(group: str, title: str, said: str) -> str:
    found = scores(group)
    right, count = sum(one.right for one in found), sum(one.count for one in found)
    rows = "".join(f"| {one.name} | {one.note} | {one.right}/{one.count} | {_failures(one)} |\n" for one in found)
    text = said.format(first=FIRST_LOOK.get(group, "")) + "\n\n" if said else ""
    head = f"\n## {title}\n\n{text}{right} of {count} right ({100 * right / count:.1f} %).\n\n"
    return head + "| sample | what it is like | right | wrong |\n| --- | --- | --- | --- |\n" + rows


def _failures(one: Score) -> str:
    return "; ".join(f"`{wrong}`" for wrong in one.wrong).replace("|", "or") or "-"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
