"""Compares what a run left behind with the known truth, and says every disagreement in a sentence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

WORDS = ("waiting", "forwarded", "withheld_repeat", "held", "quarantined", "rejected", "on_the_way")


def verdict(truth: Mapping[str, Any], registry: Sequence[Mapping[str, Any]], hub: Mapping[str, Any]) -> list[str]:
    """Sentences of disagreement, without any complaint's text; empty when all agree.

    Args:
        truth: what sandbox/truth.json holds.
        registry: the complaints of the registry's own `/_sandbox/complaints`.
        hub: {"connectors": {name: {word: n, …}}, "cases_with_two_or_more": n, "pulled": {name: n}}.
    """
    return [*_registry(truth, registry), *_connectors(truth, hub), *_overall(truth, hub)]


def _registry(truth: Mapping[str, Any], registry: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if len(registry) != truth["registry_complaints"]:
        yield f"the registry holds {len(registry)} complaints, the truth is {truth['registry_complaints']}"
    contents = [f"{row.get('title') or ''} {row.get('content') or ''}" for row in registry]
    for number, wanted in enumerate(truth["registry"], start=1):
        found = sum(wanted["fingerprint"] in content for content in contents)
        if found != wanted["times"]:
            yield f"matter {number} of the truth's registry list is there {found} times instead of {wanted['times']}"
    for number, place in enumerate(truth["never"], start=1):
        if any(place in content for content in contents):
            yield f"complaint {number} of the truth's never list was sent all the same"


def _connectors(truth: Mapping[str, Any], hub: Mapping[str, Any]) -> Iterator[str]:
    for name, wanted in truth["connectors"].items():
        if (found := hub["connectors"].get(name)) is None:
            yield f"{name}: the hub knows no such connector"
            continue
        yield from (f"{name}: {sentence}" for sentence in _one(wanted, found, hub["pulled"].get(name, 0)))


def _one(wanted: Mapping[str, int], found: Mapping[str, int], pulled: int) -> Iterator[str]:
    if pulled != wanted["items"]:
        yield f"pulled {pulled} instead of {wanted['items']}"
    if (total := sum(found.get(word, 0) for word in WORDS)) != pulled:
        yield f"the seven words sum up to {total}, not to the {pulled} pulled"
    expected = {"waiting": 0, "on_the_way": 0, **{word: wanted[word] for word in ("held", "quarantined", "rejected")}}
    for word, number in expected.items():
        if found.get(word, 0) != number:
            yield f"{word} is {found.get(word, 0)} instead of {number}"
    settled, withheld = found.get("forwarded", 0) + found.get("withheld_repeat", 0), found.get("withheld_repeat", 0)
    if settled != wanted["forwarded_or_withheld"]:
        yield f"forwarded and withheld_repeat are {settled} instead of {wanted['forwarded_or_withheld']}"
    if not wanted["withheld_min"] <= withheld <= wanted["withheld_max"]:
        yield f"withheld_repeat is {withheld}, not within {wanted['withheld_min']} to {wanted['withheld_max']}"


def _overall(truth: Mapping[str, Any], hub: Mapping[str, Any]) -> Iterator[str]:
    counted = list(hub["connectors"].values())
    for word, number in (("forwarded", truth["registry_complaints"]), ("withheld_repeat", truth["withheld_repeat"])):
        if (found := sum(row.get(word, 0) for row in counted)) != number:
            yield f"{word} over all connectors is {found} instead of {number}"
    if hub["cases_with_two_or_more"] != truth["cases_with_two_or_more"]:
        found, number = hub["cases_with_two_or_more"], truth["cases_with_two_or_more"]
        yield f"{found} cases have two or more members instead of {number}"
