"""The examples are the contract in use: what is called valid passes both validators, what is not passes neither."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml
from jsonschema import Draft202012Validator

import schemas

EXAMPLES = Path(schemas.__file__).parent / "examples"
VALID = sorted((EXAMPLES / "valid").iterdir())
INVALID = sorted((EXAMPLES / "invalid").iterdir())


def read(path: Path) -> tuple[str, Any]:
    text = path.read_text(encoding="utf-8")
    return path.name.split("-")[0], yaml.safe_load(text) if path.suffix == ".yaml" else json.loads(text)


def named(path: Path) -> str:
    return path.stem


@pytest.mark.parametrize("name", schemas.NAMES)
def test_a_schema_is_itself_valid(name: str) -> None:
    """Whoever reads a schema with any 2020-12 tool gets no error, and its id names it."""
    schema = schemas.load(name)
    Draft202012Validator.check_schema(schema)
    jsonschema_rs.meta.validate(schema)
    assert schema["$id"] == f"urn:satupintu:schema:{name}:1"


@pytest.mark.parametrize("path", VALID, ids=named)
def test_a_valid_example_passes(path: Path) -> None:
    """What the examples show to a region is accepted, by both validators."""
    name, value = read(path)
    assert schemas.problems(name, value) == []
    assert schemas.valid(name, value)
    assert list(schemas._words(name).iter_errors(value)) == []


@pytest.mark.parametrize("path", INVALID, ids=named)
def test_an_invalid_example_is_explained(path: Path) -> None:
    """What is wrong is refused by both validators, with at least one sentence in each language."""
    name, value = read(path)
    assert not schemas.valid(name, value)
    assert list(schemas._words(name).iter_errors(value)) != []
    for problem in schemas.problems(name, value):
        assert problem.id.endswith((".", "?"))
        assert problem.en.endswith((".", "?"))


@pytest.mark.parametrize("name", schemas.NAMES)
def test_every_schema_has_examples_of_both_sorts(name: str) -> None:
    """A newcomer finds at least two valid and several invalid examples for each contract."""
    assert sum(path.name.startswith(name) for path in VALID) >= 2
    assert sum(path.name.startswith(name) for path in INVALID) >= 5


def test_an_unknown_schema_is_an_error_that_names_the_known_ones() -> None:
    """A typo in a schema's name is not silently valid."""
    with pytest.raises(KeyError, match="complaint, status, manifest, registry, entry"):
        schemas.load("complain")
