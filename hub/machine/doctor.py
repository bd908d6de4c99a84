"""`satupintu doctor`: looks at this machine and says, in one line each, what is well and what to do about the rest."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from connectors.manifest import catalogue
from hub.audit import checkpoint
from hub.machine import spilt
from hub.machine.records import leftovers
from hub.routing import load_registries
from hub.settings import Settings
from hub.store.migrate import head, manifests_of, version_of
from hub.store.postmaster import running
from hub.store.problems import StoreProblem
from hub.store.server import Embedded

PYTHONS = ((3, 11), (3, 13))
ROOM = 1_000_000_000
"""Bytes free below which PostgreSQL soon stops."""
OLD = 4 * 3600
"""Seconds after which a published log is late (design section 7)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line: what was looked at, how it is, and what to do where it is not well."""

    what: str
    says: str
    well: bool = True


def doctor(settings: Settings) -> int:
    """Print one line a check; 0 where all is well, else 1. Nothing is changed and nobody's process is ended."""
    findings = [finding for check in CHECKS for finding in _made(check, settings)]
    for one in findings:
        print(f"{'OK  ' if one.well else 'LOOK'}  {one.what}: {one.says}")
    return 0 if all(one.well for one in findings) else 1


def _made(check: Callable[[Settings], Iterator[Finding]], settings: Settings) -> Iterator[Finding]:
    """What a check finds; that it cannot look is a finding too."""
    try:
        yield from check(settings)
    except (OSError, StoreProblem) as error:
        yield Finding(what=check.__name__.strip("_"), says=f"{error}", well=False)


def _python(_: Settings) -> Iterator[Finding]:
    least, most = PYTHONS
    well = least <= sys.version_info[:2] <= most
    advice = "" if well else f"; use {least[0]}.{least[1]} to {most[0]}.{most[1]}"
    yield Finding(what="Python", says=f"{sys.version.split()[0]} in {sys.prefix}{advice}", well=well)


def _home(settings: Settings) -> Iterator[Finding]:
    exists = settings.home.is_dir()
    says = str(settings.home) if exists else f"{settings.home} does not exist yet; the first command makes it"
    yield Finding(what="SATUPINTU_HOME", says=says)
    place = next(folder for folder in (settings.home, *settings.home.parents) if folder.is_dir())
    free = shutil.disk_usage(place).free
    well = free >= ROOM
    advice = "" if well else f"; PostgreSQL wants {ROOM // 1_000_000} MB, make room"
    yield Finding(what="disk", says=f"{free // 1_000_000} MB free at {place}{advice}", well=well)


def _keys(settings: Settings) -> Iterator[Finding]:
    """Nobody but the owner may read a key or a secret."""
    files = [path for folder in (settings.home / "keys", settings.secrets_folder) for path in folder.glob("*")]
    files += [settings.key_file] if settings.key_file and settings.key_file.exists() else []
    open_ones = [path for path in files if path.is_file() and path.stat().st_mode & 0o077]
    for path in sorted(open_ones):
        yield Finding(what="keys", says=f"others can read {path}; run: chmod 600 '{path}'", well=False)
    if not open_ones:
        yield Finding(what="keys", says=f"{len(files)} keys and secrets, readable by their owner only")


def _database(settings: Settings) -> Iterator[Finding]:
    if settings.database_url:
        yield _tables(settings.migration_url or settings.database_url, "SATUPINTU_DATABASE_URL")
        return
    folder = settings.home / "postgres"
    if not (folder / "PG_VERSION").exists():
        yield Finding(what="database", says="the embedded server is made by the first command")
        return
    if (folder / "postmaster.pid").exists() and running(folder) is None:
        yield Finding(what="server", says="it was killed; its next start reads its log first, which may take a minute")
    with Embedded(settings.home) as server:
        yield _tables(server.superuser_url, "the embedded server")


def _secrets(settings: Settings) -> Iterator[Finding]:
    """No secret stands in a manifest or a registry's file, nor in what they were: where is said, what is masked."""
    told, done = 0, spilt.retired(settings)
    retired = 0
    for look in _looks(settings):
        try:
            for found in look:
                retired += (gone := found.past and found.place in done)
                told += not gone
                if not gone:
                    yield Finding(what="secret", says=_spilt(settings, found), well=False)
        except spilt.Unseen as unseen:
            yield Finding(what="secrets", says=str(unseen), well=False)
    if not told:
        says = "tidak ada di manifes dan riwayatnya / none in manifests and their history"
        yield Finding(what="secrets", says=says + (f" ({retired} retired)" if retired else ""))


def _looks(settings: Settings) -> Iterator[Iterator[spilt.Found]]:
    for folder in dict.fromkeys((settings.manifests, settings.registries)):
        if folder.is_dir():
            yield spilt.in_files(folder)
            yield spilt.in_git(folder)
    if settings.database_url:
        yield spilt.in_versions(manifests_of(settings.migration_url or settings.database_url))
    elif (settings.home / "postgres" / "PG_VERSION").exists():
        with Embedded(settings.home) as server:
            yield spilt.in_versions(manifests_of(server.superuser_url))


def _spilt(settings: Settings, found: spilt.Found) -> str:
    where, what = found.place, f"{found.spill.kind} {found.spill.masked}"
    if not found.past:
        return (
            f"{where}: {what}. Pengelola TI yang menulis berkas ini mengganti rahasianya di portal, operator menyimpannya, "
            "lalu berkas hanya merujuk ${secret:NAMA} / whoever keeps this file changes the secret at the portal, the "
            "operator stores the new one, and the file only refers to ${secret:NAME}"
        )
    file = settings.home / spilt.RETIRED
    return (
        f"{where}: {what}. Riwayat tetap memuatnya: pengelola TI mematikan rahasia itu di portal, lalu operator menulis "
        f"tempat ini di {file} / history keeps it: IT staff revoke it at the portal, then the operator writes this "
        f"place into {file}"
    )


def _tables(url: str, where: str) -> Finding:
    found, newest = version_of(url), head()
    if found == newest:
        return Finding(what="database", says=f"{where} answers, tables are of version {newest}")
    return Finding(what="database", says=f"{where} answers; the next command brings {found or 'no'} tables to {newest}")


def _manifests(settings: Settings) -> Iterator[Finding]:
    if not settings.manifests.is_dir():
        says = f"{settings.manifests} is missing; make it or set SATUPINTU_MANIFESTS"
        yield Finding(what="manifests", says=says, well=False)
        return
    found = catalogue(settings.manifests, also=settings.registered_folder)
    yield Finding(what="manifests", says=f"{len(found.good)} good, {len(found.bad)} broken in {settings.manifests}")
    for problem in found.bad.values():
        yield Finding(what="manifest", says=str(problem), well=False)


def _registries(settings: Settings) -> Iterator[Finding]:
    found = load_registries(
        settings.registries, url=settings.registry_url, auth=settings.registry_auth, token=settings.registry_token
    )
    yield Finding(what="registries", says=f"{len(found.good)} good, {len(found.bad)} broken in {settings.registries}")
    for problem in found.bad.values():
        yield Finding(what="registry", says=str(problem), well=False)


def _processes(settings: Settings) -> Iterator[Finding]:
    """Only what a run of this home started; a run that goes on has them too."""
    found = leftovers(settings.home)
    if not found:
        yield Finding(what="processes", says="nothing of this home is running")
    elif _held(settings.home / "up.lock"):
        yield Finding(what="processes", says=f"running: {', '.join(record.name for record, _ in found)}")
    else:
        for record, members in found:
            numbers = " ".join(map(str, members))
            says = f"{record.name} is left over from a run that is gone; end it with: kill -9 {numbers}"
            yield Finding(what="processes", says=says, well=False)


def _held(lock: Path) -> bool:
    import fcntl

    if not lock.exists():
        return False
    with lock.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _log(settings: Settings) -> Iterator[Finding]:
    file = settings.log_folder / "checkpoint"
    if not file.exists():
        yield Finding(what="audit log", says="nothing is published yet; 'satupintu seal' does it")
        return
    try:
        size = checkpoint.parsed(file.read_text()).size
    except ValueError:
        says = f"{file} is damaged; 'satupintu seal' writes it anew from the database"
        yield Finding(what="audit log", says=says, well=False)
        return
    age = datetime.now(UTC).timestamp() - file.stat().st_mtime
    late = f"; it is {age / 3600:.0f} h old, run 'satupintu seal'" if age > OLD else ""
    yield Finding(what="audit log", says=f"{size} entries are published in {settings.log_folder}{late}", well=not late)


CHECKS = (_python, _home, _keys, _database, _manifests, _registries, _secrets, _processes, _log)
