"""One manifest, read: what it means, and the sentence for everything that can be wrong with it."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors import regions
from connectors.errors import Misconfigured
from connectors.manifest import Expect, Forward, advice, catalogue, identity, load
from connectors.manifest_words import WORDS

LEAST = """\
version: 1
owner: Dinas Kominfo Kota Contoh
region: "35.78"
channel: portal
kind: rest
with: {url: "http://127.0.0.1:8461/api/aduan", items: data, ref: id}
fields:
  body: isi
  is_confidential: {const: false}
"""

FULL = """\
version: 1
name: jatim-portal
owner: Dinas Kominfo Provinsi Jawa Timur
contact: {email: kanal@contoh.go.id}
region: "73"
channel: portal
kind: rest
with:
  url: http://127.0.0.1:8461/api/aduan
  headers: {Authorization: "Bearer ${secret:JATIM_TOKEN}"}
  items: data
  ref: id
  total: total
  changed: {path: updated_at, format: iso, zone: Asia/Jakarta}
  since: {param: since, format: iso, zone: Asia/Jakarta}
  page: {style: number, param: page, size_param: limit, size: 100, first: 1}
  look_back: 1d
fields:
  title: judul
  body: isi
  submitted_at: {path: dibuat_pada, format: "%d-%m-%Y %H:%M", zone: Asia/Jakarta}
  category_code: {path: kategori, map: {JALAN: roads, 7: waste}}
  attachments: "foto[].{name: nama, url: url}"
  source_status: status
statuses: {diterima: received, proses: in_progress, selesai: resolved}
replies: {list: tanggapan, ref: id, text: isi, time: {path: tgl, format: iso}, by: petugas}
reply: {url: "http://127.0.0.1:8461/api/aduan/{ref}/status", body: {catatan: "{text}"}, statuses: {resolved: selesai}}
schedule: "*/15 * * * *"
timeout: 45m
expect: {per_day: 3, silent_after: 48h}
forward: {registry: sp4n, duplicates: send, from: 2026-12-01, skip: [resolved, closed], first: 10}
only: "jenis != 'berita'"
renamed_from: jatim-lama
shadow: true
"""


def written(folder: Path, text: str, name: str = "contoh.yaml") -> Path:
    """A manifest file with this text."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_the_least_manifest_has_careful_defaults(tmp_path: Path) -> None:
    """Eight lines make a connector: named like its file, read hourly, in its province's zone, sent, duplicates linked."""
    one = load(written(tmp_path, LEAST))
    assert (one.name, one.zone, one.schedule, one.timeout) == (
        "contoh",
        "Asia/Jakarta",
        "@hourly",
        timedelta(minutes=30),
    )
    assert (one.forward, one.expect) == (Forward(), Expect())
    assert (one.disabled, one.shadow, one.already_in_sp4n, one.only, one.reply) == (False, False, False, None, None)
    assert one.sha256 == hashlib.sha256(LEAST.encode()).hexdigest()


def test_a_full_manifest_is_read_as_written(tmp_path: Path) -> None:
    """Everything that staff can say arrives in the type that the hub works with."""
    one = load(written(tmp_path, FULL))
    assert (one.name, one.renamed_from, one.zone) == ("jatim-portal", "jatim-lama", "Asia/Makassar")
    assert one.fields["category_code"]["map"] == {"JALAN": "roads", "7": "waste"}
    assert one.expect == Expect(per_day=3, silent_after=timedelta(days=2))
    assert one.forward.since == datetime(2026, 11, 30, 16, tzinfo=UTC)  # midnight in Makassar
    assert (one.forward.duplicates, one.forward.skip, one.forward.first) == ("send", ("resolved", "closed"), 10)
    assert (one.timeout, one.only, one.shadow) == (timedelta(minutes=45), "jenis != 'berita'", True)


@pytest.mark.parametrize(
    ("region", "zone"), [("35", "Asia/Jakarta"), ("63.04", "Asia/Makassar"), ("94", "Asia/Jayapura")]
)
def test_a_region_knows_its_zone(region: str, zone: str) -> None:
    """Barito Kuala is an hour ahead of Jakarta although it lies on the same island as Pontianak."""
    assert regions.zone(region) == zone


def test_all_38_provinces_have_a_zone() -> None:
    """No region is left without a clock, and what is no province has none."""
    assert len(regions.ZONES) == 38
    assert regions.zone("99") is None
    assert list(regions.upwards("35.78.08")) == ["35.78.08", "35.78", "35"]


BROKEN = [
    # replaced in LEAST, by, place in the sentence, part of the remedy
    ('"35.78"', "35", "region:", "quotes"),
    ('"35.78"', "16.10", "region:", "quotes"),
    ('"35.78"', '"99"', "region:", "Kemendagri"),
    ('"35.78"', '"35.78"\nregion: "35"', "line 4: 'region' is there twice", "Keep one"),
    ("version: 1", "version: 1\nnama: x", "nama:", "Correct the name"),
    ("owner: Dinas", "# Dinas", "owner:", "Add it"),
    ("  body: isi", "  bodi: isi", "fields.b", ""),
    ("  body: isi", "  body: 'isi['", "fields.body:", "JMESPath"),
    ("  body: isi", "  body: &a isi\n  title: *a", "alias", "Write the value out"),
    ("  body: isi", "  body: !!python/name:os.system isi", "tag", "plain value"),
    ("  body: isi", "\tbody: isi", "line 8: is no YAML", "tabs"),
    (
        "  body: isi",
        "  body: isi\n  submitted_at: {path: t, format: '%d-%m'}",
        "fields.submitted_at.format:",
        "pattern",
    ),
    ("  body: isi", "  body: isi\n  title: {path: t, format: iso}", "fields.title.format:", "Remove"),
    (
        "  body: isi",
        "  body: isi\n  submitted_at: {path: t, zone: Asia/Nowhere}",
        "fields.submitted_at.zone:",
        "Asia/Jakarta",
    ),
    ("  body: isi", "  body: isi\n  title: {const: '${secret:TOKEN}'}", "fields.title.const:", "Move it"),
    ("fields:", "zone: Asia/Nowhere\nfields:", "zone:", "Asia/Jakarta"),
    ("fields:", "schedule: '61 * * * *'\nfields:", "schedule:", "cron"),
    ("fields:", "schedule: '0 0 31 2 *'\nfields:", "schedule:", "cron"),
    ("fields:", "timeout: 2d\nfields:", "timeout:", "23h"),
    ("fields:", "expect: {silent_after: 999999999d}\nfields:", "expect.silent_after:", "48h"),
    ("fields:", "forward: {from: 2026-02-30}\nfields:", "forward.from:", "2026-12-01"),
    ("fields:", "only: 'a['\nfields:", "only:", "JMESPath"),
    ("fields:", "already_in_sp4n: no\nfields:", "already_in_sp4n:", "true or false"),
    ("ref: id", "ref: id, ignore: ['a[']", "with.ignore.0:", "JMESPath"),
    ("ref: id", "ref: id, headers: {X-A: '${secret:}'}", "with.headers.X-A:", "${secret:NAME}"),
    ("ref: id", "ref: id, headers: {X-A: '${env:HOME}'}", "with.headers.X-A:", "${secret:NAME}"),
    ("ref: id", "ref: id, headers: {X-A: '${secret:SATUPINTU_REGISTRY_AUTH}'}", "with.headers.X-A:", "name of its own"),
]


@pytest.mark.parametrize(("old", "new", "place", "remedy"), BROKEN)
def test_a_broken_manifest_is_explained_in_a_sentence(
    tmp_path: Path, old: str, new: str, place: str, remedy: str
) -> None:
    """Whoever wrote the manifest reads which file, which place and what to do, not a stack trace."""
    with pytest.raises(Misconfigured) as caught:
        load(written(tmp_path, LEAST.replace(old, new)))
    assert "contoh.yaml" in caught.value.what
    assert place in caught.value.what
    assert remedy in caught.value.hint
    indonesian = caught.value.indonesian
    assert indonesian.startswith("contoh.yaml") and indonesian.endswith(".")
    assert caught.value.hint not in indonesian
    assert place.rpartition(":")[0].replace("line", "baris") in indonesian


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"- a\n",
        b"\xff\xfea",
        b"a: \x00",
        b"[" * 100_000,
        b"- " * 100_000,
        b"? " * 90_000,
        b"x" * 300_000,
        b"a: b\n---\nc: d\n",
    ],
    ids=["empty", "list", "utf-16", "nul", "deep", "deep dashes", "deep keys", "large", "two documents"],
)
def test_rubbish_is_refused_and_never_ends_the_process(tmp_path: Path, data: bytes) -> None:
    """A file of any bytes ends in a sentence about that file; nested rubbish cannot crash the scheduler."""
    path = tmp_path / "contoh.yaml"
    path.write_bytes(data)
    with pytest.raises(Misconfigured, match=r"contoh\.yaml") as caught:
        load(path)
    assert caught.value.indonesian.startswith("contoh.yaml")


def test_every_sentence_about_a_manifest_is_there_in_both_languages() -> None:
    """Staff read each fault and its remedy in Indonesian, others in English; nothing is left to one language."""
    for rule, (what, remedy) in WORDS.items():
        filled = what[0] in ("{said}", "{why}")  # the sentence comes in both languages from where the rule is
        assert filled or what[0] != what[1], rule
        assert remedy[0] != remedy[1] and all(one.endswith(".") for one in remedy), rule
        indonesian, english = (sorted(re.findall(r"{(\w+)}", one)) for one in what)
        assert indonesian == english, rule


def test_advice_tells_what_is_not_sent_yet(tmp_path: Path) -> None:
    """Nobody waits for answers that the hub cannot carry: those of an app without numbers, and those to X without a text."""
    one = load(written(tmp_path, LEAST + "replies: {list: tanggapan, text: isi, attachments: berkas}\n"))
    assert any(english.startswith("replies.ref is missing") for _, english in advice(one))
    posts = LEAST.replace("kind: rest", "kind: x").replace(
        'with: {url: "http://127.0.0.1:8461/api/aduan", items: data, ref: id}',
        'with: {url: "http://127.0.0.1:8463", token: "${secret:X}", user_id: "1"}\n'
        'reply: {url: "http://127.0.0.1:8463/2/tweets", token: "${secret:X}"}',
    )
    assert any(english.startswith("reply.text is missing") for _, english in advice(load(written(tmp_path, posts))))
    assert not any("sent" in english for _, english in advice(load(written(tmp_path, LEAST))))


@pytest.mark.parametrize("text", ["Nomor {nomor}.", "{number.__class__}", "{0}", "${secret:X}", "{{number}}"])
def test_a_sentence_with_an_unknown_placeholder_is_refused(tmp_path: Path, text: str) -> None:
    """A region's own sentence holds known placeholders only; anything else is told in a sentence, not found by citizens."""
    load(written(tmp_path, LEAST + 'texts: {answer: "Kabar {date} untuk {number}:\\n{text}"}\n'))
    with pytest.raises(Misconfigured, match="curly brackets"):
        load(written(tmp_path, LEAST + f'texts: {{answer: "{text}"}}\n'))


@pytest.mark.parametrize("name", ["Contoh.yaml", "contoh_1.yaml"])
def test_a_file_name_that_is_no_name_asks_for_one(tmp_path: Path, name: str) -> None:
    """A file called anyhow works as soon as it says its name."""
    with pytest.raises(Misconfigured, match="name"):
        load(written(tmp_path, LEAST, name))
    assert load(written(tmp_path, LEAST + "name: contoh\n", name)).name == "contoh"


def test_dates_and_words_stay_text(tmp_path: Path) -> None:
    """Codes such as 010, no, 1:30 and 2026-12-01 are kept as written: YAML turns none of them into something else."""
    text = LEAST + "  category_code: {path: k, map: {no: roads, 010: waste, 1:30: water, 2026-12-01: health}}\n"
    assert set(load(written(tmp_path, text)).fields["category_code"]["map"]) == {"no", "010", "1:30", "2026-12-01"}


def test_advice_asks_for_what_is_better_said(tmp_path: Path) -> None:
    """A manifest that says nothing about confidentiality works, safely, and is asked to say it, in both languages."""
    told = advice(load(written(tmp_path, LEAST.replace("  is_confidential: {const: false}\n", "") + "name: lain\n")))
    assert any("rahasia" in indonesian and "{const: true}" in english for indonesian, english in told)
    assert any("lain.yaml" in english for _, english in told)
    assert not any("is_confidential" in english for _, english in advice(load(written(tmp_path, LEAST))))


def test_statuses_without_their_place_are_advised_not_refused(tmp_path: Path) -> None:
    """A table of status words that nothing reads is no fault: the connector runs, and check says what is missing."""
    one = load(written(tmp_path, LEAST + "statuses: {selesai: resolved}\n"))
    assert any("fields.source_status" in english for _, english in advice(one))
    told = advice(load(written(tmp_path, LEAST + "  source_status: status\nstatuses: {selesai: resolved}\n")))
    assert not any("source_status" in english for _, english in told)


SAME = [
    ("http://127.0.0.1:8461/api/aduan", "http://127.0.0.1:8461/api/aduan/", True),
    ("http://127.0.0.1:8461/api/aduan", "http://127.0.0.1:8462/api/aduan", False),
    ("items: data", "items: lain", False),
    ("channel: portal", "channel: web", True),
    ("ref: id", "ref: id, headers: {Authorization: 'Bearer ${secret:OTHER}'}", False),
]


@pytest.mark.parametrize(("old", "new", "same"), SAME)
def test_two_manifests_of_one_channel_are_recognised(tmp_path: Path, old: str, new: str, same: bool) -> None:
    """The same address, items and account are the same channel whatever the file is called."""
    first = load(written(tmp_path, LEAST, "satu.yaml"))
    second = load(written(tmp_path, LEAST.replace(old, new), "dua.yaml"))
    assert (identity(first) == identity(second)) is same


PIECES = st.sampled_from(
    [*LEAST.splitlines(), "\t", "- ", "  ", "[", "{", "&a", "*a", "!!x", "? ", "'", '"', "|", "\x85", "'': "]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(PIECES, max_size=14), st.sampled_from(["\n", "", "\n  "]))
def test_any_text_is_a_manifest_or_a_sentence(tmp_path: Path, lines: list[str], between: str) -> None:
    """However a manifest was torn or pasted together, reading it ends in a manifest or in a sentence about it."""
    path = written(tmp_path, between.join(lines))
    told = catalogue(tmp_path).bad.get(path)
    assert told is None or (told.what.startswith("contoh.yaml") and told.hint)
