"""Why a value breaks a schema, in sentences for people, never quoting the value: it may be somebody's personal data."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final, cast

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator, ValidationError
    from jsonschema_rs import Draft202012Validator as Judge

# Written by staff: an unknown key there is a typo worth naming; in other documents a key may hold anything.
_OPERATORS: Final = ("manifest", "registry")


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One broken rule: where (``attachments.0.name``; "" = the whole), which, and a sentence in each language."""

    path: str
    rule: str
    id: str
    en: str


def described(name: str, validator: Draft202012Validator, judge: Judge, value: Any) -> list[Problem]:
    """The problems of a value that `judge` found invalid; never empty.

    Where the wording library finds nothing wrong, the judge's own places are told, and for lack of places that it is no JSON.
    """
    try:
        errors = sorted(validator.iter_errors(value), key=_place)
    except (ValueError, TypeError, OverflowError, RecursionError):
        errors = []
    found: dict[str, Problem] = {}  # a format and its pattern say the same thing: once is enough
    for error in errors:
        for problem in _sentences(name, error):
            found.setdefault(problem.en, problem)
    return list(found.values()) or _places(judge, value) or [_general()]


def _places(judge: Judge, value: Any) -> list[Problem]:
    """Where and by which rule the judge refuses; its sentences quote the value, so they stay here."""
    try:
        errors = [(_dotted(error.instance_path), str(error.schema_path[-1])) for error in judge.iter_errors(value)]
    except (ValueError, TypeError, OverflowError, RecursionError):
        return []
    indonesian, english = _ANY_RULE
    return [
        Problem(
            path=where, rule=rule, id=f"{where or 'Dokumen'}: {indonesian}.", en=f"{where or 'Document'}: {english}."
        )
        for where, rule in sorted(set(errors))
    ]


def _place(error: ValidationError) -> tuple[str, str]:
    return _dotted(error.absolute_path), str(error.validator)


def _dotted(path: Iterable[str | int]) -> str:
    return ".".join(str(step) for step in path)


def _general() -> Problem:
    indonesian, english = "Isinya bukan JSON yang dapat dibaca.", "The content is not JSON that can be read."
    return Problem(path="", rule="json", id=indonesian, en=english)


def _sentences(name: str, error: ValidationError) -> Iterator[Problem]:
    """A missing or unknown key is told at the key, everything else at the value."""
    path = list(error.absolute_path)
    rule = str(error.validator)
    if rule == "required":
        path.append(_missing(error))
    if rule == "additionalProperties" and name in _OPERATORS:
        yield from _unknown(path, error)
        return
    if "propertyNames" in error.absolute_schema_path and name in _OPERATORS:
        path.append(str(error.instance))  # the key itself is what breaks the rule
    indonesian, english = _phrase(rule, error)
    where = _dotted(path)
    yield Problem(
        path=where,
        rule=rule,
        id=f"{where or 'Dokumen'}: {indonesian}.",
        en=f"{where or 'Document'}: {english}.",
    )


def _missing(error: ValidationError) -> str:
    """The key that this one error is about: the library tells it only inside its sentence."""
    wanted: Any = error.validator_value
    given: Any = error.instance
    return next((key for key in wanted if key not in given and f"'{key}'" in error.message), "")


def _unknown(path: list[str | int], error: ValidationError) -> Iterator[Problem]:
    """One problem a key that the schema does not know, with the key that was probably meant."""
    from difflib import get_close_matches  # only for what is wrong

    schema: Any = error.schema
    given: Any = error.instance
    known = list(schema.get("properties", ()))
    patterns = schema.get("patternProperties", ())
    for key in given:
        if key in known or any(re.search(pattern, key) for pattern in patterns):
            continue
        where = _dotted([*path, key])
        meant = get_close_matches(key, known, n=1)
        yield Problem(
            path=where,
            rule="additionalProperties",
            id=f"{where}: nama ini tidak dikenal" + (f"; maksud Anda {meant[0]}?" if meant else "."),
            en=f"{where}: this name is not known" + (f"; did you mean {meant[0]}?" if meant else "."),
        )


def _phrase(rule: str, error: ValidationError) -> tuple[str, str]:
    """The schema's own words if it has some, else general ones made from the rule, which is ours, never the value."""
    schema: Any = error.schema
    if rule not in ("required", "type") and "x-id" in schema:
        return schema["x-id"], schema["x-en"]
    limit: Any = error.validator_value
    if rule == "type":
        names = [limit] if isinstance(limit, str) else limit
        pairs = [_TYPES[name] for name in names]
        return "harus " + _listed([pair[0] for pair in pairs], "atau"), "must be " + _listed(
            [pair[1] for pair in pairs], "or"
        )
    if rule in ("enum", "const"):
        words = [_word(value) for value in (limit if rule == "enum" else [limit])]
        return "harus " + _listed(words, "atau"), "must be " + _listed(words, "or")
    indonesian, english = _PHRASES.get(rule, _ANY_RULE)
    return indonesian.format(limit), english.format(limit)


def _word(value: Any) -> str:
    """A value of the schema (never of the document) as JSON writes it, texts without quotes."""
    return value if isinstance(value, str) else json.dumps(value)


def _listed(words: list[str], last: str) -> str:
    """a, b or c."""
    *most, final = words
    return f"{', '.join(most)} {last} {final}" if most else final


_TYPES: Final = {
    "string": ("teks", "text"),
    "integer": ("bilangan bulat", "a whole number"),
    "number": ("angka", "a number"),
    "boolean": ("true atau false", "true or false"),
    "object": ("pasangan nama dan isi", "names with values"),
    "array": ("daftar", "a list"),
    "null": ("kosong (null)", "empty (null)"),
}

_ANY_RULE: Final = ("tidak sesuai aturan", "does not keep the rule")
_PHRASES: Final = {  # rule -> Indonesian, English; {} is the schema's limit
    "required": ("wajib diisi", "is required"),
    "dependentRequired": ("ada pasangannya yang belum diisi", "something that belongs with it is missing"),
    "additionalProperties": ("memuat nama yang tidak dikenal", "holds a name that is not known"),
    "format": ("bentuknya bukan {}", "does not have the form {}"),
    "pattern": ("bentuknya tidak sesuai", "does not have the expected form"),
    "minLength": ("tidak boleh kosong", "must not be empty"),
    "maxLength": ("paling panjang {} huruf", "must have at most {} characters"),
    "minimum": ("tidak boleh kurang dari {}", "must not be less than {}"),
    "exclusiveMinimum": ("harus lebih dari {}", "must be more than {}"),
    "maximum": ("tidak boleh lebih dari {}", "must not be more than {}"),
    "minProperties": ("tidak boleh kosong", "must not be empty"),
    "maxProperties": ("const berdiri sendiri, tanpa kunci lain", "const stands alone, without other keys"),
}


@cache
def _validator_class() -> type[Draft202012Validator]:
    """Draft 2020-12 whose ``$`` ends the text, as ECMA 262 says; Python's also matches before a last line feed."""
    from jsonschema import Draft202012Validator, ValidationError
    from jsonschema.validators import extend

    def pattern(validator: Any, wanted: str, instance: Any, schema: Any) -> Iterator[ValidationError]:
        if isinstance(instance, str) and not _compiled(wanted).search(instance):
            yield ValidationError("pattern")

    made: Any = extend(Draft202012Validator, {"pattern": pattern})  # type: ignore[no-untyped-call]
    return cast("type[Draft202012Validator]", made)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"(?<!\\)\$(?=$|\||\))", r"\\Z", pattern))


def wording(schema: dict[str, Any]) -> Draft202012Validator:
    """The validator that finds the words for a schema; slow to make, so keep it. jsonschema-rs decides."""
    kind = _validator_class()
    return kind(schema, format_checker=kind.FORMAT_CHECKER)
