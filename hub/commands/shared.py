"""What every command shares: names of connectors and of people, the hub it opens, and how it ends."""

from __future__ import annotations

from typing import Annotated

import typer

from hub.commands.ending import Stop, decider, end, opened, tell_broken, wrong_use
from hub.personal import mask, mask_person
from hub.telling import complain

__all__ = [
    "Because",
    "BecauseAsIs",
    "By",
    "Names",
    "Stop",
    "decider",
    "end",
    "opened",
    "person",
    "tell_broken",
    "wrong_use",
]

Names = Annotated[list[str] | None, typer.Argument(help="Names of connectors; none = all.")]


def _told(value: str | None, masked: str | None) -> str | None:
    if value != masked:
        complain(
            "Data pribadi dalam alasan disamarkan. / Personal data in what you typed was masked before it is stored."
        )
    return masked


def person(value: str | None) -> str | None:
    """Who decides or owns, without numbers."""
    return _told(value, value and mask_person(value))


def _reason(value: str | None) -> str | None:
    return _told(value, value and mask(value))


By = Annotated[str, typer.Option("--by", help="The person who decides.", callback=person)]
Because = Annotated[str, typer.Option("--because", help="Why.", callback=_reason)]
BecauseAsIs = Annotated[str, typer.Option("--because", help="Why.")]
"""For commands that refuse a reason with personal data in it."""
