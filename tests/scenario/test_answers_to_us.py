"""What citizens write back is part of their complaints: thanks make no new ones, completions release what waits."""

from __future__ import annotations

import re
from typing import Any

import pytest
import requests

from hub import accepting, steps
from hub.oversight import figures
from hub.spine import Hub
from sandbox.mime import _png
from tests.scenario.conftest import Site
from tests.scenario.letters import MAIL, WHEN, X, complaints, doors, mail, post, users

NAMES = [MAIL, X]
REF = re.compile(r"\[Ref [0-9a-f-]{36}\]")
THANKS = [
    "Terima kasih.",
    "Makasih banyak pak 🙏",
    "Matur nuwun sanget",
    "Hatur nuhun kang",
    "Suwun min",
    "Baik, terima kasih atas tanggapan dan tindak lanjutnya",
    "Thanks",
]
NEWS = [
    "Terima kasih, tetapi lubangnya masih ada di sebelah barat.",
    "Kapan dikerjakan, Pak?",
    "Sudah bagus, terima kasih.",
]


def count(hub: Hub, sql: str) -> int:
    with hub.store.begin() as work:
        return int(work.value(sql))


def advance(site: Site, to: str = "Selesai", answer: str = "Sudah kami perbaiki.") -> None:
    order = {"to": to, "ids": [row["complaint_id"] for row in site.registered()], "answer": answer}
    requests.post(f"{site.addresses['registry']['url']}/_sandbox/advance", json=order, timeout=10).raise_for_status()


def quoted(words: str, ours: Any, way: int) -> str:
    """The words with our mail quoted in one of six ways."""
    text = ours.get_content()
    marked = "\n".join(f"> {line}" for line in text.splitlines())
    above = f"Pada Sen, 30 Nov 2026 pukul 10.00 {ours['From']} menulis:"
    outlook = f"-----Original Message-----\nFrom: {ours['From']}\nSent: Monday\nTo: {ours['To']}\n"
    return [
        words,
        f"{words}\n\n{above}\n\n{marked}",
        f"{above}\n{marked}\n\n{words}",
        f"{words}\n\n{outlook}\n{text}",
        f"{marked}\n{words}\n\n-- \nBudi\nRT 3",
        f"{words}\n\nDikirim dari iPhone saya\n\n{above}\n\n{text}",
    ][way % 6]


def test_fifty_thanks_make_no_new_complaint(empty_site: Site) -> None:
    """25 mails and 25 posts answer ours, with and without quotations: all join, and only what says more is passed on."""
    texts = complaints(50)
    mails = [mail(n, texts[n], subject=f"Aduan {n}") for n in range(25)]
    posts = [post(n, f"@kanal_aduan {texts[25 + n]} #aduan", author=n) for n in range(25)]
    with doors(empty_site, mails, posts, users(range(30))) as (box, x), empty_site.hub() as hub:
        steps.sync(hub, NAMES)
        before = {row["complaint_id"] for row in empty_site.registered()}
        advance(empty_site)
        empty_site.clock.sleep(3600)
        steps.follow(hub)
        letters = {str(one["To"]): one for one in box.sent()}
        answers = {one["in_reply_to"]: one["id"] for one in x.state.replies}
        assert (len(before), len(letters), len(answers)) == (50, 25, 25)
        said = [*THANKS, *THANKS, *THANKS, *NEWS, "Terima kasih"]
        for n in range(25):
            words = quoted(said[n], letters[f"warga{n}@surat.example"], n)
            box.deliver(mail(n, words, to=letters[f"warga{n}@surat.example"], ref=f"balasan-{n}"))
            root = posts[n]["id"]
            reply = post(1000 + n, f"@kanal_aduan {said[n]}", author=n, to=answers[root] if n % 2 else root, root=root)
            x.state.posts.append(reply)
        for _ in range(2):
            steps.sync(hub, NAMES)
            empty_site.clock.sleep(3600)
        words = figures(hub)["connectors"]
        assert {row["complaint_id"] for row in empty_site.registered()} == before
        assert [words[name]["rejected"] for name in NAMES] == [25, 25]
        assert count(hub, "SELECT count(*) FROM complaints WHERE reason = 'joined' AND behind IS NOT NULL") == 50
        assert count(hub, "SELECT count(*) FROM events WHERE source = 'channel' AND by_whom = 'reporter'") == 50
        assert count(hub, "SELECT count(*) FROM follow_ups WHERE what = 'reply'") == 2 * len(NEWS)
        assert count(hub, "SELECT count(*) FROM reviews WHERE what = 'other_sender'") == 0
    told = [one["content"] for row in empty_site.registered() for one in row["followups"] if NEWS[0] in one["content"]]
    assert len(told) == 2 and not any("Satu Pintu" in text or ">" in text for text in told)


def _asked(site: Site, hub: Hub) -> None:
    """20 citizens write without saying what happened, and are asked."""
    steps.sync(hub, NAMES)
    site.clock.sleep(60)
    steps.follow(hub)
    assert site.registered() == []


def _empty() -> tuple[list[bytes], list[dict[str, Any]]]:
    mails = [
        mail(n, "", subject="Jalan rusak" if n % 2 else "", photo=_png(n) if n % 3 == 0 else None) for n in range(10)
    ]
    posts = [post(n, "@kanal_aduan #aduan https://t.co/abc", author=n) for n in range(10)]
    return mails, posts


def _complete(box: Any, x: Any, texts: list[str], posts: list[dict[str, Any]]) -> None:
    letters = {str(one["To"]): one for one in box.sent()}
    asked = {one["in_reply_to"]: one["id"] for one in x.state.replies}
    for n in range(10):
        ours = letters[f"warga{n}@surat.example"]
        words = quoted(texts[n], ours, n) if n < 8 else f"{texts[n]}\n\n{REF.findall(ours.get_content())[0]}"
        box.deliver(mail(n, words, to=ours, ref=f"lengkap-{n}", unthreaded=n >= 8, photo=_png(n)))
        root = posts[n]["id"]
        x.state.posts.append(post(1000 + n, f"@kanal_aduan {texts[10 + n]}", author=n, to=asked[root], root=root))


@pytest.mark.parametrize("killed", [False, True])
def test_twenty_completions_release_twenty_items(
    empty_site: Site, killed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each citizen is asked once; what he sends then makes his complaint whole, and it is sent once, crash or not."""
    mails, posts = _empty()
    texts = complaints(20)
    with doors(empty_site, mails, posts, users(range(30))) as (box, x), empty_site.hub() as hub:
        _asked(empty_site, hub)
        assert (len(box.sent()), len(x.state.replies)) == (10, 10)
        assert all("10 hari" in one.get_content() for one in box.sent())
        _complete(box, x, texts, posts)
        for name in NAMES:
            steps.pull(hub, name)
        if killed:
            _die_between_batches(hub, monkeypatch)
        for _ in range(2):
            steps.sync(hub, NAMES)
            empty_site.clock.sleep(3600)
        words = figures(hub)["connectors"]
        assert [(words[name]["quarantined"], words[name]["forwarded"], words[name]["rejected"]) for name in NAMES] == [
            (0, 10, 10),
            (0, 10, 10),
        ]
        assert count(hub, "SELECT count(*) FROM entries WHERE act = 'completed'") == 20
        assert count(hub, "SELECT count(*) FROM entries WHERE act = 'asked'") == 20
        assert count(hub, "SELECT count(*) FROM deliveries") == 20
        assert len(box.sent()) == 20, "ten questions and ten receipts"
    sent = empty_site.registered()
    assert len(sent) == 20
    contents = [" ".join(row["content"].split()) for row in sent]
    assert all(sum(" ".join(text.split()) in content for content in contents) == 1 for text in texts)
    assert len(empty_site.counterparts["registry"].state.files) == 10 + 4


def _die_between_batches(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process dies after the batch that brought the completions, before the one that releases what they complete."""
    whole = accepting._Run.batch

    def once(run: Any) -> bool:
        if run.items:
            raise RuntimeError("killed")
        return whole(run)

    with monkeypatch.context() as patch:
        patch.setattr(accepting._Run, "batch", once)
        for name in NAMES:
            with pytest.raises(RuntimeError):
                accepting.accept(hub, name)
    assert count(hub, "SELECT count(*) FROM completions") == 20
    assert count(hub, "SELECT count(*) FROM deliveries") == 0


def _round(site: Site, hub: Hub) -> None:
    """Everything once, and the answers that have become due."""
    steps.sync(hub, NAMES)
    site.clock.sleep(3600)
    steps.follow(hub)


def _letters(box: Any) -> dict[str, Any]:
    """The latest of our mails to each."""
    return {str(one["To"]): one for one in box.sent()}


def test_machines_that_answer_say_nothing(empty_site: Site) -> None:
    """A holiday notice joins nothing; a report that our mail did not arrive is on record with the answer."""
    texts = complaints(2)
    with doors(empty_site, [mail(n, texts[n]) for n in range(2)], [], {}) as (box, _), empty_site.hub() as hub:
        _round(empty_site, hub)
        ours = _letters(box)
        away = {"Auto-Submitted": "auto-replied"}
        box.deliver(mail(0, "Saya sedang cuti.", to=ours["warga0@surat.example"], ref="cuti", headers=away))
        lost = ours["warga1@surat.example"]["Message-ID"]
        box.deliver(
            f"From: MAILER-DAEMON@relay.example\r\nMessage-ID: <gagal@relay.example>\r\nDate: {WHEN}\r\n"
            "Content-Type: multipart/report; report-type=delivery-status; boundary=x\r\n\r\n--x\r\n\r\nMaaf.\r\n--x\r\n"
            "Content-Type: message/delivery-status\r\n\r\nAction: failed\r\n--x\r\nContent-Type: text/rfc822-headers\r\n\r\n"
            f"Message-ID: {lost}\r\n--x--\r\n".encode()
        )
        _round(empty_site, hub)
        assert figures(hub)["connectors"][MAIL]["rejected"] == 2
        assert count(hub, "SELECT count(*) FROM events WHERE source = 'channel'") == 0
        assert (
            count(hub, "SELECT count(DISTINCT message) FROM replies WHERE state = 'refused' AND code = 'bounced'") == 1
        )
        assert (
            count(hub, "SELECT count(*) FROM entries WHERE act = 'replied' AND convert_from(body, 'UTF8') ~ 'bounced'")
            == 1
        )
    assert len(empty_site.registered()) == 2


def test_a_number_in_somebody_elses_words_is_his_own_complaint(empty_site: Site) -> None:
    """The reporter who quotes his number adds to his complaint; the neighbour who quotes it complains again, and is heard."""
    texts = complaints(2)
    with doors(empty_site, [mail(0, texts[0])], [], {}) as (box, _), empty_site.hub() as hub:
        _round(empty_site, hub)
        (number,) = REF.findall(empty_site.registered()[0]["content"])
        box.deliver(mail(0, f"Soal {number}: lubangnya makin dalam.", ref="sendiri"))
        box.deliver(mail(1, f"{texts[1]} Sama dengan {number}."))
        _round(empty_site, hub)
        words = figures(hub)["connectors"][MAIL]
        assert (words["forwarded"], words["rejected"], words["withheld_repeat"]) == (2, 1, 0)
    first, second = sorted(empty_site.registered(), key=lambda row: int(row["complaint_id"]))
    assert [("makin dalam" in one["content"]) for one in first["followups"]] == [True]
    exported = {row["body"]: row.get("re_report_of") for row in empty_site.export("complaints")}
    assert texts[1].split()[0] in second["content"]
    assert [of for body, of in exported.items() if "Sama dengan" in body] == [number[5:-1]]


def test_nobody_is_asked_more_than_twice(empty_site: Site) -> None:
    """Thanks complete nothing; a second question comes only after a completion that was not enough, a third never."""
    changed = {"require": ["incident_date"]}
    with doors(empty_site, [mail(0, "")], [], {}, **changed) as (box, _), empty_site.hub() as hub:
        said = ["Baik, terima kasih.", "Jalan rusak di depan pasar.", "Sejak lama, Pak.", "Tanggal: 3 Mei 2026"]
        questions = []
        for turn, words in enumerate(said):
            _round(empty_site, hub)
            questions.append(len(box.sent()))
            assert empty_site.registered() == []
            box.deliver(mail(0, words, to=box.sent()[-1], ref=f"jawab-{turn}"))
        _round(empty_site, hub)
        assert questions == [1, 1, 2, 2]
        assert count(hub, "SELECT count(*) FROM completions") == 3
        assert figures(hub)["connectors"][MAIL]["forwarded"] == 1
    (sent,) = empty_site.registered()
    assert sent["content"].startswith("Jalan rusak di depan pasar.")
    assert "Sejak lama, Pak." in sent["content"] and "terima kasih" not in sent["content"]


def test_two_machines_do_not_ask_each_other_for_ever(empty_site: Site) -> None:
    """Somebody who sends one empty mail after another is asked three times a day, and all of his mails are kept."""
    mails = [mail(0, "", ref=f"kosong-{n}") for n in range(6)]
    with doors(empty_site, mails, [], {}) as (box, _), empty_site.hub() as hub:
        _round(empty_site, hub)
        box.deliver(mail(0, "", ref="kosong-7"))
        _round(empty_site, hub)
        assert figures(hub)["connectors"][MAIL]["quarantined"] == 7
        assert len(box.sent()) == 3
        assert "not completed" not in " ".join(steps.watch(hub).notes)
        empty_site.clock.sleep(11 * 86400)
        assert f"{MAIL}: 3 aduan belum dilengkapi" in " ".join(steps.watch(hub).notes)


def test_a_thread_that_arrives_whole_is_one_complaint(empty_site: Site) -> None:
    """A citizen tells his story in three posts before we have read the first: the listing gives them newest first."""
    root = post(1, "@kanal_aduan #aduan", author=1)
    more = post(2, "@kanal_aduan Jalan Mawar rusak parah, sudah lama.", author=1, to=root["id"], root=root["id"])
    last = post(3, "@kanal_aduan Nomor 12, depan masjid.", author=1, to=more["id"], root=root["id"])
    whole = post(4, "@kanal_aduan Lampu jalan mati di Jalan Melati #aduan", author=2)
    added = post(5, "@kanal_aduan Sejak Senin #aduan", author=2, to=whole["id"], root=whole["id"])
    other = post(6, "@kanal_aduan Di Jalan Kenanga juga mati #aduan", author=3, to=whole["id"], root=whole["id"])
    chatter = post(7, "@kanal_aduan setuju", author=3, to=whole["id"], root=whole["id"])
    posts = [root, more, last, whole, added, other, chatter]
    with doors(empty_site, [], posts, users(range(5))) as (_, _), empty_site.hub() as hub:
        for _ in range(2):
            _round(empty_site, hub)
        words = figures(hub)["connectors"][X]
        assert (words["forwarded"], words["rejected"], words["quarantined"]) == (3, 4, 0)
    texts = {row["content"].split("\n\n[Ref")[0]: row["followups"] for row in empty_site.registered()}
    (told,) = (text for text in texts if "Mawar" in text)
    assert told.endswith("Jalan Mawar rusak parah, sudah lama.\n\nPelengkap dari pelapor:\nNomor 12, depan masjid.")
    (added_to,) = (rows for text, rows in texts.items() if "Melati" in text)
    assert ["Sejak Senin" in row["content"] for row in added_to] == [True]
