"""Invented values for the templates, in the many ways in which people write them; who they might belong to does not exist."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

HERE = Path(__file__).parent
PROVINCES = (
    "11 12 13 14 15 16 17 18 19 21 31 32 33 34 35 36 51 52 53 61 62 63 64 65 71 72 73 74 75 76 81 82 91 92 93 94 95 96"
)
MOBILE = (
    "811 812 813 814 815 816 817 818 819 821 822 823 831 832 833 838 851 852 853 855 856 857 "
    "858 859 877 878 881 882 889 895 896 897 898 899"
)
AREAS = "21 22 24 31 61 271 274 341 361 380 401 411 431 511 541 561 651 711 721 741 751 761 778 911 967"
FIRST = "Budi Siti Joko Sri Agus Dewi Slamet Wahyuni Made Ketut Asep Euis Ucok Rina Yohanes Maria Teuku Cut Bambang Nurhayati"
LAST = (
    "Santoso Wibowo Lestari Hidayat Siregar Nasution Suparman Kusuma Rahmawati Gunawan Hutapea Wijaya Saputra Anggraini"
)
DOMAINS = (
    "gmail.com yahoo.com yahoo.co.id hotmail.com outlook.co.id example.id contoh.go.id mail.contoh.ac.id icloud.com"
)
PLATES = "AD B AB H K L N W S DK BG BK D F"
MONTHS = "Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember"
WORDS = ("nol", "satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan")
Draw = Callable[[Random], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """One text and what is personal in it: (kind, begin, end)."""

    text: str
    template: str
    expected: tuple[tuple[str, int, int], ...]


def _digits(rng: Random, count: int) -> str:
    return "".join(rng.choice("0123456789") for _ in range(count))


def _in_groups(digits: str, sizes: tuple[int, ...], between: str) -> str:
    parts, at = [], 0
    for size in sizes:
        parts.append(digits[at : at + size])
        at += size
    return between.join(part for part in parts if part)


def _sixteen(rng: Random, woman: int) -> str:
    place = f"{rng.choice(PROVINCES.split())}{rng.choice([*range(1, 20), *range(71, 76)]):02}{rng.randint(1, 30):02}"
    born = f"{rng.randint(1, 28) + woman:02}{rng.randint(1, 12):02}{rng.choice([*range(40, 100), *range(12)]):02}"
    return f"{place}{born}{rng.randint(1, 99):04}"


def _as_card(rng: Random, digits: str) -> str:
    shapes = (
        ((16,), ""), ((16,), ""), ((16,), ""), ((16,), ""), ((4, 4, 4, 4), " "), ((4, 4, 4, 4), "-"), ((6, 6, 4), "."),
        ((6, 6, 4), " "), ((6, 6, 4), "-"), ((2, 2, 2, 6, 4), "."), ((4, 4, 4, 4), "."), ((2, 2, 2, 2, 2, 2, 4), " "),
    )  # fmt: skip
    sizes, between = rng.choice(shapes)
    return _in_groups(digits, sizes, between)


def nik(rng: Random) -> str:
    """A card number of a man or, with 40 added to the day, a woman."""
    return _as_card(rng, _sixteen(rng, rng.choice((0, 40))))


def nik_o(rng: Random) -> str:
    """The same, typed with letters that look like digits."""
    plain = _sixteen(rng, rng.choice((0, 40)))
    at = [place for place, digit in enumerate(plain) if digit in "01"]
    swap = set(rng.sample(at, min(len(at), rng.randint(1, 3))))
    letters = {"0": "O", "1": rng.choice("lI")}
    return "".join(letters[digit] if place in swap else digit for place, digit in enumerate(plain))


def kk(rng: Random) -> str:
    """A family card: the same form, with the day of issue."""
    return _as_card(rng, _sixteen(rng, 0))


def _national(rng: Random) -> str:
    return rng.choice(MOBILE.split()) + rng.choice("123456789") + _digits(rng, rng.choice((5, 6, 6, 7, 7, 7, 8)))


def phone(rng: Random) -> str:
    """A mobile number as people write it."""
    national = _national(rng)
    start = rng.choice(("0", "0", "0", "0", "+62", "62", "+62 ", "+62-", "(+62) ", "+620", "0062 "))
    between = rng.choice(("", "", "", " ", "-", ".", " - "))
    sizes = rng.choice(((3, 4, 4, 4), (3, 4, 3, 4), (3, 3, 3, 4), (3, 8)))
    written = _in_groups(national, sizes, between)
    if start == "0" and between in (" ", "-") and rng.random() < 0.2:
        return f"(0{written[:3]}){written[3:]}"
    return start + written


def landline(rng: Random) -> str:
    """A landline with its area code."""
    area, local = rng.choice(AREAS.split()), rng.choice("23456789") + _digits(rng, rng.choice((5, 6)))
    if len(area) == 2:
        local = rng.choice("2345678") + _digits(rng, rng.choice((6, 7)))
    return rng.choice(
        (f"(0{area}) {local}", f"0{area}-{local}", f"(0{area}){local}", f"0{area} {local}", f"+62 {area} {local}",
         f"0{area}.{local}", f"(0{area}) {local[:3]}-{local[3:]}", f"+62{area}{local}", f"0{area} {local[:3]} {local[3:]}")
    )  # fmt: skip


def phone_words(rng: Random) -> str:
    """A number said in words."""
    return " ".join(WORDS[int(digit)] for digit in "0" + _national(rng))


def phone_abroad(rng: Random) -> str:
    """A worker's number in Malaysia, Saudi Arabia, Hong Kong, Singapore."""
    return rng.choice(
        (
            f"+6012{rng.randint(2, 9)}{_digits(rng, 6)}",
            f"+60 1{rng.choice('23467')}-{rng.randint(200, 999)} {_digits(rng, 4)}",
            f"+9665{rng.choice('03456')}{_digits(rng, 7)}",
            f"+852 9{_digits(rng, 3)} {_digits(rng, 4)}",
            f"+65 9{_digits(rng, 3)} {_digits(rng, 4)}",
        )
    )


def email(rng: Random) -> str:
    """An address."""
    first, last = rng.choice(FIRST.split()).lower(), rng.choice(LAST.split()).lower()
    forms = (f"{first}.{last}", f"{first}{last}{rng.randint(1, 99)}", f"{first}_{last}", f"{first}+lapor")
    local = rng.choice((*forms, f"{first[0]}-{last}", first.title()))
    return f"{local}@{rng.choice(DOMAINS.split())}"


def email_at(rng: Random) -> str:
    """An address written so that machines shall not read it."""
    local, domain = email(rng).split("@")
    dot = rng.choice((".", " dot ", "[dot]", " [dot] ", "(dot)", " titik "))
    at = (
        rng.choice((" [at] ", "[at]", "(at)", " (at) ", "{at}"))
        if dot == "."
        else rng.choice((" at ", " [at] ", "(at)"))
    )
    return local + at + domain.replace(".", dot)


def name(rng: Random) -> str:
    """One to three words."""
    count = rng.choice((1, 2, 2, 2, 3))
    return " ".join(rng.sample(FIRST.split(), 1) + rng.sample(LAST.split(), count - 1))


def _npwp(rng: Random) -> str:
    return f"{_digits(rng, 2)}.{_digits(rng, 3)}.{_digits(rng, 3)}.{_digits(rng, 1)}-{_digits(rng, 3)}.000"


def _plate(rng: Random) -> str:
    letters = "".join(rng.choice("ABCDEFGHJKLMNPRSTUVWXYZ") for _ in range(rng.choice((2, 2, 3))))
    return f"{rng.choice(PLATES.split())} {rng.randint(1000, 9999)} {letters}"


def _date(rng: Random) -> str:
    day, month, year = rng.randint(1, 28), rng.randint(1, 12), rng.randint(2018, 2026)
    named = rng.choice(MONTHS.split())
    forms = (
        f"{day}/{month}/{year}",
        f"{day:02}-{month:02}-{year}",
        f"{year}-{month:02}-{day:02}",
        f"{day}.{month}.{year}",
    )
    return rng.choice((*forms, f"{day} {named} {year}"))


def _money(rng: Random, low: int, high: int) -> str:
    plain = rng.randint(low, high) * 500
    return f"{plain:,}".replace(",", rng.choice((".", ".", ".", ",", "")))


def _ticket16(rng: Random) -> str:
    return rng.choice(
        (
            f"2025{rng.randint(13, 99)}{_digits(rng, 10)}",
            f"{rng.randint(13, 19)}00{_digits(rng, 12)}",
            f"TRX{_digits(rng, 13)}",
            f"{rng.choice((41, 47, 55, 99, 20))}{_digits(rng, 14)}",
            f"LPR-{rng.randint(2020, 2026)}-{_digits(rng, 6)}",
            f"INV/{_digits(rng, 8)}",
        )
    )


def _coord(rng: Random) -> str:
    lat, lon = rng.uniform(-10, 5), rng.uniform(95, 140)
    return rng.choice(
        (f"{lat:.6f}, {lon:.6f}", f"{lat:.7f},{lon:.7f}", f"{lat:.14f},{lon:.13f}", f"lat {lat:.5f} long {lon:.5f}")
    )


def _nop(rng: Random) -> str:
    return f"33.{_digits(rng, 2)}.{_digits(rng, 3)}.{_digits(rng, 3)}.{_digits(rng, 3)}-{_digits(rng, 4)}.0"


def _nip(rng: Random) -> str:
    born, began = (
        f"19{rng.randint(65, 99)}{rng.randint(1, 12):02}{rng.randint(1, 28):02}",
        f"20{rng.randint(10, 24)}{rng.randint(1, 12):02}",
    )
    return _in_groups(f"{born}{began}{rng.choice('12')}{rng.randint(1, 20):03}", (8, 6, 1, 3), rng.choice(("", " ")))


PERSONAL: dict[str, tuple[str, Draw]] = {
    "nik": ("nik", nik),
    "nik_o": ("nik", nik_o),
    "kk": ("kk", kk),
    "phone": ("phone", phone),
    "phone0": ("phone", lambda rng: "0" + _national(rng)),
    "phone8": ("phone", _national),
    "phone62": ("phone", lambda rng: "62" + _national(rng)),
    "phone62plus": ("phone", lambda rng: "+62" + _national(rng)),
    "phone_words": ("phone", phone_words),
    "phone_abroad": ("phone", phone_abroad),
    "landline": ("phone", landline),
    "email": ("email", email),
    "email_at": ("email", email_at),
    "name": ("name", name),
    "account": ("account", lambda rng: _digits(rng, rng.choice((10, 13, 15)))),
    "npwp": ("npwp", _npwp),
    "passport": ("passport", lambda rng: rng.choice("ABCX") + _digits(rng, 7)),
    "plate": ("plate", _plate),
    "bpjs": ("bpjs", lambda rng: "000" + _digits(rng, 10)),
}
"""Placeholder -> the kind that must be found, and how a value is drawn."""

HARMLESS: dict[str, Draw] = {
    "rt": lambda rng: f"{rng.randint(1, 15):02}",
    "num": lambda rng: str(rng.randint(1, 99)),
    "num3": lambda rng: _digits(rng, 3),
    "num4": lambda rng: str(rng.randint(1000, 9999)),
    "year": lambda rng: str(rng.randint(2015, 2026)),
    "date": _date,
    "time": lambda rng: f"{rng.randint(0, 23):02}{rng.choice('.:')}{rng.randint(0, 59):02}",
    "price": lambda rng: rng.choice(("Rp ", "Rp", "Rp. ", "")) + _money(rng, 2, 20_000),
    "budget": lambda rng: _money(rng, 100_000, 99_000_000),
    "coord": _coord,
    "coord_link": lambda rng: f"{rng.uniform(-10, 5):.7f},{rng.uniform(95, 140):.7f}",
    "ticket": lambda rng: str(rng.randint(100_000, 99_999_999)),
    "ticket16": _ticket16,
    "pln": lambda rng: f"5{_digits(rng, 11)}",
    "meter": lambda rng: rng.choice("1347") + _digits(rng, 10),
    "meter6": lambda rng: str(rng.randint(100_000, 999_999)),
    "token20": lambda rng: _in_groups(_digits(rng, 20), (4, 4, 4, 4, 4), rng.choice(("", " ", "-"))),
    "law": lambda rng: rng.choice(
        (f"{rng.randint(1, 40)}/{rng.randint(1999, 2025)}", f"{rng.randint(1, 40)} Tahun {rng.randint(1999, 2025)}")
    ),
    "letter": lambda rng: (
        f"{rng.randint(1, 999)}.{rng.randint(1, 9)}/{rng.randint(1, 9999):04}/{rng.choice(('XI', 'SK'))}/{rng.randint(15, 26)}"
    ),
    "nip": _nip,
    "nop": _nop,
    "nisn": lambda rng: "00" + _digits(rng, 8),
    "imei": lambda rng: "35" + _digits(rng, 13),
    "resi": lambda rng: rng.choice(("JP", "SPXID", "CGK", "")) + rng.choice("123456789") + _digits(rng, 12),
    "cert": lambda rng: f"11.02.{_digits(rng, 2)}.{_digits(rng, 2)}.1.{_digits(rng, 5)}",
    "postal": lambda rng: str(rng.randint(10_110, 99_000)),
    "pdam": lambda rng: rng.choice("123456789") + _digits(rng, rng.choice((6, 7, 8))),
    "ean": lambda rng: "899" + _digits(rng, 10),
}
"""Placeholder -> what looks like personal data and is none."""

_PLACE = re.compile(r"\{([a-z0-9_]+)\}")


def templates(which: str) -> list[str]:
    """The lines of templates_dev.txt or templates_held.txt."""
    lines = (HERE / f"templates_{which}.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.strip() and not line.startswith("# ")]


def texts(which: str, each: int, seed: int) -> list[Labelled]:
    """`each` texts of every template."""
    rng = Random(seed)
    return [_filled(template, rng) for template in templates(which) for _ in range(each)]


def _filled(template: str, rng: Random) -> Labelled:
    parts: list[str] = []
    expected: list[tuple[str, int, int]] = []
    at = length = 0
    for found in _PLACE.finditer(template):
        before, what = template[at : found.start()], found[1]
        value = PERSONAL[what][1](rng) if what in PERSONAL else HARMLESS[what](rng)
        begin = length + len(before)
        if what in PERSONAL:
            expected.append((PERSONAL[what][0], begin, begin + len(value)))
        parts += [before, value]
        at, length = found.end(), begin + len(value)
    return Labelled(text="".join([*parts, template[at:]]), template=template, expected=tuple(expected))
