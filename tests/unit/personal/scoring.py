"""How well the detector does on labelled texts: recall and precision, kind by kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from hub.personal import find
from tests.unit.personal.values import Labelled

SLACK = 3
"""Signs beside a value, such as brackets, that may be masked with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Counts by kind and what went wrong."""

    there: Counter[str] = field(default_factory=Counter)
    hit: Counter[str] = field(default_factory=Counter)
    said: Counter[str] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)
    wrong: list[tuple[str, str, str]] = field(default_factory=list)

    def recall(self, kind: str) -> float:
        """Share of values found whole and under their kind."""
        return self.hit[kind] / self.there[kind]

    def precision(self, *kinds: str) -> float:
        """Share of what is said to be one of these kinds that is."""
        return sum(self.right[kind] for kind in kinds) / max(1, sum(self.said[kind] for kind in kinds))


def scored(texts: Iterable[Labelled]) -> Score:
    """A value is found if a span of its kind covers it whole; a span is right if it covers one and little else."""
    score = Score()
    for one in texts:
        found = find(one.text)
        for kind, begin, end in one.expected:
            score.there[kind] += 1
            if any(span.kind == kind and span.begin <= begin and span.end >= end for span in found):
                score.hit[kind] += 1
            else:
                score.wrong.append(("missed", kind, one.text))
        for span in found:
            score.said[span.kind] += 1
            if any(
                kind == span.kind and begin - SLACK <= span.begin < end and begin < span.end <= end + SLACK
                for kind, begin, end in one.expected
            ):
                score.right[span.kind] += 1
            else:
                score.wrong.append((f"wrong: {one.text[span.begin : span.end]!r}", span.kind, one.text))
    return score
