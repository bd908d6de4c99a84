"""Register: a region's own people store a manifest in versions, and a second person lets it forward."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from connectors import yaml_file
from connectors.build import channel
from connectors.manifest import Manifest, catalogue, identity, made
from hub import register_words as words
from hub.access import NotAllowed, covers
from hub.amended import amended
from hub.audit.entry import Detail, Entry
from hub.model import Tally
from hub.placing import release_held
from hub.registered import lay_out
from hub.spine import Hub
from hub.store import complaints, connectors, registrations
from hub.store.log import append
from hub.store.registrations import Version
from hub.store.work import Work

_SHADOW: dict[str, Any] = {"shadow": True, "disabled": None}


# storing -----------------------------------------------------------------------------------------------------------


def register(hub: Hub, path: Path, *, by: str) -> Tally:
    """Store a manifest as the next version of its name, in shadow. Raises Misconfigured, NotRegistered, NotAllowed."""
    written = yaml_file.read(path)
    manifest = made(written)
    channel(manifest)
    if not manifest.contact.get("email") and not manifest.contact.get("phone"):
        raise words.no_contact(manifest)
    _within(hub, manifest.region)
    if manifest.name in catalogue(hub.settings.manifests, only=manifest.name).good:
        raise words.taken(manifest.name)
    now = hub.clock()
    with hub.store.begin() as work:
        past = _any_past(work, hub, manifest.name)
        _no_twin(work, hub, manifest)
        body = amended(written.text, _SHADOW | {"name": manifest.name} | _from_before(written.value, past))
        if past and _plain(past[-1].body) == _plain(body):
            return Tally(verb="register", skipped=1, notes=words.same(past[-1]))
        one = _next(past, _made(hub, manifest.name, body), act="registered", state="shadow", by=by, now=now)
        _keep(work, hub, one, past, "changed" if past else "new")
        notes = words.stored(one, _running(past) if past else None)
    return Tally(verb="register", done=1, notes=notes)


def put_back(hub: Hub, name: str, version: int, *, by: str) -> Tally:
    """
    An earlier version becomes the newest one. One that was activated runs at once where the connector is active: two
    people have agreed to it already; any other waits for its second person. Raises NotRegistered, NotAllowed.
    """
    now = hub.clock()
    with hub.store.begin() as work:
        past = _past(work, hub, name)
        old = next((one for one in past if one.version == version), None)
        if old is None:
            raise words.no_version(name, version)
        at_once = old.state == "active" and _running(past).state == "active"
        manifest = _made(hub, name, old.body if at_once else amended(old.body, _SHADOW))
        state = "active" if at_once else "shadow"
        one = _next(past, manifest, act="put_back", state=state, by=by, now=now, of=version)
        _keep(work, hub, one, past, "put_back")
        _see(work, hub, manifest, now, only=at_once)
        notes = words.stored(one, _running(past))
    return Tally(verb="register", done=1, notes=notes)


def history(hub: Hub, name: str) -> list[Version]:
    """Every version of one name that the caller may see, oldest first; raises NotRegistered where there is none."""
    with hub.store.begin() as work:
        return _past(work, hub, name)


# running -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Activated:
    """What runs from now on."""

    connector: connectors.Connector | None
    """None where the channel has never been pulled."""
    due: int
    """Complaints that shadow mode holds and that are to be sent."""
    older: int
    """Those from before `forward.from`, which stay held."""


def activate(hub: Hub, name: str, *, by: str, because: str = "") -> Tally:
    """
    A second person lets the newest version forward, from today on unless it says otherwise; what shadow mode has held
    since then goes out, unless it is more than `forward.first`. Raises NotRegistered, NotAllowed.
    """
    now = hub.clock()
    with hub.store.begin() as work:
        past = _past(work, hub, name)
        newest, manifest = past[-1], _made(hub, name, past[-1].body)
        if newest.state != "active":
            if newest.made_by.strip().casefold() == by.strip().casefold():
                raise words.not_the_same_person(newest)
            manifest = _made(hub, name, amended(newest.body, _opened(newest.body, manifest, now)))
            one = _next(past, manifest, act="activated", state="active", by=by, now=now, of=newest.version)
            _keep(work, hub, replace(one, because=because[:500] or None), past, "active")
            _see(work, hub, manifest, now)
        found = _found(work, manifest)
    notes = words.opened(manifest, pulled=found.connector is not None, due=found.due, older=found.older)
    sent: Mapping[str, int] = {}
    if found.connector and 0 < found.due <= manifest.forward.first:
        sent = release_held(
            hub,
            manifest,
            found.connector,
            reason="shadow",
            by=by,
            because=because or "activated",
            since=found.connector.forward_from,
        )
    return Tally(verb="activate", done=1, words=dict(sent), notes=notes)


def deactivate(hub: Hub, name: str, *, by: str, because: str) -> Tally:
    """
    The connector is not run any more until somebody activates it; what was taken is kept, and answers still go back.

    Raises NotRegistered, NotAllowed.
    """
    now = hub.clock()
    with hub.store.begin() as work:
        past = _past(work, hub, name)
        runs = _running(past)
        if runs.state == "disabled":
            return Tally(verb="deactivate", skipped=1, notes=words.same(runs))
        manifest = _made(hub, name, amended(runs.body, {"disabled": True}))
        one = _next(past, manifest, act="deactivated", state="disabled", by=by, now=now, of=runs.version)
        _keep(work, hub, replace(one, because=because[:500] or None), past, "disabled")
        _see(work, hub, manifest, now)
    return Tally(verb="deactivate", done=1, notes=words.ended(name))


def _opened(body: str, manifest: Manifest, now: datetime) -> dict[str, Any]:
    """The keys that change with activation; `forward.from` is the day itself where the manifest says nothing."""
    if manifest.forward.since is not None:
        return {"shadow": None, "disabled": None}
    forward = yaml_file.parsed(manifest.path, body.encode()).value.get("forward", {})
    today = now.astimezone(ZoneInfo(manifest.zone)).date().isoformat()
    return {"shadow": None, "disabled": None, "forward": {**forward, "from": today}}


def _found(work: Work, manifest: Manifest) -> _Activated:
    connector = connectors.find(work, manifest.name)
    if connector is None:
        return _Activated(connector=None, due=0, older=0)
    held = len(complaints.held(work, connector.id, "shadow"))
    due = len(complaints.held(work, connector.id, "shadow", connector.forward_from))
    return _Activated(connector=connector, due=due, older=held - due)


def _within(hub: Hub, region: str) -> None:
    if not covers(hub.who.region, region):
        raise NotAllowed(words.outside(region, hub.who.region))


def _no_twin(work: Work, hub: Hub, manifest: Manifest) -> None:
    """No name takes the past of a connector that is not the caller's, and no channel has two names."""
    own = (manifest.name, manifest.renamed_from)
    for name in filter(None, own):
        if known := connectors.find(work, name):
            _within(hub, known.region)
    mark = identity(manifest)
    near = (
        (one.name, one.region) for one in hub.manifests.good.values() if one.name not in own and identity(one) == mark
    )
    if other := next(near, None) or connectors.twin(work, hub.vault.mac("identity", mark.encode()), *own):
        name, region = other
        raise words.twin(name if covers(hub.who.region, region) else None)


# what both need ----------------------------------------------------------------------------------------------------


def _past(work: Work, hub: Hub, name: str) -> list[Version]:
    """The versions so far, which nobody else adds to until the transaction ends. Raises NotRegistered where there is none."""
    past = _any_past(work, hub, name)
    if not past:
        raise words.unknown(name)
    return past


def _any_past(work: Work, hub: Hub, name: str) -> list[Version]:
    work.lock(f"registration {name}")
    past = registrations.every(work, name)
    if past:
        _within(hub, past[-1].region)
    return past


def _running(past: Sequence[Version]) -> Version:
    return next((one for one in reversed(past) if one.state != "shadow"), past[-1])


def _made(hub: Hub, name: str, body: str) -> Manifest:
    """The manifest of this text, as it will be read from its file."""
    return made(yaml_file.parsed(hub.settings.registered_folder / f"{name}.yaml", body.encode()))


def _next(
    past: Sequence[Version], manifest: Manifest, *, act: str, state: str, by: str, now: datetime, of: int | None = None
) -> Version:
    return Version(
        name=manifest.name,
        version=past[-1].version + 1 if past else 1,
        region=manifest.region,
        act=act,
        state=state,
        body=manifest.text,
        sha256=manifest.sha256,
        from_version=of,
        made_by=by,
        made_at=now,
    )


_ACTS = {"registered": "registered", "put_back": "registered", "activated": "activated", "deactivated": "deactivated"}


def _keep(work: Work, hub: Hub, one: Version, past: Sequence[Version], code: str) -> None:
    """Write the version and its entry, and lay it out as a file."""
    registrations.add(work, one)
    detail: dict[str, Detail] = {"name": one.name, "version": one.version, "manifest": one.sha256}
    if past:
        detail |= {"was": past[-1].sha256, "was_version": past[-1].version, "was_region": past[-1].region}
    if one.from_version is not None:
        detail["from_version"] = one.from_version
    if one.because:
        detail["because"] = one.because
    append(
        work, Entry(act=_ACTS[one.act], at=one.made_at, actor=one.made_by, region=one.region, code=code, detail=detail)
    )
    lay_out(hub.settings.registered_folder, registrations.running(work, one.name), one.name)


def _see(work: Work, hub: Hub, manifest: Manifest, now: datetime, *, only: bool = True) -> None:
    """A connector that is known already is as its manifest says from this moment on, not from its next pull on."""
    if only and connectors.find(work, manifest.name):
        connectors.see(work, hub.vault, manifest, hub.actor, now)


def _from_before(value: Mapping[str, Any], past: Sequence[Version]) -> dict[str, Any]:
    """A version that says nothing of it keeps the day from which the one before was sent on."""
    forward = value.get("forward", {})
    old = yaml_file.parsed(Path("manifest.yaml"), past[-1].body.encode()).value.get("forward", {}) if past else {}
    return {"forward": {**forward, "from": old["from"]}} if "from" in old and "from" not in forward else {}


def _plain(body: str) -> dict[str, Any]:
    """What a text says, whichever way it is run."""
    value = yaml_file.parsed(Path("manifest.yaml"), body.encode()).value
    return {key: one for key, one in value.items() if key not in _SHADOW}
