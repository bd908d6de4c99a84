"""A manifest is data: whatever somebody writes into one, nothing of it runs, nothing is opened, and no item stops a channel."""

from __future__ import annotations

import ast
import importlib
import json
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import TZPATH

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import connectors
import schemas
from connectors import dates, mapping, paths, phones, regions
from connectors.errors import Misconfigured
from connectors.manifest import Manifest, load
from hub.normalise import normalise
from tests import rich

NOW = datetime(2026, 11, 26, 1, 30, tzinfo=UTC)
STEPS = 200_000
"""Calls that one item may cost; a usual one costs about 300."""
SECONDS = 5
"""CPU that one manifest and its item may cost, where a single call runs away; a usual one costs 0.01."""

# what is written into manifests ---------------------------------------------------------------------------------------

CODE = (
    "__import__('os').system('true')", "eval('1')", "lambda: 0", "{0.__class__}", "{self.__init__.__globals__}", "%s%n",
    "%(a)s", "${secret:A}", "${secret:SATUPINTU_HOME}", "{{7*7}}", "{% import os %}", "#{1}", "`id`", "$(id)", "; DROP TABLE",
    "!!python/object/apply:os.system ['true']", "\ud800", "\x00", "a\nb", "(a+)+$", "((a*)*)*b", "\\p{L}", "x" * 1_100, "é٣",
)  # fmt: skip
NAMES = ("a", "b", "__class__", "__init__", "__dict__", "mro", "nama", "isi", "get", "keys")
GOOD_PATHS = (
    *NAMES, "a.b", "a.__class__.b", "isi.nama", "@", "a[0]", "a[*].b", "*.b", "[a,b]", "{a: a, b: isi}", "a || isi", "a | b",
    "to_string(a)", "to_string([to_string([a,isi])])", "join(', ', [a,isi])", "sort_by(a, &b)[0]", "map(&b, a)", "length(a)",
    "keys(@)", "values(@)", "a[?b == 'x']", "a[::-1]", "a[::0]", "a[99999999999999999999]", "\"__class__\".mro",
    "contains(isi, a)", "ceil(a)", "to_number(a)", "sum(a)", "merge(a, b)", "reverse(isi)", "`{\"a\": 1e999}`", "'{0}'", "!a",
    "[@,@,@][]|[@,@,@][]|[@,@,@][]", "starts_with(isi, 'a')", "max_by(a, &length(@))", "type(a)", "not_null(a, isi)",
)  # fmt: skip
BAD_PATHS = (
    *CODE, "", " ", "a..b", "a" * 1_025, "a." * 40 + "a", "[" * 400, "(" * 900, "&a", "to_string(&a)", "join(a, isi)",
    "|".join(["[@,@][]"] * 12), "to_string([" * 12 + "@" + "])" * 12, "a[", "os.system('true')", "a-b", "1a",
)  # fmt: skip
GOOD_FORMATS = (
    "iso", "unix", "%d-%m-%Y %H:%M", "%Y-%m-%dT%H:%M:%S%z", "%d %B %Y", "%Y%j", "%A, %d %b %y %I:%M %p", "%%%Y-%m-%d",
    "(a+)+$%Y-%m-%d", "{0.__class__}%Y%m%d", "[%d]*(%m)+%Y?", "%d/%m/%Y %f", "(?P<d>x)%d%m%Y", "%Y-%m-%d\ud800",
)  # fmt: skip
BAD_FORMATS = (*CODE, "%Y" * 50, "%d%d%m%Y", "%d %m", "relative", "%", "%Q%Y%m%d", "%d %b %B %Y")
ZONES = ("Asia/Jakarta", "Asia/Jayapura", "UTC", "Europe/Amsterdam")
BAD_ZONES = (*CODE, "../../etc/passwd", "/etc/passwd", "Asia/../Asia/Jakarta", "Asia", "Asia/Nowhere", "__init__/py")
CANONICAL = tuple(schemas.load("manifest")["$defs"]["fields"]["properties"])
BAD_NAMES = (
    "__class__", "extra.__dict__", "reporter.__init__", "extra.a b", "id", "connector", "submitted_precision", "extra.",
    "body; import os", "body.body", "reporter", "extra", "a" * 2_000, *CODE[:6],
)  # fmt: skip


def mostly(good: tuple[Any, ...], bad: tuple[Any, ...], share: int) -> st.SearchStrategy[Any]:
    """One of `good`, once in `share` times one of `bad`."""
    return st.integers(0, share - 1).flatmap(lambda at: st.sampled_from(good if at else bad))


PATH = mostly(GOOD_PATHS, BAD_PATHS, 80)
TEXT = mostly(("roads", "complaint", "kemendagri", "a", "1", ""), CODE, 3)
CONST = TEXT | st.booleans() | st.integers(-(10**17), 10**17) | st.floats(-1e9, 1e9)
MAP = st.dictionaries(st.sampled_from(("a", "1", "true", *CODE[:20])), CONST | st.none(), min_size=1, max_size=3)
SPEC = st.fixed_dictionaries({"path": PATH}, optional={"join": st.sampled_from((", ", "", "{0}", "x" * 20))})
MAPPED = st.fixed_dictionaries({"path": PATH, "map": MAP})
DATED = st.fixed_dictionaries(
    {"path": PATH},
    optional={"format": mostly(GOOD_FORMATS, BAD_FORMATS, 20), "zone": mostly(ZONES, BAD_ZONES, 20)},
)
FLAG = PATH | st.fixed_dictionaries({"const": st.booleans()})
CODED = PATH | st.fixed_dictionaries({"path": PATH, "map": st.just({"a": "roads", "1": "waste"})})
OF = {
    "submitted_at": DATED, "incident_date": DATED, "is_supervisory": FLAG, "is_whistle_blowing": FLAG,
    "is_anonymous": FLAG, "is_confidential": FLAG,
    "category_code": CODED, "kind": PATH, "code_system": PATH | st.just({"const": "bps"}),
}  # fmt: skip
ANY_SPEC = PATH | SPEC | MAPPED | st.fixed_dictionaries({"const": CONST})
FIELD = st.sampled_from(CANONICAL).flatmap(lambda name: st.tuples(st.just(name), OF.get(name, ANY_SPEC)))
EXTRA = st.tuples(st.sampled_from(("extra.a", "extra.b", "extra.class", "extra.mro")), ANY_SPEC)
WRONG = st.tuples(st.sampled_from(BAD_NAMES), ANY_SPEC) | st.tuples(st.sampled_from(CANONICAL), st.just({"path": 7}))
FIELDS = st.lists(FIELD | FIELD | EXTRA, max_size=7)
ODD_KEYS = ("only", "zone", "owner", "channel", "kind", "statuses", "__class__", "schedule", "with", "reply", "forward")


def nested(depth: int) -> Any:
    """Lists and objects in one another."""
    made: Any = "a"
    for level in range(depth):
        made = [made] if level % 2 else {"a": made}
    return made


DEEP = (nested(1), nested(2), nested(30), nested(40), nested(900))


@st.composite
def manifests(draw: st.DrawFn) -> dict[str, Any]:
    """A manifest that is right but for what somebody hostile wrote into it."""
    chosen = draw(FIELDS) + ([draw(WRONG)] if draw(st.integers(0, 14)) == 0 else [])
    made: dict[str, Any] = {
        "version": 1,
        "owner": draw(st.sampled_from(CODE[:6])),
        "region": "35",
        "channel": "portal",
        "kind": "rest",
        "with": {"url": "https://aduan.contoh.go.id/api", "items": draw(PATH), "ref": draw(PATH)},
        "fields": {"body": draw(st.just("isi") | st.just("isi") | PATH), "source_status": "nama", **dict(chosen)},
        "statuses": draw(st.sampled_from(({"a": "received"}, {"a": "received", "{0.__class__}": "closed"}))),
    }
    if draw(st.booleans()):
        made["only"] = draw(PATH)
    if draw(st.integers(0, 14)) == 0:
        made[draw(st.sampled_from(ODD_KEYS))] = draw(TEXT | CONST | st.sampled_from(DEEP))
    return made


# what portals send ----------------------------------------------------------------------------------------------------

BIG = 20_000
LONG = {
    f"long {number}": text
    for number, text in enumerate((
        "1.0" + " " * BIG + "x", "1-a" + "-" * BIG, "(" * BIG, '"\\' * BIG, "a." * BIG + "@", " " * BIG, "0" * BIG, "é" * BIG,
        "\n" * BIG, "1 " * BIG, "26 " + "a" * BIG, "http://" + "/" * BIG, "+62" + "-8" * BIG, "a@" + "a-" * BIG, "%" * BIG,
        "wib " * BIG, "/a/.." * BIG, "8" * BIG, "26 November 2026 " * 2_000, "Jl. " * BIG,
    ))
}  # fmt: skip
"""Short names for texts whose square would take minutes, so that a failing example can be read."""
LEAVES = st.sampled_from((
    None, True, False, 0, -1, 7.0, 1e308, float("inf"), 10**30, 10**1_200, "", " ", "a", "roads", "26-11-2026 08:45",
    "1764120000", "2026-11-26T08:45:00Z", "-7.25, 112.75", "081234567890", "a@contoh.go.id", "https://contoh.go.id/a",
    "//[", "http://[::1", *CODE, *LONG, *LONG,
))  # fmt: skip
TEXTS = st.sampled_from(("Jalan rusak. Mohon diperbaiki.", *CODE, *LONG))
KEYS = st.sampled_from(NAMES)
PAYLOADS = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5), max_leaves=10
) | st.fixed_dictionaries({"isi": TEXTS, "a": LEAVES, "b": st.lists(LEAVES, max_size=3), "nama": LEAVES})


def stretched(value: Any) -> Any:
    """The payload with its long texts in full."""
    if isinstance(value, list):
        return [stretched(one) for one in value]
    if isinstance(value, dict):
        return {name: stretched(one) for name, one in value.items()}
    return LONG.get(value, value) if isinstance(value, str) else value


# what is watched ------------------------------------------------------------------------------------------------------

_seen: list[tuple[str, str]] = []
_watching = False
RUNS = (
    "exec",
    "compile",
    "import",
    "code.__new__",
    "function.__new__",
    "pickle.",
    "marshal.",
    "ctypes.",
    "cpython.run",
)
REACHES = (
    "open",
    "socket.",
    "subprocess.",
    "os.",
    "shutil.",
    "urllib.",
    "http.",
    "ftplib.",
    "smtplib.",
    "glob.",
    "pathlib.",
)


@cache
def _hook() -> None:
    """An audit hook stays for good, so this one sleeps except where it is asked to look (PEP 578)."""

    def look(event: str, arguments: tuple[Any, ...]) -> None:
        if _watching and event.startswith(RUNS + REACHES):
            _seen.append((event, str(arguments[0])[:200] if arguments else ""))

    sys.addaudithook(look)


@contextmanager
def watched() -> Iterator[list[tuple[str, str]]]:
    """Events of running, importing, opening and connecting that happen meanwhile; at most SECONDS of CPU."""
    global _watching
    _hook()
    _seen.clear()
    before = signal.signal(signal.SIGVTALRM, _too_long)
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    _watching = True
    try:
        yield _seen
    finally:
        _watching = False
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _too_long(number: int, frame: object) -> None:
    raise AssertionError(f"more than {SECONDS} CPU seconds")


def counted(run: Callable[[], Any]) -> tuple[Any, int]:
    """What `run` gives, and how many calls it took."""
    steps = 0

    def count(*_: object) -> None:
        nonlocal steps
        steps += 1

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        return run(), steps
    finally:
        sys.setprofile(before)


@pytest.fixture(scope="module", autouse=True)
def warm(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Load once what is loaded late, so that only a manifest could make anything be loaded."""
    folder = tmp_path_factory.mktemp("warm")
    (folder / "empty.yaml").write_text("{}", encoding="utf-8")
    with suppress(Misconfigured):
        load(folder / "empty.yaml")
    rich.manifest(folder)
    phones._by_library("0812")
    for zone in ZONES:
        dates.read("26 November 2026", None, zone)
    dates.read("26-11-2026", "%d-%m-%Y", "UTC")
    importlib.import_module("dateutil.parser")  # which stamps need it depends on the version of Python
    regions.places()
    paths.getter("a[0]")({})
    schemas.problems("complaint", {})


# the promise ----------------------------------------------------------------------------------------------------------

tried: Counter[str] = Counter()


def loaded(path: Path, manifest: dict[str, Any]) -> Manifest | None:
    """The manifest as the hub reads it, None where it is refused with a sentence in both languages."""
    path.write_text(json.dumps(manifest), encoding="utf-8")
    try:
        with watched() as seen:
            return load(path)
    except Misconfigured as error:
        said = (str(error), error.indonesian)
    finally:
        assert [one for one in seen if not _is_reading(one, path)] == []
    assert all(said)
    return None


def hold(path: Path, manifest: dict[str, Any], payload: Any) -> None:
    """Load the manifest; if it is accepted, make a complaint of the payload with it; nothing else may happen."""
    one = loaded(path, manifest)
    if one is None:
        tried["refused"] += 1
        return
    compiled, item = mapping.compile(one), stretched(payload)
    with watched() as seen:
        result, steps = counted(
            lambda: normalise(
                payload=item,
                trouble=None,
                ref="7",
                complaint_id="6f1c2a1e-6f0b-5a52-9d0c-0f5a3f6f7a10",
                connector=one.name,
                received_at=NOW,
                manifest=one,
                mapping=compiled,
            )
        )
        encoded = result.encoded
    assert seen == []
    assert steps < STEPS
    assert (result.document is None) == bool(result.problems)
    assert encoded is None or schemas.valid("complaint", json.loads(encoded))
    tried["complaints" if encoded else "quarantined"] += 1


def _is_reading(event: tuple[str, str], path: Path) -> bool:
    """The manifest's own file, and the tables of time zones."""
    return event[0] == "open" and (event[1] == str(path) or event[1].startswith(TZPATH) or "tzdata" in event[1])


@pytest.mark.parametrize(
    "count",
    [pytest.param(500, id="500"), pytest.param(5_000, id="5000", marks=[pytest.mark.campaign, pytest.mark.slow])],
)
def test_nothing_in_a_manifest_runs_and_no_item_stops_a_channel(count: int, tmp_path: Path) -> None:
    """Hostile names, paths, formats, maps and constants end as data or as a sentence, on hostile items, within bounds."""
    tried.clear()
    path = tmp_path / "kanal.yaml"

    @settings(max_examples=count, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(manifests(), PAYLOADS)
    def run(manifest: dict[str, Any], payload: Any) -> None:
        hold(path, manifest, payload)

    run()
    assert tried.total() >= count
    assert min(tried["refused"], tried["complaints"], tried["quarantined"]) > count // 20, tried


FORBIDDEN = {
    "eval",
    "exec",
    "compile",
    "__import__",
    "globals",
    "locals",
    "vars",
    "setattr",
    "delattr",
    "breakpoint",
    "input",
}
READERS = sorted(
    path
    for path in Path(connectors.__path__[0]).glob("*.py")
    if path.stem
    in {"mapping", "values", "links", "phones", "dates", "stamps", "paths", "regions", "schedules", "yaml_file"}
    or path.stem.startswith("manifest")
)


@pytest.mark.parametrize("path", READERS, ids=lambda path: path.stem)
def test_no_reader_of_manifests_can_run_text(path: Path) -> None:
    """Nothing that reads a manifest calls what runs text or picks attributes by a name from outside."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in FORBIDDEN, (path.name, node.lineno)
            if node.func.id in ("getattr", "hasattr"):
                assert isinstance(node.args[1], ast.Constant), (path.name, node.lineno)
        if isinstance(node, ast.Attribute):
            assert node.attr not in ("attrgetter", "methodcaller", "import_module", "loads"), (path.name, node.lineno)
