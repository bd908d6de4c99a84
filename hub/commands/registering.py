"""Commands by which a region's own people bring a channel in: stored in versions, tried, and let go by a second person."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from hub.commands.shared import BecauseAsIs, Stop, end, opened, person, wrong_use
from hub.settings import Settings
from hub.spine import Hub
from hub.telling import DONE, FAILED

app = typer.Typer()
Name = Annotated[str, typer.Argument(help="Name of a connector.")]
Who = Annotated[
    str | None, typer.Option("--by", help="The person who does it; with a token it is its bearer.", callback=person)
]


def who(hub: Hub, by: str | None) -> str:
    """Who does it, named; the operator has to say it, because a second person is asked for later."""
    if not hub.who.is_operator:
        return hub.who.name
    return by or wrong_use(
        "Tulis siapa yang melakukannya: --by NAMA (orang kedua harus orang lain). / Say who does it: --by NAME (the second "
        "person has to be somebody else)."
    )


@app.command()
def kinds(
    kind: Annotated[str | None, typer.Argument(help="One kind, with all its keys.")] = None,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="As tables for a page.")] = False,
) -> None:
    """Which kinds of channel there are, what to have ready for one, and its keys; made from the code."""
    from hub.kinds import listed, markdown, page, pages, told

    Settings.read()  # makes the operator's own kinds known
    if as_markdown:
        for one in [page(kind)] if kind else pages():
            print(f"## {one.name}\n\n{markdown(one)}")
    else:
        print("\n".join(told(page(kind)) if kind else listed()))


@app.command()
def check(
    what: Annotated[
        list[str] | None, typer.Argument(metavar="NAME|FILE…", help="Connectors or manifests; none = all, offline.")
    ] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Read the manifests only, and ask no channel.")] = False,
) -> None:
    """Read manifests as the hub would, then go to the channel: name, connection, certificate, login, right, first page, rows,
    and when what opens it ends. Each stage is told in Indonesian and English, with its remedy; nothing is stored.
    """
    from hub.checking import check_all, check_there

    if offline or not what:
        raise Stop(check_all(Settings.read(), what or []))
    from hub.wire import glances

    with opened() as hub, glances(hub) as look:
        raise Stop(check_there(hub, what, look))


@app.command()
def preview(
    what: Annotated[str, typer.Argument(metavar="NAME|FILE", help="A connector or a manifest.")],
    count: Annotated[int, typer.Option("--count", min=1, max=50, help="How many records.")] = 5,
    sample: Annotated[
        Path | None, typer.Option("--sample", metavar="FILE", help="Records from this file instead of the channel.")
    ] = None,
) -> None:
    """Show a few records as the channel gives them beside what they would become, with what is wrong at its field.

    Personal data are masked, and nothing is stored.
    """
    from hub.checking import named, on_record
    from hub.previewing import preview as looked
    from hub.previewing import show
    from hub.wire import glances

    with opened() as hub, glances(hub) as look:
        manifest = named(hub, what)
        glance = look(manifest, on_record=on_record(hub, manifest))
        records = looked(manifest, glance, count=count, sample=sample)
    raise Stop(DONE if show(records, _side_by_side, print) else FAILED)


def _side_by_side(rows: Sequence[Sequence[str]]) -> None:
    from rich.table import Table

    from hub.screen import console, shown

    table = Table(show_lines=False, pad_edge=False)
    for head in ("kolom / field", "letak / path", "di kanal / there", "menjadi / becomes", "catatan / note"):
        table.add_column(head, overflow="fold")
    for row in rows:
        table.add_row(*map(shown, row))
    console(160).print(table)


@app.command()
def register(
    what: Annotated[str, typer.Argument(metavar="FILE", help="A manifest; with --back-to the name of a connector.")],
    back_to: Annotated[
        int | None, typer.Option("--back-to", metavar="N", help="Make version N of that name the newest one.")
    ] = None,
    by: Who = None,
) -> None:
    """Store a manifest as the next version of its name: it collects in shadow mode until a second person activates it."""
    from hub.registering import put_back
    from hub.registering import register as store

    with opened() as hub:
        if back_to is not None:
            end(put_back(hub, what, back_to, by=who(hub, by)))
        end(store(hub, Path(what), by=who(hub, by)))


@app.command()
def activate(name: Name, by: Who = None, because: BecauseAsIs = "") -> None:
    """Let a registered connector send on, as a second person of the same region or its province; from today on unless its
    manifest says otherwise.
    """
    from hub.registering import activate as let

    _without_people(because)
    with opened() as hub:
        end(let(hub, name, by=who(hub, by), because=because))


@app.command()
def deactivate(name: Name, because: BecauseAsIs, by: Who = None) -> None:
    """Run a registered connector no more; what was taken goes on, and answers still go back."""
    from hub.registering import deactivate as stop

    _without_people(because)
    with opened() as hub:
        end(stop(hub, name, by=who(hub, by), because=because))


@app.command()
def history(
    name: Name,
    show: Annotated[int | None, typer.Option("--show", metavar="N", help="Write the text of version N.")] = None,
) -> None:
    """Every version of a registered connector: number, what was done, how it runs, who, when and why."""
    from hub.register_words import no_version
    from hub.registering import history as past

    with opened() as hub:
        versions = past(hub, name)
        if show is None:
            for one in versions:
                why = f"  {one.because}" if one.because else ""
                print(
                    f"{one.version}  {_ACTS[one.act]}  {_STATES[one.state]}  {one.made_by}  {one.made_at:%Y-%m-%d %H:%M}Z{why}"
                )
            return
        found = next((one for one in versions if one.version == show), None)
        if found is None:
            raise no_version(name, show)
        print(found.body, end="")


_ACTS = {
    "registered": "didaftarkan / registered",
    "put_back": "dikembalikan / put back",
    "activated": "diaktifkan / activated",
    "deactivated": "dihentikan / deactivated",
}
_STATES = {
    "shadow": "uji coba / shadow",
    "active": "aktif / active",
    "disabled": "nonaktif / disabled",
}


def _without_people(because: str) -> None:
    from hub.identity import looks_personal

    if looks_personal(because):
        wrong_use(
            "Alasan tersimpan selamanya; tulis tanpa nomor atau alamat orang. / The reason stays in the log for ever. Write "
            "it without number or address of a person."
        )
