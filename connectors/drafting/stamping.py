"""The form of dates that a draft proposes for a place, and what about it only a person can say."""

from __future__ import annotations

from collections.abc import Sequence

from connectors.drafting import looks
from connectors.drafting.leaves import Leaf


def day_first(found: Sequence[Leaf]) -> bool | None:
    """Whether this channel writes the day before the month, by those of its places that leave no doubt; None: none does."""
    forms = [seen.format for one in found if one.values and (seen := looks.dated(one.values)) and not seen.doubtful]
    orders = {
        form.find("%d") < form.find("%m") for form in forms if "%d" in form and "%m" in form and "%Y%" not in form[:3]
    }
    return orders.pop() if len(orders) == 1 else None


def stamp(place: Leaf, first: bool | None = None) -> tuple[str, str]:
    """
    The form of its dates ("" for words or where none is known), and what is doubtful about it in both languages.

    `first` is what day_first says of the channel.
    """
    if place.column:
        if place.column.startswith(("date", "time")):
            return "iso", ""
        return (
            ("unix", "")
            if "int" in place.column
            else ("", "bentuk tanggalnya belum diketahui / its form of dates is not known")
        )
    seen = looks.dated(place.values)
    if seen is None:
        return "", "bentuk tanggalnya belum diketahui / its form of dates is not known"
    if seen.doubtful and first is not None:
        swapped = seen.format.replace("%d", "%x").replace("%m", "%d").replace("%x", "%m")
        return (seen.format if first == (seen.format.find("%d") < seen.format.find("%m")) else swapped), ""
    if seen.doubtful:
        return (
            seen.format,
            "hari atau bulan dulu? tidak terlihat dari contoh / day or month first? the sample does not tell",
        )
    return seen.format, ""
