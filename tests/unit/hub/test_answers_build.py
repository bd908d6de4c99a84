"""A manifest becomes the channel it describes, or says in one sentence why it cannot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

import connectors.build
from connectors.build import channel
from connectors.errors import Misconfigured
from tests.unit.hub.way_back import PORTAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind with every sort of field."""

    url: str
    from_: str | None = None
    page_size: int = 100
    zone: str = "UTC"
    created: str | None = None
    reply_by: Mapping[str, Any] = field(default_factory=dict)


@pytest.fixture(autouse=True)
def only_this_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever kind a manifest names, it is ours."""
    monkeypatch.setattr(connectors.build, "known", lambda name: Kind)


def built(**options: Any) -> Kind:
    made: Kind = channel(replace(PORTAL, options=options))
    return made


def test_the_keys_of_with_become_the_fields() -> None:
    """Hyphens and Python's own words are no trouble; what the manifest says elsewhere is filled in."""
    made = built(**{"url": "http://127.0.0.1/", "from": "kanal@contoh.go.id", "page-size": 20})
    assert (made.url, made.from_, made.page_size) == ("http://127.0.0.1/", "kanal@contoh.go.id", 20)
    assert (made.zone, made.created, made.reply_by) == ("Asia/Jakarta", "dibuat", PORTAL.reply)


def test_what_with_says_itself_holds() -> None:
    """A stated `created` is not replaced by the path of the submission time."""
    assert built(url="http://127.0.0.1/", created="dibuat_asli").created == "dibuat_asli"


def test_what_the_hub_reads_itself_is_no_wrong_option() -> None:
    """Every connector may say look_back, sweep and ignore, whatever its kind."""
    assert built(url="http://127.0.0.1/", look_back="1d", sweep="7d", ignore=["dibaca"]).page_size == 100


@pytest.mark.parametrize(
    ("options", "said"),
    [({"url": "x", "urll": "y"}, "with.urll is no option"), ({}, "with.url is missing")],
)
def test_a_wrong_option_is_named(options: dict[str, Any], said: str) -> None:
    """Whoever wrote the manifest reads the file, the key and what to do."""
    with pytest.raises(Misconfigured, match=r"^portal\.yaml: " + said):
        built(**options)
