"""A person is found however a phone number, an address or a NIK is written down."""

from __future__ import annotations

import pytest

from hub.identity import NobodyNamed, identified, looks_personal
from hub.judging import reporter_tokens
from hub.privacy import Vault

PHONE, NIK, EMAIL = "+6281200001111", "3515014107900001", "ani@surat.example"


@pytest.mark.parametrize(
    ("written", "known_by"),
    [
        ("0812 0000 1111", {"phone_e164": PHONE}),
        ("+62 812-0000-1111", {"phone_e164": PHONE}),
        ("6281200001111", {"phone_e164": PHONE}),
        ("81200001111", {"phone_e164": PHONE}),
        ("3515 0141 0790 0001", {"national_id": NIK}),
        (" Ani@Surat.Example ", {"email": EMAIL}),
        ("@Warga_7", {"handle": "warga_7"}),
    ],
)
def test_what_somebody_writes_down_is_understood(written: str, known_by: dict[str, str]) -> None:
    """An operator types it as the person did, not as the hub stores it."""
    assert dict(identified(written).known_by) == known_by


@pytest.mark.parametrize("written", ["", "ani contoh", "12", "Jl. Melati 5"])
def test_a_name_is_nobody(written: str) -> None:
    """By a name alone somebody else's complaints would be erased."""
    with pytest.raises(NobodyNamed):
        identified(written)


@pytest.mark.parametrize(
    ("field", "stored", "written"),
    [("phone_e164", PHONE, "0812-00001111"), ("email", EMAIL, "ANI@surat.example"), ("handle", "@Ani", "ani")],
)
def test_the_hashes_are_those_that_accept_stores(vault: Vault, field: str, stored: str, written: str) -> None:
    """What accept has stored of a reporter is found again."""
    tokens = reporter_tokens(vault, {"channel": "x", "reporter": {field: stored}})
    assert set(tokens.values()) <= identified(written).tokens(vault, ["portal", "x"])


@pytest.mark.parametrize(
    ("written", "text", "found"),
    [
        (PHONE, "hubungi saya di 0812.0000.1111 ya", True),
        (PHONE, "WA +62 (812) 0000-1111", True),
        (PHONE, "nomor 08120000111123", False),
        (NIK, "NIK: 3515-0141-0790-0001", True),
        (NIK, f"9{NIK}", False),
        (EMAIL, "Final-Recipient: rfc822; ANI@surat.example", True),
        (EMAIL, "bukani@surat.example", False),
        ("@ani", "terima kasih @Ani!", True),
    ],
)
def test_a_person_is_found_in_a_text(written: str, text: str, found: bool) -> None:
    """However the number is spelt, and only where it is the whole number."""
    assert identified(written).named_in(text) is found


@pytest.mark.parametrize(
    ("reason", "personal"),
    [
        ("permintaan pelapor, surat 14/KIP/2026", False),
        ("atas permintaan ani@surat.example", True),
        ("pelapor 0812-0000-1111 meminta", True),
        ("NIK 3515014107900001", True),
    ],
)
def test_a_reason_with_a_number_is_seen(reason: str, personal: bool) -> None:
    """What stays in the log for ever must not say whom it was about."""
    assert looks_personal(reason) is personal
