"""Commands about desks that work with sheets: their workbook, their files, and the daily mail to those who keep a channel."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hub.commands.shared import end, opened, wrong_use

app = typer.Typer()
template = typer.Typer(help="Empty registers for desks.", no_args_is_help=True)
contacts = typer.Typer(help="The people who keep channels.", no_args_is_help=True)
app.add_typer(template, name="template")
app.add_typer(contacts, name="contacts")


@template.command("xlsx")
def template_xlsx(
    region: Annotated[str, typer.Option("--region", help="Kemendagri code of a regency or city, such as 63.04.")],
    out: Annotated[Path | None, typer.Option("--out", help="A new file; none = register-<region>.xlsx here.")] = None,
    kecamatan: Annotated[
        str | None, typer.Option("--kecamatan", help="Names, separated by commas; none = SATUPINTU_HOME/regions/*.csv.")
    ] = None,
) -> None:
    """Write a register with drop-downs of kecamatan and categories, which the kind `files` reads as it is."""
    from connectors.regions import places
    from connectors.workbook import kecamatan_of, workbook
    from hub.settings import Settings
    from schemas.words import CATEGORIES

    folder = Settings.read().home / "regions"
    found = places().regions.get(region)
    if found is None or region.count(".") != 1:
        wrong_use(f"template xlsx: {region} is no regency or city.")
    names = [one.strip() for one in kecamatan.split(",") if one.strip()] if kecamatan else kecamatan_of(region, folder)
    if not names:
        wrong_use(
            f"template xlsx: tidak ada kecamatan {region} di {folder}; tulis --kecamatan 'A,B,C' / there are no kecamatan of "
            f"{region} in {folder}: say --kecamatan 'A,B,C'."
        )
    path = out or Path(f"register-{region}.xlsx")
    content = workbook(f"Register aduan {found.name}", names, list(CATEGORIES.values()))
    try:
        with path.open("xb") as file:
            file.write(content)
    except OSError as error:
        wrong_use(f"template xlsx: {path} cannot be written ({error.strerror}).")
    print(f"{path}: {len(names)} kecamatan, {len(CATEGORIES)} kategori / categories")


@app.command("upload")
def upload(connector: str, file: Annotated[Path, typer.Argument(help="CSV, XLSX, XLS, XLSB or ODS.")]) -> None:
    """Put a file into the folder of a connector of kind `files`, where the next pull reads it."""
    from hub.uploading import upload as put

    with opened(only=connector) as hub:
        end(put(hub, connector, file))


@contacts.command("mail")
def contacts_mail() -> None:
    """Send each contact its mail of today: answers without a way in, what waits in quarantine, silent channels."""
    from hub.contacting import mail

    with opened() as hub:
        end(mail(hub))
