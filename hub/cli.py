"""The command line: where `satupintu` begins, and how it ends; hub.commands has the commands."""

from __future__ import annotations

import gc
import sys

from hub.commands.ending import Stop, begin
from hub.muting import KNOWN
from hub.screen import guarded, steers
from hub.telling import DONE, FAILED, WRONG_USE, complain

INTERRUPTED = 130
"""The exit code of Ctrl-C."""


def main() -> None:
    """The command `satupintu`: every failure is a sentence and an exit code, never a traceback."""
    gc.set_threshold(500_000)  # what is imported from here on stays: looking for garbage is a tenth of a start
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code; what it says cannot steer a terminal."""
    with guarded(KNOWN.clean):
        return _ended(arguments)


def _ended(arguments: list[str]) -> int:
    if any(map(steers, arguments)):
        complain("An argument holds an end of line or a sign that steers a terminal; write it without.")
        return WRONG_USE
    try:
        code = _command(arguments)
        if code == INTERRUPTED:
            complain("stopped; what was stored is kept, and the next run goes on.")
        return code if isinstance(code, int) else DONE
    except Stop as stop:
        return stop.code
    except BrokenPipeError:
        return FAILED
    except Exception as error:
        from hub.failures import explained

        return explained(error)


def _command(arguments: list[str]) -> object:
    """What the command returns; `pull NAME`, which is mostly start-up, goes without what reads a command line."""
    begin(arguments)
    match arguments:
        case ["pull", name] if name and not name.startswith("-"):
            from hub.commands.pulling import pull

            try:
                pull([name])
            except KeyboardInterrupt:
                return INTERRUPTED
    import typer

    from hub.commands.verbs import app

    try:
        return app(args=arguments, standalone_mode=False, prog_name="satupintu")
    except typer.Exit as end:
        return end.exit_code


if __name__ == "__main__":
    main()
