"""A test push says whether an address works, can be written by our own hub only, and leaves nothing behind."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from hub import trying
from hub.privacy import Vault
from tests.channels.fakes.inbox import NOW, context
from tests.channels.fakes.web import json_page, serve


@pytest.mark.parametrize(
    ("seconds", "name", "believed"),
    [(0, "kanal", True), (119, "kanal", True), (-119, "kanal", True), (121, "kanal", False), (0, "lain", False)],
)
def test_only_a_fresh_test_of_this_connector_is_believed(vault: Vault, seconds: int, name: str, believed: bool) -> None:
    """Somebody who has seen one test can push it neither later nor to another connector."""
    given = trying.ticket(vault, "kanal", NOW)
    assert trying.right(vault, name, NOW + timedelta(seconds=seconds), given) is believed


def test_a_changed_test_is_not_believed(vault: Vault) -> None:
    """Any other sign in it, nothing, or nonsense: refused."""
    given = trying.ticket(vault, "kanal", NOW)
    others = [given[:at] + ("1" if one != "1" else "2") + given[at + 1 :] for at, one in enumerate(given)]
    for other in [*others, "", ".", "x.y", "9" * 5000, given + "0", "\ud800"]:
        assert not trying.right(vault, "kanal", NOW, other)


@pytest.mark.parametrize(
    ("status", "code", "good", "word"),
    [
        (200, "test_arrived", True, "sampai"),
        (200, "test_waits", False, "disk"),
        (200, "test_no_secret", False, "rahasia"),
        (404, "unknown", False, "tidak mengenal"),
        (401, "refused", False, "hub lain"),
        (200, "kept", False, "bukan hub"),
        (502, "x", False, "bukan hub"),
    ],
)
def test_what_came_of_it_is_told(vault: Vault, status: int, code: str, good: bool, word: str) -> None:
    """Each outcome is one sentence in Indonesian and one in English, with what to look at."""
    with serve(lambda _: json_page(json.dumps({"status": code}).encode(), status)) as web:
        arrived, (indonesian, english) = trying.tried(context().http, f"{web.url}/in/kanal", vault, "kanal", NOW)
    assert arrived is good and word in indonesian and english


def test_an_address_at_which_nobody_listens_is_told(vault: Vault) -> None:
    """A receiver that does not run is named as the likely cause."""
    with serve(lambda _: json_page(b"{}")) as web:
        url = web.url
    good, (indonesian, _) = trying.tried(context().http, f"{url}/in/kanal", vault, "kanal", NOW)
    assert not good and "satupintu receive" in indonesian
