"""What must come out, counted from the story before any run: the referee reads it, product code never does."""

from __future__ import annotations

from typing import Any

from sandbox.story import EMAIL, FROM, PORTAL, SEED, Story, X, story


def truth(seed: int = SEED) -> dict[str, Any]:
    """The known truth as JSON: per connector counts, matters, the registry's number and how to find each complaint."""
    told = story(seed)
    return {
        "seed": seed,
        "forward_from": FROM,
        "registry_complaints": sum(told.places.values()),
        "cases_with_two_or_more": len(told.matters),
        "withheld_repeat": sum(len(matter["refs"]) - 1 for matter in _same(told)),
        "connectors": {name: _connector(told, name) for name in (PORTAL, EMAIL, X)},
        "matters": told.matters,
        "quarantined": told.quarantined,
        "rejected": told.rejected,
        "held": told.held,
        "not_a_complaint": told.not_a_complaint,
        "registry": [{"fingerprint": place, "times": times} for place, times in sorted(told.places.items())],
        "never": sorted(told.never),
    }


def _same(told: Story) -> list[dict[str, Any]]:
    return [matter for matter in told.matters if matter["kind"] == "same_reporter"]


def _connector(told: Story, name: str) -> dict[str, int]:
    items = {PORTAL: len(told.portal), EMAIL: len(told.mails), X: len(told.posts)}[name]
    count = {
        "not_a_complaint": sum(ref[0] == name for ref in told.not_a_complaint),
        "already_in_sp4n": sum(ref[0] == name for ref in told.rejected),
        "quarantined": sum(row["connector"] == name for row in told.quarantined),
        "held": sum(ref[0] == name for ref in told.held),
    }
    rejected = count["not_a_complaint"] + count["already_in_sp4n"]
    least, most = _withheld(told, name)
    complaints = items - rejected - count["quarantined"]
    return {
        "items": items, "complaints": complaints, **count, "rejected": rejected,
        "forwarded_or_withheld": complaints - count["held"], "withheld_min": least, "withheld_max": most,
    }  # fmt: skip


def _withheld(told: Story, name: str) -> tuple[int, int]:
    """Bounds, because which member of a matter is first depends on the order of the pulls."""
    least = most = 0
    for matter in _same(told):
        here = sum(ref[0] == name for ref in matter["refs"])
        elsewhere = len(matter["refs"]) - here
        least += max(here - 1, 0)
        most += here if elsewhere else max(here - 1, 0)
    return least, most
