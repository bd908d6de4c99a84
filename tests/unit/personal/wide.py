"""Values for templates_wide.txt: how people write numbers and addresses besides the usual ways, and what only looks so."""

from __future__ import annotations

from random import Random

from tests.unit.personal.values import DOMAINS, FIRST, HARMLESS, LAST, MOBILE, PERSONAL, PROVINCES, WORDS

NBSP, THIN, EN_DASH = "\u00a0", "\u2009", "\u2013"


def _digits(rng: Random, count: int) -> str:
    return "".join(rng.choice("0123456789") for _ in range(count))


def _cut(digits: str, sizes: tuple[int, ...], between: str) -> str:
    parts, at = [], 0
    for size in sizes:
        parts.append(digits[at : at + size])
        at += size
    if len(rest := digits[at:]) == 1:  # nobody leaves one digit alone
        parts[-1] += rest
        rest = ""
    return between.join(part for part in (*parts, rest) if part)


def _card(rng: Random, woman: bool) -> str:
    day = rng.randint(1, 28) + 40 * woman
    place = f"{rng.choice(PROVINCES.split())}{rng.randint(1, 15):02}{rng.randint(1, 25):02}"
    return f"{place}{day:02}{rng.randint(1, 12):02}{rng.randint(50, 99)}{rng.randint(1, 40):04}"


def _written(rng: Random, card: str) -> str:
    sizes = rng.choice(((16,), (16,), (4, 4, 4, 4), (6, 6, 4), (2, 2, 2, 6, 4), (8, 8), (6, 10), (12, 4)))
    return _cut(card, sizes, rng.choice((" ", ".", "-", "  ", NBSP, THIN, EN_DASH, " - ", ". ")))


def wnik(rng: Random) -> str:
    """A card number in any grouping."""
    return _written(rng, _card(rng, rng.random() < 0.5))


def wkk(rng: Random) -> str:
    """A family card in any grouping."""
    return _written(rng, _card(rng, False))


def nik_spaced(rng: Random) -> str:
    """Each digit by itself."""
    return rng.choice((" ", "-", ".")).join(_card(rng, True))


def nik_parts(rng: Random) -> str:
    """Grouped by what the parts mean."""
    card = _card(rng, rng.random() < 0.5)
    return rng.choice(
        (f"{card[:6]}-{card[6:12]}-{card[12:]}", f"{card[:6]} {card[6:12]} {card[12:]}", f"'{card}'"[1:-1])
    )


def _mobile(rng: Random) -> str:
    return rng.choice(MOBILE.split()) + rng.choice("123456789") + _digits(rng, rng.choice((6, 7, 7, 8)))


def wphone(rng: Random) -> str:
    """A mobile number."""
    number = _mobile(rng)
    start = rng.choice(
        ("0", "0", "0", "62", "+62", "+62-", "62-", "+62 ", "62 ", "(+62)", "(62) ", "+62.", "+62(0)", "0062-")
    )
    sizes = rng.choice(((11,), (3, 4), (3, 3, 3), (3, 4, 2), (3, 2, 2, 2, 2), (4, 4), (5, 5)))
    return start + _cut(number, sizes, rng.choice((" ", "-", ".", "  ", NBSP, EN_DASH, " - ")))


def wland(rng: Random) -> str:
    """A landline."""
    area = rng.choice(("21", "22", "24", "31", "61", "274", "341", "361", "411", "542", "711", "751", "778", "951"))
    local = rng.choice("3456789") + _digits(rng, 6)
    return rng.choice(
        (f"(0{area}) {local}", f"(0{area}) {local[:3]} {local[3:]}", f"0{area}-{local}", f"0{area} - {local[:3]}-{local[3:]}",
         f"0{area}{local}", f"+62{area}{local}", f"+62 {area}-{local}", f"62-{area}-{local}", f"(0{area})-{local}",
         f"(+62 {area}) {local}")
    )  # fmt: skip


def wa_link_number(rng: Random) -> str:
    """The digits of a link to a chat."""
    return "62" + _mobile(rng)


def phone_partly(rng: Random) -> str:
    """A number whose first digits are said in words."""
    number = "0" + _mobile(rng)
    count = rng.choice((2, 3, 4))
    nought = rng.choice(("nol", "nol", "kosong"))
    said = [nought if digit == "0" else WORDS[int(digit)] for digit in number[:count]]
    return " ".join(said) + " " + _cut(number[count:], rng.choice(((12,), (4,), (3, 4))), rng.choice((" ", "-")))


def phone_letter(rng: Random) -> str:
    """Letters for 0 and 1."""
    number = "O" + _mobile(rng).replace("0", rng.choice("0Oo"))
    return number if rng.random() < 0.5 else number.replace("1", rng.choice("lI"), 1)


def phone_spaced(rng: Random) -> str:
    """Each digit by itself."""
    return rng.choice((" ", "-", ".")).join("0" + _mobile(rng))


def _who(rng: Random) -> str:
    first, last = rng.choice(FIRST.split()).lower(), rng.choice(LAST.split()).lower()
    return rng.choice(
        (f"{first}{last}", f"{first}.{last}{rng.randint(1, 99)}", f"{last}_{first}", f"{first}{rng.randint(100, 9999)}")
    )


def wmail(rng: Random) -> str:
    """An address."""
    who, where = (
        _who(rng),
        rng.choice((*DOMAINS.split(), "ymail.com", "rocketmail.com", "kominfo.contoh.go.id", "student.contoh.ac.id")),
    )
    return rng.choice(
        (
            f"{who}@{where}",
            f"{who}@{where}",
            f"{who.upper()}@{where.upper()}",
            f"{who} @{where}",
            f"{who}@ {where}",
            f"{who}%40{where}",
        )
    )


def wmail_hidden(rng: Random) -> str:
    """An address said rather than written."""
    who, where = _who(rng), rng.choice(("gmail.com", "yahoo.co.id", "yahoo.com", "outlook.com", "hotmail.com"))
    at, dot = rng.choice(
        ((" at ", " dot "), ("(at)", "(dot)"), (" [at] ", " [dot] "), (" at ", "."), (" @ ", " . "), (" AT ", " DOT "),
         ("[at]", "."), (" et ", " titik "), (" at ", " titik "), ("{at}", "{dot}"), ("<at>", "."), (" (a) ", "."), ("_at_", "."))
    )  # fmt: skip
    return who + at + where.replace(".", dot)


PERSONAL |= {
    "wnik": ("nik", wnik), "wkk": ("kk", wkk), "nik_spaced": ("nik", nik_spaced), "nik_parts": ("nik", nik_parts),
    "wphone": ("phone", wphone), "wland": ("phone", wland), "wa_digits": ("phone", wa_link_number),
    "phone_partly": ("phone", phone_partly), "phone_letter": ("phone", phone_letter), "phone_spaced": ("phone", phone_spaced),
    "bri": ("account", lambda rng: f"{_digits(rng, 4)}-01-{_digits(rng, 6)}-50-{_digits(rng, 1)}"),
    "wmail": ("email", wmail), "wmail_hidden": ("email", wmail_hidden),
}  # fmt: skip


def _money(rng: Random) -> str:
    return f"{rng.randint(100_000_000, 99_999_999_999):,}".replace(",", rng.choice((".", ","))) + rng.choice(
        ("", ",00", ",-")
    )


def _stamp(rng: Random) -> str:
    day = _day(rng, "")
    return rng.choice(
        (f"{day}{rng.randint(0, 23):02}{_digits(rng, 4)}", f"{day}-{_digits(rng, 6)}", f"{day}{_digits(rng, 8)}")
    )


def _day(rng: Random, between: str) -> str:
    return between.join((f"20{rng.randint(22, 27)}", f"{rng.randint(1, 12):02}", f"{rng.randint(1, 28):02}"))


def _clock(rng: Random) -> str:
    return f"{rng.randint(10, 23)}:{rng.randint(10, 59)}:{rng.randint(10, 59)}"


def _arc(rng: Random, low: int, high: int) -> str:
    return f"{rng.randint(low, high)}°{rng.randint(10, 59)}'{rng.randint(10, 59)}.{_digits(rng, 2)}\""


def _letter(rng: Random) -> str:
    year = rng.randint(2019, 2026)
    forms = (f"188.{rng.randint(4, 45)}/{_digits(rng, 3)}/{year}", f"{_digits(rng, 3)}/{_digits(rng, 4)}/BKD/{year}")
    return rng.choice((*forms, f"800/{_digits(rng, 4)}-{_digits(rng, 2)}/{year}"))


def _invoice(rng: Random) -> str:
    forms = (f"INV/{_day(rng, '')}/MPL/{_digits(rng, 10)}", f"INV-{_digits(rng, 12)}", f"#{_digits(rng, 10)}")
    return rng.choice((*forms, f"OD{_digits(rng, 14)}"))


HARMLESS |= {
    "dms": lambda rng: f"{_arc(rng, 0, 9)}S {_arc(rng, 95, 139)}E",
    "sk": _letter,
    "bigmoney": _money,
    "invoice": _invoice,
    "stamp": _stamp,
    "isotime": lambda rng: f"{_day(rng, '-')}T{_clock(rng)}.{_digits(rng, 6)}+07:00",
    "chassis": lambda rng: f"MH1JM{_digits(rng, 3)}XPK{_digits(rng, 6)}",
    "engine": lambda rng: f"JM{_digits(rng, 2)}E{_digits(rng, 7)}",
    "spbu": lambda rng: f"{_digits(rng, 2)}.{_digits(rng, 3)}.{_digits(rng, 2)}",
    "bpom": lambda rng: rng.choice((f"MD {_digits(rng, 12)}", f"NA{_digits(rng, 11)}")),
    "ip": lambda rng: f"{rng.randint(100, 220)}.{rng.randint(0, 255)}.{rng.randint(0, 255)}.{rng.randint(1, 254)}",
}  # fmt: skip
