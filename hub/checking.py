"""Check: what a manifest says, what it lacks and who has to change it, for regional staff in Indonesian and English."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from connectors.build import channel
from connectors.errors import Misconfigured
from connectors.manifest import Manifest, advice, catalogue, load
from hub.routing import load_registries
from hub.settings import Settings


def check(settings: Settings, paths: Sequence[Path]) -> int:
    """Check these manifests, or all of the folder and the registries; 0 where the hub can use every one of them."""
    if paths:
        found = [_one(path) for path in paths]
        return int(any(problem for _, problem in found))
    known = catalogue(settings.manifests)
    registries = load_registries(settings.registries)
    for manifest in known.good.values():
        _built(manifest)
    problems = [*known.bad.values(), *registries.bad.values()]
    for problem in problems:
        print(f"SALAH / WRONG  {problem}")
    if not known.good and not known.bad:
        print(f"Tidak ada manifes di {settings.manifests}. / There is no manifest in {settings.manifests}.")
    return int(bool(problems))


def _one(path: Path) -> tuple[Path, Misconfigured | None]:
    try:
        _built(load(path))
    except Misconfigured as problem:
        print(f"SALAH / WRONG  {problem}")
        return path, problem
    return path, None


def _built(manifest: Manifest) -> None:
    channel(manifest)
    print(f"BAIK / GOOD  {manifest.name}: {manifest.kind}, {manifest.owner}, {manifest.schedule}")
    for indonesian, english in advice(manifest):
        print(f"  {indonesian}\n  {english}")
