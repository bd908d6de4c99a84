"""What strangers type to break a program goes through every door and comes out of every command as what it is: text."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from hub import steps
from tests import naughty
from tests.scenario.conftest import Portals, Site
from tests.scenario.letters import MAIL, X, doors, mail, post
from tests.scenario.test_ids_used_again import record

NAMES = ("jatim-portal", MAIL, X)
TEXTS = [*naughty.MARKUP, *naughty.FORMULAS, *naughty.STEERING, *naughty.ODD]
COMMANDS = (
    "status", "status jatim-portal", "check", "deliveries", "deliveries --state confirmed --state queued", "answers list",
    "cases", "cases --needs-review", "hold list", "registry show sp4n", "watch", "seal", "audit log --limit 0",
    "audit sample --n 30 --seed 1", "audit pack --out {0}/pack.zip", "audit export {0}/log",
)  # fmt: skip
JSON = (
    "export items",
    "export complaints",
    "export quarantine",
    "export deliveries --masked",
    "audit log --limit 0 --json",
)


def row(number: int, text: str) -> dict[str, Any]:
    """A complaint whose every field is so."""
    who = {"pelapor": {"nama": text, "hp": text, "email": text, "nik": text}}
    said = {"judul": text, "isi": f"Jalan rusak {number}. {text}", "alamat": text}
    odd = {"kategori": text, "sumber": text} if number % 2 else {}
    return record({**said, **who}, number % 20 + 1, f"N-{number} {text[:40]}", **odd)


def judged(site: Site, folder: Path) -> dict[str, str]:
    """What is wrong with the words of any command."""
    wrong = {}
    for line in COMMANDS:
        said = site.command(*line.format(folder).split())
        assert said.code in (0, 3), (line, said.err)
        wrong[line] = naughty.steering(said.out + said.err)
    for line in JSON:
        said = site.command(*line.split())
        assert said.code == 0 and said.out, (line, said.err)
        wrong[line] = next(filter(None, map(_json, said.out.splitlines())), "")
    return {line: what for line, what in wrong.items() if what}


def _json(line: str) -> str:
    json.loads(line)
    return naughty.steering(line, lines=False) or ("" if line.isascii() else "a letter beyond ASCII")


def letter(number: int, text: str) -> bytes:
    """A mail whose subject, sender's name and words are so, in encoded words that hold any sign (RFC 2047)."""
    plain = mail(
        number, f"Lampu mati {number}. {_utf8(text).decode()}", subject="PERIHAL", sender="NAMA <a@surat.example>"
    )
    word = b"=?utf-8?b?" + base64.b64encode(_utf8(text)[:300]) + b"?="
    return plain.replace(b"PERIHAL", word).replace(b"NAMA <a@", word + b" <warga%d@" % number)


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "replace")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("texts", "mailed", "posted"),
    [
        pytest.param(TEXTS, naughty.MARKUP, naughty.STEERING, id="some at each door"),
        pytest.param(*[naughty.everything()] * 3, marks=pytest.mark.campaign, id="all at every door"),
    ],
)
def test_no_text_is_more_than_text(
    empty_site: Site,
    add_portal: Portals,
    tmp_path: Path,
    texts: Sequence[str],
    mailed: Sequence[str],
    posted: Sequence[str],
) -> None:
    """
    Markup, formulas, escapes, SQL, paths and templates in every field of portal, mail and X, in the owner's name, in the
    registry's answers: every item is kept and counted, nothing is written beside the home, terminal and messages get
    no sign that steers and no tag, and the tables are all there afterwards.
    """
    portal = add_portal(
        [row(number, text) for number, text in enumerate(texts)], owner="Dinas \x85\u202e<b>Contoh</b> [red]"
    )
    mails = [letter(n, t) for n, t in enumerate(mailed)]
    posts = [post(n, f"@kanal_aduan lubang {n} {t} #aduan", author=n) for n, t in enumerate(posted)]
    users = {str(n): {"id": str(n), "username": f"warga_{n}", "name": t} for n, t in enumerate(posted)}
    with doors(empty_site, mails, posts, users) as (box, x), empty_site.hub() as hub:
        steps.sync(hub, NAMES)
        for text in dict.fromkeys((*mailed, *posted)):
            ids = [one["complaint_id"] for one in empty_site.registered()]
            order = {"to": "Dalam Proses", "ids": ids[:2], "answer": f"Sudah {text}"}
            requests.post(f"{empty_site.addresses['registry']['url']}/_sandbox/advance", json=order, timeout=30)
        for _ in range(2):
            empty_site.clock.sleep(3700)
            steps.sync(hub, NAMES)
        assert judged(empty_site, tmp_path) == {}
        sent = [one.get_content() for one in box.sent()] + [one["text"] for one in x.state.replies]
        told = [str(one.get("catatan", "")) for one in portal.state.records]
        assert sent and {text: what for text in (*sent, *told) if (what := naughty.words(text.replace("\r", "")))} == {}
    items = {json.loads(line)["ref"] for line in empty_site.command("export", "items", "jatim-portal").out.splitlines()}
    assert len(items) == len(texts)
    assert yaml.safe_load((empty_site.home / "manifests" / "jatim-portal.yaml").read_text())["owner"].startswith(
        "Dinas"
    )
