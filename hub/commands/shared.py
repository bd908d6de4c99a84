"""What every command shares: names of connectors and of people, the hub it opens, and how it ends."""

from __future__ import annotations

from typing import Annotated

import typer

from hub.commands.ending import Stop, decider, end, opened, tell_broken, wrong_use

__all__ = ["Because", "By", "Names", "Stop", "decider", "end", "opened", "tell_broken", "wrong_use"]

Names = Annotated[list[str] | None, typer.Argument(help="Names of connectors; none = all.")]
By = Annotated[str, typer.Option("--by", help="The person who decides.")]
Because = Annotated[str, typer.Option("--because", help="Why.")]
