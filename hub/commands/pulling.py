"""The command that runs most often, many times an hour for each channel, without what reads a command line."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NoReturn

from hub.commands.ending import Stop, end, opened, tell_broken, wrong_use
from hub.commands.progress import showing
from hub.telling import DONE, exit_code, say


def pull(
    names: Sequence[str],
    *,
    every: bool = False,
    since: str | None = None,
    until: str | None = None,
    sweep: bool = False,
) -> NoReturn:
    """Pull these connectors, or every one; ends with Stop."""
    from hub import steps
    from hub.pulling import enabled

    if bool(names) == every:
        wrong_use("pull: name the connectors, or say --all.")
    if (since or until) and (sweep or every or len(names) != 1):
        wrong_use("pull: --since and --until are for one connector by its name, and without --sweep.")
    with opened(only=names[0] if len(names) == 1 else None) as hub:
        if len(names) == 1:
            with showing() as shown:
                tally = steps.pull(hub, names[0], since=since, until=until, sweep=sweep, progress=shown)
            end(tally)
        with showing() as shown:
            one = partial(steps.pull, sweep=sweep, progress=shown)
            tallies = [steps.kept("pull", one, hub, name) for name in names or enabled(hub)]
        for tally in tallies:
            say(tally)
        raise Stop(max(tell_broken(hub) if every else DONE, 0) or exit_code(tallies))
