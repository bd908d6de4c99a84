"""Which pairs are worth measuring: most of what keys bring together shares two rare words and nothing else."""

from __future__ import annotations

from math import fsum
from typing import TYPE_CHECKING

from dedup import places
from dedup.features import NEAR_KM, distance, other_area
from dedup.rules import Rules
from dedup.view import View, Wording, view, wording

if TYPE_CHECKING:
    from dedup.doc import Doc


def outside(doc: Doc, other: Doc, rules: Rules) -> bool:
    """Too far apart in time, or in two provinces that are both known."""
    if abs(doc.day - other.day) > rules.days:
        return True
    return rules.province and bool(doc.region and other.region) and doc.region[:2] != other.region[:2]


def worth(one: Doc, other: Doc, rules: Rules) -> bool:
    """
    Whether anybody should read on, in either order the same; five microseconds, and what `view` costs where words do not tell.

    They share ``rules.read`` of what the shorter tells, word by word; or one place, and no two areas.
    """
    if shared(wording(one), wording(other)) >= rules.read:
        return True
    return not other_area(one, other) and _here(one, other)


def shared(one: Wording, other: Wording) -> float:
    """The share (0..1) of the rarity of the less telling text's words that stands in the other, none mistyped."""
    both = one.weight.keys() & other.weight.keys()
    return fsum([one.weight[said] for said in both]) / (min(one.mass, other.mass) or 1.0)


def _here(one: Doc, other: Doc) -> bool:
    """A few hundred metres apart, or both name a street, a rare place or a ticket."""
    km = distance(one, other)
    return (km is not None and km <= NEAR_KM) or _names_one(view(one), view(other))


def _names_one(one: View, other: View) -> bool:
    return (
        not one.spots.isdisjoint(other.weight)
        or not other.spots.isdisjoint(one.weight)
        or not one.tickets.isdisjoint(other.tickets)
        or (places.best(one.streets, other.streets) or 0.0) > 0
    )
