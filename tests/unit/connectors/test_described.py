"""A kind of channel is one file: its keys, their checks and what makes two channels one stand in it and nowhere else."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

import connectors.kinds
from connectors import described, known, pushes
from connectors.base import Context, Item, Push, Window
from connectors.build import channel
from connectors.errors import Misconfigured
from connectors.manifest import catalogue, identity, load
from hub.kinds import listed
from hub.settings import Settings

NOW = datetime(2026, 12, 1, tzinfo=UTC)
KIND = """
from dataclasses import dataclass
from typing import Any, ClassVar

from connectors.base import kind

WORDS = "urn:satupintu:schema:manifest:1#/$defs/"


@kind("bedug_desa")
@dataclass(frozen=True, slots=True, kw_only=True)
class BedugDesa:
    OPTIONS: ClassVar[Any] = {
        "type": "object", "additionalProperties": False, "required": ["url"],
        "properties": {
            "url": {"$ref": WORDS + "url"},
            "beats": {"type": "array", "items": {"$ref": WORDS + "expression"}},
            "changed": {"$ref": WORDS + "stamp"},
        },
    }
    REPLY: ClassVar[Any] = None
    NEEDS: ClassVar[Any] = {"id": ["alamat"], "en": ["an address"]}
    SAME: ClassVar[Any] = ("url",)
    url: str
    beats: Any = ()
    changed: Any = None
    once: ClassVar[bool] = True
    moving: ClassVar[bool] = False

    def pages(self, ctx, window, start=None, recall=None):
        yield from ()

    def mark(self, pages, before):
        return {}
"""


@pytest.fixture
def bedug_desa(tmp_path: Path) -> Iterator[Path]:
    """A kind of the operator's own, in a folder that the settings name; forgotten afterwards."""
    folder = tmp_path / "kinds"
    folder.mkdir()
    (folder / "bedug_desa.py").write_text(KIND, encoding="utf-8")
    Settings.read({"SATUPINTU_KINDS": str(folder)})
    yield folder
    connectors.kinds.__path__.remove(str(folder))
    known.names.cache_clear()
    described._parts.cache_clear()
    known._KINDS.pop("bedug_desa", None)
    sys.modules.pop("connectors.kinds.bedug_desa", None)


def written(folder: Path, name: str = "balai", **changed: Any) -> Path:
    """A manifest of that kind."""
    plain = {
        "version": 1, "owner": "Desa Contoh", "region": "35.15", "channel": "desk", "kind": "bedug_desa",
        "with": {"url": "http://127.0.0.1:9/a"}, "fields": {"body": "isi", "is_confidential": {"const": False}},
    }  # fmt: skip
    file = folder / f"{name}.yaml"
    file.write_text(yaml.safe_dump({**plain, **changed}), encoding="utf-8")
    return file


def test_a_kind_from_another_folder_is_used_like_ours(bedug_desa: Path, tmp_path: Path) -> None:
    """The operator adds one file and names its folder: a manifest of that kind is checked and built."""
    manifest = load(written(tmp_path, **{"with": {"url": "http://127.0.0.1:9/a", "look_back": "2d"}}))
    assert channel(manifest).url == "http://127.0.0.1:9/a"


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"with": {"url": "http://127.0.0.1:9/a", "bets": []}}, "with.bets: this name is not known"),
        ({"with": {}}, "with.url: is required"),
        ({"with": {"url": "http://127.0.0.1:99999/a"}}, "with.url"),
        ({"with": {"url": "http://127.0.0.1:9/a", "beats": ["a", "b["]}}, "with.beats.1"),
        ({"with": {"url": "http://127.0.0.1:9/a", "changed": {"path": "a["}}}, "with.changed.path"),
        ({"with": {"url": "http://127.0.0.1:9/a", "sweep": "soon"}}, "with.sweep"),
        ({"reply": {"url": "http://127.0.0.1:9/b"}}, "reply: a channel of this kind cannot answer"),
        ({"kind": "gong"}, "kind: there is no such kind. Use one of: "),
    ],
)
def test_its_keys_are_checked_by_its_own_words(
    bedug_desa: Path, tmp_path: Path, changed: dict[str, Any], sentence: str
) -> None:
    """A mistake in a key of any kind is told with its place, as for the kinds that came first."""
    with pytest.raises(Misconfigured) as told:
        load(written(tmp_path, **changed))
    assert sentence in str(told.value)
    assert told.value.indonesian


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("def x(:\n", "it cannot be loaded (SyntaxError, bedug_desa.py:1)"),
        ("import os\nimport tidak_ada\n", "it cannot be loaded (ModuleNotFoundError, bedug_desa.py:2)"),
        ("raise ValueError('rahasia')\n", "it cannot be loaded (ValueError, bedug_desa.py:1)"),
        ('"""Nothing."""\n', 'it has no class with @kind("bedug_desa")'),
        (KIND.replace('"bedug_desa"', '"bedug"'), 'it has no class with @kind("bedug_desa")'),
        (KIND.replace("def mark", "def marks"), "its class has no mark"),
        (KIND.replace("REPLY: ClassVar[Any] = None", "REPLY: ClassVar[Any] = {}\n    repeatable = gathers = True").replace(
            "= {}\n", '= {"type": "object"}\n'), "its class has no reply"),
        (KIND.replace('"type": "object", "add', '"type": "objekt", "add'), "OPTIONS or REPLY is no JSON Schema"),
        (KIND.replace('WORDS + "url"', '"#/nowhere"'), "OPTIONS or REPLY is no JSON Schema"),
    ],
)  # fmt: skip
def test_a_broken_kind_takes_no_other_connector_down(
    bedug_desa: Path, tmp_path: Path, body: str, sentence: str
) -> None:
    """A fault in an operator's file is told for its manifests, with its line and none of its words; the others go on."""
    (bedug_desa / "bedug_desa.py").write_text(body, encoding="utf-8")
    (bedug_desa / "_shared.py").write_text("raise ValueError\n", encoding="utf-8")
    folder = tmp_path / "manifests"
    folder.mkdir()
    bad = written(folder)
    good = written(
        folder, "gong", kind="rest", **{"with": {"url": "http://127.0.0.1:9/c", "items": "data", "ref": "id"}}
    )
    found = catalogue(folder)
    assert (list(found.good), list(found.bad)) == ([good.stem], [bad])
    told = found.bad[bad]
    assert f"{bad.name}, line 6: kind: " in str(told) and sentence in str(told) and "rahasia" not in str(told)
    assert bad.name in told.indonesian
    lines = list(listed())
    assert len(lines) == len(known.names()) and not [one for one in lines if one.startswith("_shared")]


def test_two_manifests_of_one_channel_are_known(bedug_desa: Path, tmp_path: Path) -> None:
    """The kind says which keys make two manifests the same channel."""
    one, other = load(written(tmp_path)), load(written(tmp_path, "lain"))
    assert identity(one) == identity(other)
    elsewhere = load(written(tmp_path, "ketiga", **{"with": {"url": "http://127.0.0.1:9/b"}}))
    assert identity(one) != identity(elsewhere)


class Kept:
    """An inbox of so many pushes."""

    def __init__(self, count: int) -> None:
        self.all = [Push(number=n, at=NOW, headers={}, query={}, body=b"%d" % n) for n in range(1, count + 1)]

    def pushes(self, after: int, limit: int) -> list[Push]:
        return [one for one in self.all if one.number > after][:limit]


def _context(inbox: Kept | None) -> Context:
    return Context(http=None, dial=print, secret=str, clock=lambda: NOW, inbox=inbox)  # type: ignore[arg-type]


def _taken(push: Push) -> list[Item]:
    return [Item(ref=str(push.number), raw=push.body, payload=None)]


@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 250])
def test_an_inbox_is_read_to_its_end_once(count: int) -> None:
    """Every push is listed once, in order; the next reading and a sweep begin behind the mark."""
    window = Window(since=None, until=NOW)
    read = list(pushes.pages(_context(Kept(count)), window, None, _taken))
    assert [item.ref for page in read for item in page.items] == [str(n) for n in range(1, count + 1)]
    assert [page.end for page in read] == [False] * (len(read) - 1) + [True]
    mark = pushes.mark(read, {})
    assert mark == {"after": count}
    for again in (Window(since=NOW - timedelta(1), until=NOW, after=mark), Window(since=None, until=NOW, past=mark)):
        (page,) = pushes.pages(_context(Kept(count)), again, None, _taken)
        assert (list(page.items), page.next) == ([], mark)


def test_a_process_without_an_inbox_says_so() -> None:
    """Nobody takes an empty page for an empty inbox."""
    with pytest.raises(Misconfigured, match="no inbox"):
        next(pushes.pages(_context(None), Window(since=None, until=NOW), None, _taken))
