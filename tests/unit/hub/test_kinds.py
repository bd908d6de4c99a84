"""`satupintu kinds`: whoever begins reads what to have ready, in Indonesian and English, for every kind that there is."""

from __future__ import annotations

import pytest

from connectors.errors import Misconfigured
from connectors.known import names
from hub.kinds import listed, markdown, page, pages, told


def test_every_kind_says_what_to_have_ready_and_which_keys_it_needs() -> None:
    """No kind leaves a newcomer alone: needs in both languages, keys, and which of them are required."""
    assert {one.name for one in pages()} == names()
    for one in pages():
        assert one.needs["id"] and len(one.needs["id"]) == len(one.needs["en"]), one.name
        assert one.options, one.name
        assert one.abilities
    assert len(list(listed())) == len(names())


def test_a_kind_is_told_indonesian_first() -> None:
    """The page of one kind begins with what to prepare and ends with the next command."""
    lines = "\n".join(told(page("imap")))
    assert lines.index("Siapkan") < lines.index("Have ready") < lines.index("with:") < lines.index("satupintu new imap")
    assert "password         secret" in lines
    assert "| `host` | host | ya / yes |" in markdown(page("imap"))


def test_a_kind_that_is_none_is_told_with_those_that_are() -> None:
    """A misspelt name brings the list."""
    with pytest.raises(Misconfigured, match="imap") as told_of:
        page("imapp")
    assert "Tidak ada kind 'imapp'" in told_of.value.indonesian
