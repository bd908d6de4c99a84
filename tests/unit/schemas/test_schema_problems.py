"""What people are told when something is wrong: the right place, two languages, and never their own data back."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import schemas
from schemas.problem import wording

EXAMPLES = Path(schemas.__file__).parent / "examples" / "valid"
CANARY = "KENARI-8871"


def example(name: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((EXAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    return value


def changed(value: dict[str, Any], dotted: str, new: Any) -> dict[str, Any]:
    """A deep copy with one leaf replaced or added."""
    result = copy.deepcopy(value)
    *steps, last = dotted.split(".")
    place: Any = result
    for step in steps:
        place = place[int(step)] if isinstance(place, list) else place[step]
    place[last] = new
    return result


@pytest.mark.parametrize(
    ("dotted", "new", "rule"),
    [
        ("reporter.email", CANARY, "format"),
        ("reporter.phone_e164", CANARY, "pattern"),
        ("reporter.national_id", CANARY, "pattern"),
        ("reporter.name", [CANARY], "type"),
        ("body", {"teks": CANARY}, "type"),
        ("title", "", "minLength"),
        ("kind", CANARY, "enum"),
        ("category_code", CANARY, "enum"),
        ("latitude", 91, "maximum"),
        ("attachments.0.name", 5, "type"),
        ("attachments.0.sha256", CANARY, "pattern"),
        ("submitted_at", CANARY, "format"),
    ],
)
def test_a_problem_names_the_place_and_never_the_value(dotted: str, new: Any, rule: str) -> None:
    """An officer sees which field is wrong; what the citizen wrote stays out of the sentence."""
    found = schemas.problems("complaint", changed(example("complaint-full"), dotted, new))
    assert (found[0].path, found[0].rule) == (dotted, rule)
    assert len(found) == 1 or dotted == "title"  # an empty title is also a blank one
    assert all(CANARY not in f"{problem.id} {problem.en}" for problem in found)


def test_a_missing_field_is_told_at_its_own_name() -> None:
    """Each missing field is one line with the field's name, so nobody has to guess."""
    value = example("complaint-full")
    del value["body"], value["attachments"][1]["name"]
    found = schemas.problems("complaint", value)
    assert {(problem.path, problem.rule) for problem in found} == {
        ("body", "required"),
        ("attachments.1.name", "required"),
    }


def test_an_unknown_key_of_a_complaint_is_not_repeated() -> None:
    """A key may hold anything in hostile input, so only the place around it is named."""
    found = schemas.problems("complaint", changed(example("complaint-full"), CANARY, 1))
    assert [problem.path for problem in found] == [""]
    assert CANARY not in found[0].id + found[0].en


@pytest.mark.parametrize(
    ("dotted", "meant"),
    [("schedul", "schedule"), ("with.itms", "items"), ("fields.reporter_name", "reporter.name"), ("zzz", None)],
)
def test_a_typo_in_a_manifest_gets_a_suggestion(dotted: str, meant: str | None) -> None:
    """Regional staff who mistype a key read which key and what they probably meant."""
    value = example("manifest-least")
    *steps, last = dotted.split(".")
    place = value[steps[0]] if steps else value
    place[last] = "x"
    (problem,) = schemas.problems("manifest", value)
    assert problem.path == dotted
    assert problem.rule == "additionalProperties"
    assert problem.id.endswith(f"maksud Anda {meant}?" if meant else "tidak dikenal.")
    assert problem.en.endswith(f"did you mean {meant}?" if meant else "not known.")


def test_a_key_that_breaks_a_table_is_named() -> None:
    """Whoever keeps the registry's tables reads which row of which table is wrong."""
    value = example("registry-least") | {"locations": {"3578": 15}}
    assert [problem.path for problem in schemas.problems("registry", value)] == ["locations.3578"]


def test_a_secret_in_clear_is_refused_without_repeating_it() -> None:
    """A password typed into a manifest by mistake is not carried further by the message about it."""
    value = changed(example("manifest-least"), "with.headers", {"Authorization": f"Bearer {CANARY}"})
    (problem,) = schemas.problems("manifest", value)
    assert problem.path == "with.headers.Authorization"
    assert "${secret:NAMA}" in problem.id
    assert CANARY not in problem.id + problem.en


@pytest.mark.parametrize("value", ["\ud800", float("nan"), b"x", {1: 2}, None, [], 7])
def test_what_is_no_json_object_is_one_problem_and_no_crash(value: Any) -> None:
    """Rubbish from a channel ends as a problem that can be shown, whatever it is."""
    assert not schemas.valid("complaint", value)
    assert len(schemas.problems("complaint", value)) >= 1


def test_a_lone_surrogate_deep_inside_is_a_problem() -> None:
    """Text that no database can store is quarantined, not crashed upon."""
    found = schemas.problems("complaint", changed(example("complaint-full"), "body", "jalan \ud83d"))
    assert [problem.rule for problem in found] == ["json"]


def test_a_manifest_with_a_hundred_mistakes_gets_twenty_sentences() -> None:
    """A page of errors helps nobody: the first twenty are told."""
    value = example("manifest-least") | {f"x{number}": 1 for number in range(100)}
    assert len(schemas.problems("manifest", value)) == 20


def test_importing_the_schemas_loads_no_validator() -> None:
    """Commands that validate nothing start without paying for validators."""
    code = "import sys, schemas; print([m for m in ('jsonschema', 'jsonschema_rs') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.strip() == "[]"


def test_where_only_the_judge_refuses_its_places_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even if the library that finds the words one day finds none, staff read which fields are refused, never nothing."""
    monkeypatch.setattr(schemas, "_words", lambda name: wording({}))
    value = changed(changed(example("complaint-full"), "reporter.email", CANARY), "kind", CANARY)
    found = schemas.problems("complaint", value)
    assert {(one.path, one.rule) for one in found} >= {("kind", "enum"), ("reporter.email", "pattern")}
    assert all(CANARY not in f"{one.id} {one.en}" for one in found)


@pytest.mark.parametrize("value", [{"body": "\ud800"}, {1: 2}, {"body": b"isi"}, object(), float("nan")])
def test_what_is_no_json_is_refused_with_a_sentence(value: Any) -> None:
    """Whatever a caller hands over, invalid always comes with a reason in both languages."""
    found = schemas.problems("complaint", value)
    assert found and all(one.id and one.en and one.id != one.en for one in found)
