"""Prints what bench/ingest has measured: figures of one run side by side, and the ratios that were promised."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from bench.measure import Measured
from bench.measure import growth as exponent

if TYPE_CHECKING:
    from bench.ingest import Round

CIPHER, CIPHER_AND_KEYS = "encryption: cipher", "encryption: cipher and key rows"
DETECTION = "detection of personal data"
PROTECTION = 0.35
"""The share of pull and accept that encryption and detection may take."""
PROMISED = {
    "dlt": (6.0, 9.0),
    "airbyte": (4.5, 7.0),
    "singer": (8.0, 11.0),
    "plain": (0.0, 6.0),
    "dlt +rs": (3.0, 4.0),
    "airbyte +rs": (2.2, 3.5),
    "singer +rs": (4.0, 6.0),
    "plain +rs": (0.0, 2.3),
}
"""Program -> times our CPU a record: the floor of the hub, and what the document-only path of the guide reaches."""


def full(one: Round) -> None:
    """Everything that one round has measured."""
    if not one.found:
        return
    base = mean([one.found[name] for name in ("ours, first", "ours, last") if name in one.found])
    _head(f"{one.records} records: CPU of process tree and server; x = against the mean of ours, pull and accept")
    print(f"{'program':<32}{'records/s':>10}{'client us':>11}{'server us':>11}{'CPU us':>9}{'x':>7}{'peak MiB':>10}")
    for name, made in one.found.items():
        times = f"{made.each / base:.2f}" if base else "-"
        print(f"{name:<32}{_figures(made)}{times:>7}{made.peak / 2**20:>10.0f}")
    if base:
        _ratios(one.found, base)
    if one.again:
        _again(one.again)
    if one.nothing:
        _head("start-up: seconds of CPU of a whole run with nothing to do")
        for name, made in one.nothing.items():
            print(f"{name:<32}{made.cpu:>8.2f}   (client {made.client:.2f}, server {made.server:.2f})")


def _ratios(found: Mapping[str, Measured], base: float) -> None:
    _head("ratio of CPU a record to ours")
    print(f"{'program':<32}{'ratio':>8}{'floor':>8}{'goal':>8}")
    for name, (floor, goal) in PROMISED.items():
        if name in found:
            ratio = found[name].each / base
            said = "" if ratio >= floor else "   BELOW THE FLOOR"
            print(f"{name:<32}{ratio:>8.2f}{floor or '-':>8}{goal:>8}{said}")


def _again(again: Mapping[str, Measured]) -> None:
    _head("everything read again, unchanged; x = against ours")
    for name, made in again.items():
        times = f"{made.each / again['ours'].each:.2f}" if "ours" in again else "-"
        print(f"{name:<32}{_figures(made)}{times:>7}{made.peak / 2**20:>10.0f}")


def promises(found: Mapping[str, tuple[Measured, Measured | None]]) -> None:
    """What each promise costs: the whole minus a build that leaves it out; a few us are noise."""
    whole_pull, whole_accept = found["everything"]
    _head("what each promise costs, us of CPU a record (everything, minus a build without it)")
    print(f"{'promise':<42}{'pull':>9}{'accept':>9}")
    for name, (pulled, accepted) in found.items():
        if name == "everything":
            print(f"{name:<42}{pulled.each:>9.1f}{accepted.each if accepted else 0:>9.1f}")
            continue
        kept = f"{whole_accept.each - accepted.each:.1f}" if accepted and whole_accept else "-"
        print(f"{name:<42}{whole_pull.each - pulled.each:>9.1f}{kept:>9}")
    print(protection({name: (one.each, other.each if other else None) for name, (one, other) in found.items()}))


def protection(found: Mapping[str, tuple[float, float | None]]) -> str:
    """What encryption and detection take of pull and accept together; `found`: build -> us of CPU a record of each."""
    pull, accept = found["everything"]
    costs = [pull - found[CIPHER_AND_KEYS][0], pull - found[DETECTION][0]]
    costs += [accept - other for name in (CIPHER, DETECTION) if accept and (other := found[name][1])]
    share = sum(costs) / (pull + (accept or 0))
    return f"encryption and detection: {100 * share:.0f} % of pull + accept (promised: at most {PROTECTION:.0%})"


def slow(found: Mapping[str, tuple[Measured, Measured]]) -> None:
    """Latency-bound, so by the clock; ours reads twice, for a second pass that agrees is its proof."""
    _head("50 ms an answer, 100 records a page, by the clock; x = time without start-up against the first")
    print(f"{'program':<42}{'records/s':>10}{'seconds':>9}{'start-up':>10}{'records/s without':>19}{'x':>7}")
    first = next(made.wall - start.wall for made, start in found.values())
    for name, (made, start) in found.items():
        bare = max(made.wall - start.wall, 0.001)
        speed = made.records / made.wall
        print(
            f"{name:<42}{speed:>10.0f}{made.wall:>9.1f}{start.wall:>10.1f}{made.records / bare:>19.0f}"
            f"{bare / first:>7.2f}"
        )


def growth(rounds: Iterable[Round]) -> None:
    """How CPU and memory of ours grow with the records."""
    sizes = [one for one in rounds if "ours: accept" in one.found]
    if len(sizes) < 2:
        return
    _head("growth of ours: exponent of CPU over records, the start-up over no records taken off; memory")
    for small, large in pairwise(sizes):
        for name, steps in (("ours: pull", ["pull"]), ("ours: accept", ["accept"]), ("ours", ["pull", "accept"])):
            start = _sum([small.nothing[f"ours: {step}, empty"] for step in steps])
            pair = [_sum([one.found[f"ours: {step}"] for step in steps]) for one in (small, large)]
            power = exponent(start, *pair)
            low, high = (one.peak / 2**20 for one in pair)
            print(
                f"{small.records:>7} -> {large.records:<8}{name:<14}{power:>6.3f}   "
                f"peak {low:.0f} -> {high:.0f} MiB ({high - low:+.1f})"
            )


def agree(one: Round) -> bool:
    """Whether all programs of a round stored the same complaints and refused the same."""
    same = len(set(one.digests.values())) <= 1
    for name, (stored, refused) in {} if same else one.digests.items():
        print(f"DIFFERENT at {one.records}: {name:<20} stored {stored[:12]} refused {refused[:12]}")
    if same and one.digests:
        print(f"{one.records} records: {', '.join(one.digests)} stored and refused the same.")
    return same


def _sum(steps: list[Measured]) -> Measured:
    """Steps one after another: their CPU together, and the higher peak."""
    return replace(
        steps[0],
        client=sum(one.client for one in steps),
        server=sum(one.server for one in steps),
        peak=max(one.peak for one in steps),
    )


def mean(made: list[Measured]) -> float:
    """Mean CPU a record in microseconds; 0 for nothing."""
    return sum(one.each for one in made) / len(made) if made else 0.0


def _figures(made: Measured) -> str:
    client, server = made.client / made.records * 1e6, made.server / made.records * 1e6
    return f"{made.records / made.wall:>10.0f}{client:>11.0f}{server:>11.0f}{made.each:>9.0f}"


def _head(text: str) -> None:
    print(f"\n{text}", flush=True)
