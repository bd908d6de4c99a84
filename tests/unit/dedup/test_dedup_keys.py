"""A repeat finds its forerunner: texts that say the same share keys, whatever a channel did to one of them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.judge import document
from dedup.keys import keys
from dedup.rules import RULES

LETTER = (
    "Tumpukan sampah di belakang Pasar Gembira Jalan Kenanga 5 belum diangkut selama sepekan, "
    "baunya menyengat sampai ke rumah warga "
    "dan anak-anak mulai batuk. Truk pengangkut biasanya lewat hari Selasa tetapi sudah tiga kali tidak terlihat."
)


def keys_of(text: str) -> frozenset[str]:
    return frozenset(key.text for key in keys(document(id="1", text=text, day=0)))


@pytest.mark.parametrize(
    "text",
    [
        LETTER,
        "Selamat pagi min, " + LETTER + " Terima kasih.",
        "@pemkotcontoh " + LETTER[:140] + " #sampah https://t.co/xyz",
        LETTER[:140],
        LETTER.upper(),
        LETTER.replace("menyengat", "menyegat").replace("Truk", "Trk").replace("sepekan", "spekan"),
        " ".join(reversed(LETTER.split(". ")[:2])),
    ],
)
def test_versions_of_one_text_share_several_keys(text: str) -> None:
    """Cut at 140 characters, greeted, mistyped, shouted or reordered: at least three keys lead to the earlier one."""
    assert len(keys_of(LETTER) & keys_of(text)) >= 3


def test_an_equal_text_shares_every_key() -> None:
    """The same text always has the same keys, on every worker."""
    assert keys_of(LETTER) == keys_of(LETTER)
    assert any(key.startswith("s:kng") for key in keys_of(LETTER))


def test_complaints_about_other_things_share_next_to_nothing() -> None:
    """Everyday words of complaints do not lead every text to every other."""
    other = (
        "Mohon bantuan, KTP saya belum jadi sejak bulan lalu di kantor kecamatan "
        "padahal sudah tiga kali saya datang ke loket."
    )
    assert len(keys_of(LETTER) & keys_of(other)) <= 1


@pytest.mark.parametrize(
    "said",
    [
        "Pohon dan ranting menutupi papan, tepatnya di Wulungsari Selatan",
        "min ranting nutupin papan nih di daerah wulungsari selatan",
    ],
)
def test_a_place_named_without_its_kind_leads_to_the_street(said: str) -> None:
    """Many leave out "jalan": other words about the same place are found by its name alone, from either side."""
    known = document(id="1", text="Mohon pangkas pohon besar di Jalan Wulungsari Selatan 2A No. 9, takut roboh", day=0)
    bare = document(id="2", text=said, day=0)
    for one, other in ((known, bare), (bare, known)):
        theirs = {key.text for key in keys(other)}
        assert sum(key.weight for key in keys(one) if key.text in theirs) >= RULES.least


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=400))
def test_there_are_never_more_than_eighteen(text: str) -> None:
    """The index grows by a known amount a complaint, whatever was written."""
    assert len(keys_of(text)) <= 18
