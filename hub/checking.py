"""Check: what a manifest says, what it lacks and who has to change it, for regional staff in Indonesian and English."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from connectors.build import channel
from connectors.errors import Misconfigured
from connectors.manifest import Manifest, advice, catalogue, load
from hub.glance import Glances
from hub.pulling import manifest_of
from hub.routing import load_registries
from hub.screen import line
from hub.settings import Settings
from hub.spine import Hub
from hub.stage_words import TITLES, YOU
from hub.staging import Stage, stages


def check(settings: Settings, paths: Sequence[Path]) -> int:
    """Check these manifests, or all of the folder and the registries; 0 where the hub can use every one of them."""
    if paths:
        told = [_one(path) for path in paths]
        return int(any(told))
    known = catalogue(settings.manifests, also=settings.registered_folder)
    registries = load_registries(settings.registries)
    found = [problem for manifest in known.good.values() if (problem := _built(manifest))]
    for problem in (*known.bad.values(), *registries.bad.values()):
        _tell(problem)
    if not known.good and not known.bad:
        print(f"Tidak ada manifes di {settings.manifests}. / There is no manifest in {settings.manifests}.")
    return int(bool(found or known.bad or registries.bad))


def is_file(what: str) -> bool:
    """Whether somebody means a file and not the name of a connector."""
    return what.endswith((".yaml", ".yml")) or "/" in what or Path(what).is_file()


def named(hub: Hub, what: str) -> Manifest:
    """The manifest in a file, or of a connector; raises Misconfigured."""
    return load(Path(what)) if is_file(what) else manifest_of(hub, what)


def on_record(hub: Hub, manifest: Manifest) -> bool:
    """Whether it is known who wrote it: the operator looks, or the hub runs this very text."""
    known = hub.manifests.good.get(manifest.name)
    return hub.who.is_operator or (known is not None and known.sha256 == manifest.sha256)


def check_all(settings: Settings, what: Sequence[str]) -> int:
    """The files, or the manifests of the connectors of these names, without any network."""
    known = catalogue(settings.manifests, also=settings.registered_folder)
    paths = [Path(one) if is_file(one) or one not in known.good else known.good[one].path for one in what]
    return check(settings, paths)


def check_there(hub: Hub, what: Sequence[str], glances: Glances) -> int:
    """Check each manifest, and then its channel in stages, as it answers now; 0 where nothing failed."""
    failed = False
    for one in what:
        try:
            manifest = named(hub, one)
            channel(manifest)
        except Misconfigured as problem:
            _tell(problem)
            failed = True
            continue
        _built(manifest)
        glance = glances(manifest, on_record=on_record(hub, manifest))
        for stage in stages(manifest, glance, hub.clock(), hub.settings.secrets_folder):
            failed = failed or stage.state == "failed"
            _told(stage)
    return int(failed)


_STATES: Final = {"good": "BAIK ", "warned": "AWAS ", "failed": "SALAH"}


def _told(stage: Stage) -> None:
    """Indonesian first, and the same in English beneath it."""
    head = f"  {_STATES[stage.state]}  {TITLES[stage.what]:<14} {stage.seconds:5.2f} s  "
    for start, said in ((head, stage.indonesian), (" " * len(head), stage.english)):
        print(f"{start}{said}")


def _one(path: Path) -> Misconfigured | None:
    try:
        return _built(load(path))
    except Misconfigured as problem:
        _tell(problem)
        return problem


def _built(manifest: Manifest) -> Misconfigured | None:
    try:
        channel(manifest)
    except Misconfigured as problem:
        _tell(problem)
        return problem
    print(f"BAIK / GOOD  {manifest.name}: {manifest.kind}, {line(manifest.owner)}, {manifest.schedule}")
    for indonesian, english in advice(manifest):
        print(f"  {indonesian}\n  {english}")
    return None


def _tell(problem: Misconfigured) -> None:
    if problem.indonesian:
        print(f"SALAH  {problem.indonesian}")
        print(f"WRONG  {problem}")
        print(f"       {YOU[0]} / {YOU[1]}")
    else:
        print(f"SALAH / WRONG  {problem}")
