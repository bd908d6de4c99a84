"""The weights of the measurements, read once from model.json, and the probability that follows from them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from math import exp
from pathlib import Path
from typing import Final

_ALIKE: Final = 0.6
_MOST: Final = 0.89
"""The surest that may be said where neither text holds that share of the other: the same place and problem in other words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A logistic model: weights of raw measurements, and the mean of each over the pairs it was made from."""

    version: str
    intercept: float
    weights: Mapping[str, float]
    means: Mapping[str, float]

    def probability(self, found: Mapping[str, float]) -> float:
        """0..1 that two complaints with these measurements tell of one matter."""
        told = self.intercept + sum([weight * found[name] for name, weight in self.weights.items()])
        likely = 1 / (1 + exp(-max(-30.0, min(30.0, told))))
        return likely if found["contained"] >= _ALIKE or found["ticket_same"] else min(likely, _MOST)

    def told(self, found: Mapping[str, float], name: str) -> float:
        """What one measurement adds to the log odds, against an average pair."""
        return self.weights.get(name, 0.0) * (found[name] - self.means.get(name, 0.0))


def read_model(text: str) -> Model:
    """A model from the text of model.json. KeyError or ValueError if it is none."""
    said = json.loads(text)
    return Model(version=said["version"], intercept=said["intercept"], weights=said["weights"], means=said["means"])


MODEL: Final = read_model(Path(__file__).with_name("model.json").read_text(encoding="utf-8"))
