"""The hub key: what it wraps, and how it is changed."""

from __future__ import annotations

import typer

from hub.commands.shared import Because, By, decider, end, opened, wrong_use

app = typer.Typer()
keys = typer.Typer(help="The hub key that wraps every data key: which wraps how much, and changing it.")
app.add_typer(keys, name="keys")
_PLACES = {
    "present": "sekarang / present",
    "next": "sedang diganti ke sini / being changed to",
    "old": "lama / old",
    "setting": "dari setelan / from the setting",
    "missing": "TIDAK ADA DI SINI / NOT HERE",
}


@keys.callback(invoke_without_command=True)
def shown(context: typer.Context) -> None:
    """Say which hub keys are here or needed, by fingerprint, and how many data keys each wraps; shows no key."""
    if context.invoked_subcommand:
        return
    from hub.rotating import standing

    with opened() as hub:
        for one in standing(hub):
            print(f"{one.fingerprint}  {one.wraps:>10}  {_PLACES[one.place]}{f'  {one.path}' if one.path else ''}")


@keys.command("rotate")
def rotate(because: Because, by: By = "") -> None:
    """Make a new hub key beside the old one and wrap every data key with it; may be stopped, and goes on when run again.

    The hub goes on working meanwhile: both keys are read. Keys of hashes stay, so nothing is found differently.
    """
    from hub.rotating import Alone
    from hub.rotating import rotate as rotated

    if not because.strip():
        wrong_use("keys rotate: say why (--because).")
    with opened() as hub:
        try:
            end(rotated(hub, by=by.strip() or decider(hub), because=because.strip()))
        except Alone as alone:
            wrong_use(str(alone))
