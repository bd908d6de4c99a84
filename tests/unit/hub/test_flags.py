"""Anonymous, confidential, accusing: what of a complaint may appear on which surface, as one table."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import pytest

from hub.doors import closed
from hub.exporting import _masked
from hub.letters import Letter, News
from hub.registry.lapor_writing import follow_up_form, payload
from hub.registry.port import FollowUp
from hub.registry.reference_v1 import _report
from hub.routing import Target, target
from hub.store.replies import Door
from tests.unit.hub.outbox import config, document

OWN = UUID(int=7, version=5)
NAME, MAIL, TEXT, PARTY, ANSWER, NUMBER = (
    "Rukmini",
    "ruk@surat.example",
    "minta-uang",
    "Diskominfo",
    "diperiksa",
    "9300077",
)
PARTS: Final = {"reporter": (NAME, MAIL), "text": (TEXT,), "party": (PARTY,), "answer": (ANSWER,), "number": (NUMBER,)}
TARGET = Target(institution_id=3101, location_id=15, category_id=438, classification_id=6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Flags:
    """How a complaint wants to be treated."""

    anonymous: bool = False
    confidential: bool = False
    accusing: bool = False
    """Whoever runs its channel is the accused."""

    @property
    def complaint(self) -> dict[str, Any]:
        """A complaint with these flags."""
        more = {"reported_party": PARTY} if self.accusing else {}
        return document(
            OWN, body=TEXT, title="Laporan", reporter={"name": NAME, "email": MAIL},
            is_anonymous=self.anonymous, is_confidential=self.confidential, **more,
        )  # fmt: skip


OPEN = Flags()
ANONYMOUS = Flags(anonymous=True)
CONFIDENTIAL = Flags(confidential=True)
BOTH = Flags(anonymous=True, confidential=True)
ACCUSING = Flags(confidential=True, accusing=True)


def letter(flags: Flags, guarded: bool) -> str:
    """What a private door is told of an answer."""
    news = News(what="follow_up", status=None, text=ANSWER, at=datetime(2026, 12, 1, tzinfo=UTC), digest=b"x")
    return Letter(
        news=[news], complaint=str(OWN), number=NUMBER, standing=None, zone="Asia/Jakarta", guarded=guarded
    ).text()


def public(flags: Flags) -> str:
    """What a door that everybody reads is told: a pointer, or nothing."""
    hidden = flags.anonymous or flags.confidential
    door = Door(complaint=OWN, connector=OWN, region="35", name="x", kind="x", hidden=hidden)
    return "" if closed(None, door) else NUMBER


def added(flags: Flags) -> str:
    """What the registry hears later; whether it may be shown there stands beside the text."""
    note = FollowUp(id="f", text=TEXT, by="reporter", is_secret=flags.confidential)
    form = dict(follow_up_form(NUMBER, note, config()))
    assert form["is_secret"] == (None, str(int(flags.confidential)))
    return f"{form['content'][1]!s} {NUMBER}"


SURFACES: dict[str, Callable[[Flags], str]] = {
    "LAPOR! create": lambda flags: json.dumps(payload(flags.complaint, TARGET, [], config())),
    "LAPOR! follow-up": added,
    "reference registry": lambda flags: json.dumps(_report(flags.complaint, TARGET, [], config())),
    "his own mail": lambda flags: letter(flags, guarded=False),
    "his item in the portal": lambda flags: letter(flags, guarded=flags.accusing),
    "in public": public,
    "masked export": lambda flags: json.dumps(_masked("complaints", flags.complaint)),
}
ALL = {"OPEN": OPEN, "ANONYMOUS": ANONYMOUS, "CONFIDENTIAL": CONFIDENTIAL, "BOTH": BOTH, "ACCUSING": ACCUSING}
MAY: dict[str, tuple[str, str, str, str, str]] = {
    # surface: what appears of an open, an anonymous, a confidential one, of one that is both, and of one that accuses
    "LAPOR! create": ("reporter text", "text", "reporter text", "text", "reporter text"),
    "LAPOR! follow-up": ("text number",) * 5,
    "reference registry": ("reporter text", "text", "reporter text", "text", "reporter text"),
    "his own mail": ("answer number",) * 5,
    "his item in the portal": ("answer number", "answer number", "answer number", "answer number", "number"),
    "in public": ("number", "", "", "", ""),
    "masked export": ("",) * 5,
}


@pytest.mark.parametrize("surface", SURFACES)
@pytest.mark.parametrize("flags", ALL)
def test_what_appears_where(surface: str, flags: str) -> None:
    """Whoever hides his name, his words or both is hidden wherever the table says so, and nobody finds more there."""
    shown = SURFACES[surface](ALL[flags])
    found = {part for part, words in PARTS.items() if any(word in shown for word in words)}
    assert found == set(MAY[surface][list(ALL).index(flags)].split())


@pytest.mark.parametrize("flags", ALL)
def test_the_registry_is_told_how_to_treat_it(flags: str) -> None:
    """Both flags arrive as they are, each for itself; an accusation arrives at no institution of the region."""
    one = ALL[flags]
    sent = payload(one.complaint, TARGET, [], config())
    assert (sent["is_anonymous"], sent["is_secret"]) == (one.anonymous, one.confidential)
    report = _report(one.complaint, TARGET, [], config())
    assert (report["anonymous"], report["secret"]) == (one.anonymous, one.confidential)
    from hub.model import Complaint

    where = target(Complaint(**one.complaint), "35", config())
    assert ("inspectorate_unmapped" in where.flags, where.institution_id is None) == (one.accusing, one.accusing)
