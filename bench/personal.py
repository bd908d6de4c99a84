"""What looking for personal data costs a text, beside one plain search for a digit; prints a table.

python -m bench.personal [--texts 20000]
"""

from __future__ import annotations

import argparse
import re
import time
from collections.abc import Callable, Sequence
from random import Random

from hub.personal import find
from tests.unit.personal.values import texts

_SAID = (
    "jalan lampu air sampah rusak mati bocor menumpuk di depan rumah kami sudah lama tidak ada petugas datang mohon segera "
    "diperbaiki karena membahayakan warga terutama anak sekolah dan lansia setiap malam gelap sekali banjir got mampet bau "
    "saya ibu pak bapak nama"
)


def main() -> None:
    """Texts a second of one core, in CPU time; the best of three rounds each."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--texts", type=int, default=20_000)
    count = parser.parse_args().texts
    rng = Random(7)
    nothing = [" ".join(rng.choices(_SAID.split(), k=40)) for _ in range(count)]
    numbers = [
        f"{text} RT {rng.randint(1, 9):02} sejak {rng.randint(1, 28)} Mei, Rp {rng.randint(1, 900)}.000"
        for text in nothing
    ]
    personal = [one.text for one in texts("dev", 20, seed=7)]
    digit = re.compile(r"\d")
    print(f"{'texts':34}{'signs each':>11}{'find: texts/s':>16}{'a digit: texts/s':>18}{'ratio':>8}")
    for what, some in (
        ("nothing in them", nothing),
        ("small numbers, no personal data", numbers),
        ("the labelled templates", personal),
    ):
        ours, plain = _rate(find, some), _rate(digit.search, some)
        print(f"{what:34}{sum(map(len, some)) // len(some):>11}{ours:>16,.0f}{plain:>18,.0f}{plain / ours:>8.1f}")


def _rate(look: Callable[[str], object], some: Sequence[str]) -> float:
    best = float("inf")
    for _ in range(3):
        began = time.process_time()
        for text in some:
            look(text)
        best = min(best, time.process_time() - began)
    return len(some) / best


if __name__ == "__main__":
    main()
