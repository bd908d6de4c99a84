"""Puts a file into the folder of a connector: read once before, so that whoever brings it hears at once what is wrong."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from connectors.build import channel
from connectors.errors import Misconfigured
from connectors.folders import BIGGEST
from connectors.manifest import Manifest
from connectors.tables import SUFFIXES
from hub.audit.entry import Entry
from hub.model import Tally
from hub.pulling import manifest_of
from hub.spine import Hub
from hub.store import connectors
from hub.store.log import append

MARK: Final = 16
"""Hex digits of a file's keyed hash in its name: the same file is put there once."""


def upload(hub: Hub, name: str, path: Path) -> Tally:
    """
    Copy the file into the connector's folder, where the next pull reads it; leaves an entry.

    Counts as done or, where the very same file lies there, as skipped; words tell its rows and those for quarantine.
    Raises Misconfigured where the connector takes no files, or ChannelError for what is wrong with the file.
    """
    manifest = manifest_of(hub, name)
    folder = _folder(hub, manifest)
    content = _content(path)
    now, mark = hub.clock(), hub.vault.mac("upload", content).hex()
    if any(mark[:MARK] in one.name for one in _there(folder)):
        return Tally(verb="upload", skipped=1, notes=(f"{name}: berkas ini sudah ada / this file is there already",))
    with hub.store.begin() as work:
        connector = connectors.see(work, hub.vault, manifest, hub.actor, now)
        found = channel(manifest).look(content, now)
        append(
            work,
            Entry(
                act="uploaded",
                at=now,
                actor=hub.actor,
                connector=str(connector.id),
                region=connector.region,
                count=len(found.items),
                commitment=mark,
                detail={"bytes": len(content), "manifest": manifest.sha256},
            ),
        )
        _put(folder / f"{now:%Y%m%d-%H%M%S}-{mark[:MARK]}{path.suffix.lower()}", content)  # last: both or none
    wait = sum(one.trouble is not None for one in found.items)
    new = (f"{name}: kolom di luar manifes / columns beside the manifest: {', '.join(found.new)}",) if found.new else ()
    return Tally(verb="upload", done=1, words={"rows": len(found.items), "quarantine": wait}, notes=new)


def _folder(hub: Hub, manifest: Manifest) -> Path:
    folder = manifest.options.get("folder")
    if manifest.kind != "files" or not folder:
        raise Misconfigured(
            f"{manifest.name} takes no uploads.",
            hint="Its kind has to be files, with a folder.",
            code="no_uploads",
            indonesian=f"{manifest.name} tidak menerima unggahan: jenisnya harus files, dengan folder.",
        )
    root = hub.settings.inbox_folder.resolve()
    path = (root / str(folder)).resolve()
    if not path.is_relative_to(root) or path == root:
        raise Misconfigured(
            "with.folder lies outside of SATUPINTU_HOME/inbox.",
            hint="Files for it are put there by whoever keeps that folder.",
            code="folder_refused",
        )
    return path


def _content(path: Path) -> bytes:
    if path.suffix.lower() not in SUFFIXES:
        raise Misconfigured(f"{path.name} is none of {', '.join(SUFFIXES)}.", code="bad_suffix")
    try:
        with path.open("rb") as file:
            content = file.read(BIGGEST + 1)
    except OSError as error:
        raise Misconfigured(f"{path} cannot be read ({error.strerror}).", code="file") from None
    if len(content) > BIGGEST:
        raise Misconfigured(f"{path.name} is larger than {BIGGEST // 1024 // 1024} MiB.", hint="Split it.", code="file")
    return content


def _there(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []


def _put(path: Path, content: bytes) -> None:
    """Half a file never has the name."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    beside = path.with_name(f".{path.name}.part")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.rename(path)
