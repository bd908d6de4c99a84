"""The command that drafts a manifest from a sample of what a channel sends."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from hub.commands.shared import wrong_use
from hub.settings import Settings

app = typer.Typer()
_NAME: Final = re.compile(r"[a-z0-9-]{1,60}")
_REGION: Final = re.compile(r"[0-9]{2}(\.[0-9]{2}(\.[0-9]{2}(\.[0-9]{4})?)?)?")
_LONGEST: Final = 200


@app.command()
def new(
    kind: Annotated[str, typer.Argument(help="rest, sql, files, … (satupintu kinds)")],
    sample: Annotated[
        Path | None,
        typer.Option(
            "--from", metavar="FILE", help="What the channel sends: JSON, CSV, XLSX, XLS, ODS, XML, CREATE TABLE."
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="A new file; else standard output.")] = None,
    name: Annotated[str, typer.Option("--name", help="Name of the channel: a-z, 0-9, hyphens.")] = "",
    owner: Annotated[str, typer.Option("--owner", help="Whose channel it is.")] = "",
    region: Annotated[str, typer.Option("--region", help="Kemendagri code, such as 35.10.")] = "",
    contact: Annotated[str, typer.Option("--contact", metavar="MAIL", help="Whom to ask.")] = "",
    url: Annotated[str, typer.Option("--url", help="Address of the listing.")] = "",
) -> None:
    """Draft a manifest from a sample: each line says how sure it is; nothing that citizens wrote is in it."""
    from connectors.drafting.draft import About, draft
    from connectors.drafting.payloads import FIXED
    from connectors.errors import Misconfigured

    Settings.read()  # makes the operator's own kinds known
    about = About(
        name=_named(name, out, sample), owner=owner[:_LONGEST], region=_placed(region), contact=contact, url=url
    )
    try:
        made = draft(kind, b"" if sample is None and kind in FIXED else _read(sample), about)
    except Misconfigured as error:
        wrong_use(f"{error.indonesian}\n{error}" if error.indonesian else str(error))
    _write(made.text, out)
    where, told = out or "FILE", sys.stdout if out else sys.stderr
    print(
        f"Rancangan jadi: {made.check} baris bertanda PERIKSA / CHECK perlu dilihat. Lalu: satupintu check {where}",
        file=told,
    )
    print(
        f"The draft is made: look at {made.check} lines marked PERIKSA / CHECK. Then: satupintu check {where}",
        file=told,
    )


def _named(name: str, out: Path | None, sample: Path | None) -> str:
    given = name or (out.stem if out else "") or (sample.stem if sample else "") or "kanal-baru"
    plain = re.sub(r"[^a-z0-9]+", "-", given.lower()).strip("-")[:60] or "kanal-baru"
    if name and name != plain:
        wrong_use(f"new: --name hanya huruf kecil, angka dan tanda hubung. / Write --name as {plain}.")
    return plain


def _placed(region: str) -> str:
    from connectors import regions

    if region and (not _REGION.fullmatch(region) or regions.zone(region) is None):
        wrong_use(
            "new: --region adalah kode Kemendagri, misalnya 35.10. / --region is a Kemendagri code, such as 35.10."
        )
    return region


def _read(sample: Path | None) -> bytes:
    from connectors.drafting.samples import LARGEST

    if sample is None:
        wrong_use("new: berikan contohnya dengan --from BERKAS. / Give a sample with --from FILE.")
    try:
        with sample.open("rb") as file:
            return file.read(LARGEST + 1)
    except OSError:
        wrong_use(f"new: {sample} tidak dapat dibaca. / It cannot be read.")


def _write(text: str, out: Path | None) -> None:
    if out is None:
        print(text, end="")
        return
    try:
        with out.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        there = isinstance(error, FileExistsError)
        why = "sudah ada / is there already" if there else "tidak dapat ditulis / cannot be written"
        wrong_use(f"new: {out}: {why}.")
