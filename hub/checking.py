"""Check: what a manifest says, what it lacks and who has to change it, for regional staff in Indonesian and English."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from connectors.build import channel
from connectors.errors import Misconfigured
from connectors.manifest import Manifest, advice, catalogue, load
from hub.routing import load_registries
from hub.screen import line
from hub.settings import Settings


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
    else:
        print(f"SALAH / WRONG  {problem}")
