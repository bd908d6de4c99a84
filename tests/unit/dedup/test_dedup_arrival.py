"""Which complaints form a case must not hang on which letter the postman brings first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from itertools import combinations
from random import Random

from dedup.doc import Doc, document
from dedup.evaluate import group

SYLLABLES = [first + vowel for first in "bdgjklmnprst" for vowel in "aiu"]
PROBLEMS = (
    "lubang besar di tengah jalan membuat motor jatuh setiap malam",
    "lampu penerangan padam sejak minggu lalu sehingga gelap dan rawan",
    "sampah menumpuk di depan pasar dan baunya sampai ke rumah warga",
    "saluran mampet penuh lumpur sehingga banjir setiap hujan deras",
    "pohon besar miring hampir tumbang menimpa kabel listrik",
)


def name(random: Random) -> str:
    return "".join(random.choice(SYLLABLES) for _ in range(random.randint(3, 4)))


def mistyped(text: str, random: Random) -> str:
    at = random.randrange(1, len(text) - 1)
    return text[: at - 1] + text[at] + text[at - 1] + text[at + 1 :]


def told(matter: int, copy: int, random: Random, words: list[str]) -> Doc:
    """One of several reports about one matter: wrapped, cut or mistyped."""
    street = words[matter]
    text = f"{PROBLEMS[matter % 5]} di jalan {street} dekat {words[-1 - matter]} dan {words[matter // 2]}"
    if copy:
        text = random.choice(
            [f"Selamat pagi, {text}. Terima kasih", text[: len(text) - 12], mistyped(text, random), text.upper()]
        )
    return document(id=f"{matter:03}-{copy}", text=text, day=matter % 9 + copy % 3, reporter=[f"p{matter}-{copy}"])


def arrived(seed: int) -> Mapping[str, str]:
    """Cases of 200 complaints that came in another order on each of some days."""
    random = Random(1)
    words = [name(random) for _ in range(100)]
    docs = [told(matter, copy, random, words) for matter in range(80) for copy in range(1 + matter % 4)]
    shuffled = Random(seed)
    return dict(group(sorted(docs, key=lambda doc: (doc.day, shuffled.random()))).clusters)


def agreement(one: Mapping[str, str], other: Mapping[str, str]) -> float:
    """B-cubed F1 of two groupings of the same complaints."""
    sizes, others = Counter(one.values()), Counter(other.values())
    both = Counter((one[doc], other[doc]) for doc in one)
    precision = sum(both[one[doc], other[doc]] / others[other[doc]] for doc in one) / len(one)
    recall = sum(both[one[doc], other[doc]] / sizes[one[doc]] for doc in one) / len(one)
    return 2 * precision * recall / (precision + recall)


def test_the_order_of_arrival_within_a_day_hardly_matters() -> None:
    """Two workers that take one day's complaints in another order end with the same cases, but for one in two hundred."""
    groupings = [arrived(seed) for seed in range(3)]
    assert all(agreement(one, other) >= 0.995 for one, other in combinations(groupings, 2))


def test_reports_about_one_matter_come_together_and_others_stay_apart() -> None:
    """Most invented reports about one street and problem are one case, and no case holds two matters."""
    found = arrived(0)
    assert all(doc[:3] == case[:3] for doc, case in found.items())
    assert sum(found[doc] == found[f"{doc[:3]}-0"] for doc in found) >= 0.95 * len(found)
