"""What people write by WhatsApp and Telegram, to the registry and back: thanks make no new complaints, questions are answered."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from connectors.manifest import load
from hub import steps
from hub.oversight import figures
from hub.spine import Hub
from sandbox import manifests
from tests.channels.fakes import graph, telegram
from tests.channels.fakes.inbox import SECRETS, Box
from tests.scenario.conftest import Site, _secret
from tests.scenario.letters import complaints
from tests.scenario.test_answers_to_us import NEWS, THANKS, advance, count

DOCS = Path(__file__).parents[2] / "docs" / "kinds"
OURS = "106540352242922"
NAMES = ["telegram", "whatsapp"]


def documented(kind: str) -> dict[str, Any]:
    """The manifest of a kind's page."""
    found = re.search(r"```yaml\n(.*?)```", (DOCS / f"{kind}.md").read_text(encoding="utf-8"), re.DOTALL)
    assert found
    made: dict[str, Any] = yaml.safe_load(found[1])
    return made


@pytest.mark.parametrize("kind", ["meta", "telegram", "whatsapp"])
def test_the_manifest_of_the_page_is_a_manifest(kind: str, tmp_path: Path) -> None:
    """What the page shows can be registered as it stands."""
    file = tmp_path / f"{kind}.yaml"
    file.write_text(yaml.safe_dump(documented(kind)), encoding="utf-8")
    assert load(file).kind == kind


@dataclass
class Chats:
    """A number and a bot, and the hub that reads them."""

    hub: Hub
    meta: graph.Graph
    bot: telegram.Telegram
    box: Box = field(default_factory=Box)
    number: int = 0

    def whatsapp(self, who: int, text: str | None = None, answers: str = "", at: float = 0.0, **more: Any) -> str:
        """Somebody writes by WhatsApp; the message's number."""
        self.number += 1
        own = f"wamid.W{self.number}"
        message = {"from": f"62812555{who:05}", "id": own, "timestamp": str(int(self.hub.clock().timestamp())), **more}
        message |= {"type": "text", "text": {"body": text}} if text is not None else {}
        message |= {"context": {"id": answers}} if answers else {}
        value = {"metadata": {"phone_number_id": OURS}, "messages": [message]}
        changes = [{"field": "messages", "value": value}]
        self.box.push({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": changes}]})
        return own

    def telegram(self, who: int, text: str | None = None, answers: str = "", **more: Any) -> str:
        """Somebody writes to the bot; the message's number as a bare one."""
        under = {"reply_to_message": {"message_id": int(answers.rpartition("/")[2])}} if answers else {}
        date = int(self.hub.clock().timestamp())
        return str(self.bot.write(who, text, date=date, **under, **more)["message_id"])


@contextmanager
def chats(site: Site) -> Iterator[Chats]:
    """Both doors, registered with the manifests of their pages."""
    with ExitStack() as stack:
        meta, bot = stack.enter_context(graph.graph()), stack.enter_context(telegram.telegram())
        changed: dict[str, dict[str, Any]] = {
            "whatsapp": {"url": meta.url, "phone_number_id": OURS, "media": {"host": "127.0.0.1"}},
            "telegram": {"url": bot.url},
        }
        for name, values in changed.items():
            made = documented(name) | {"name": name, "forward": {"from": "2020-01-01"}}
            made["with"] |= values
            manifests._yaml(site.home / "manifests" / f"{name}.yaml", made)
        for name, secret in (
            ("WA_TOKEN", "TOKEN"),
            ("WA_APP_SECRET", "APP"),
            ("WA_VERIFY", "VERIFY"),
            ("TELEGRAM_TOKEN", "TOKEN"),
        ):
            _secret(site.home, name, SECRETS[secret])
        hub = stack.enter_context(site.hub())
        made_hub = Chats(hub=hub, meta=meta, bot=bot)
        made_hub.hub = replace(hub, context=lambda m, c: replace(hub.context(m, c), inbox=made_hub.box))
        yield made_hub


def test_fifty_thanks_make_no_new_complaint(empty_site: Site) -> None:
    """25 by WhatsApp and 25 by Telegram, half of them without quoting anything: only what says more is passed on."""
    with chats(empty_site) as door:
        texts = complaints(50)
        first = [door.whatsapp(n, texts[n]) for n in range(25)]
        second = [door.telegram(1000 + n, texts[25 + n]) for n in range(25)]
        steps.sync(door.hub, NAMES)
        before = {row["complaint_id"] for row in empty_site.registered()}
        assert len(before) == 50
        advance(empty_site)
        empty_site.clock.sleep(3600)
        steps.follow(door.hub)
        told = {one["to"]: one["number"] for one in door.meta.sent}
        heard = {int(one["chat_id"]): str(one["number"]) for one in door.bot.sent}
        assert (len(told), len(heard)) == (25, 25)
        said = [*THANKS, *THANKS, *THANKS, *NEWS, "Terima kasih"]
        for n in range(25):
            named = n % 2 == 0 or said[n] in NEWS  # thanks need no quotation, news do
            ours = told[f"62812555{n:05}"] if n % 4 == 0 or said[n] in NEWS else first[n]
            door.whatsapp(n, said[n], answers=ours if named else "")
            door.telegram(
                1000 + n,
                said[n],
                answers=(heard[1000 + n] if n % 4 == 0 or said[n] in NEWS else second[n]) if named else "",
            )
        door.whatsapp(999, "Terima kasih banyak min")  # somebody who never wrote before
        for _ in range(2):
            steps.sync(door.hub, NAMES)
            empty_site.clock.sleep(3600)
        words = figures(door.hub)["connectors"]
        assert {row["complaint_id"] for row in empty_site.registered()} == before
        assert [words[name]["rejected"] for name in NAMES] == [25, 26]
        assert count(door.hub, "SELECT count(*) FROM complaints WHERE reason = 'joined' AND behind IS NOT NULL") == 50
        assert count(door.hub, "SELECT count(*) FROM follow_ups WHERE what = 'reply'") == 2 * len(NEWS)
        assert count(door.hub, "SELECT count(*) FROM reviews WHERE what = 'other_sender'") == 0


def test_a_question_is_answered_without_quoting_it(empty_site: Site) -> None:
    """A photo without words is asked about; what its sender writes next makes it whole, with its photo, and is no second one."""
    with chats(empty_site) as door:
        door.meta.media["77"] = door.bot.files["f1"] = b"\xff\xd8\xff\xe0foto"
        door.whatsapp(1, type="image", image={"id": "77", "mime_type": "image/jpeg"})
        door.telegram(1001, photo=[{"file_id": "f1"}])
        steps.sync(door.hub, NAMES)
        empty_site.clock.sleep(60)
        steps.follow(door.hub)
        assert empty_site.registered() == []
        assert (len(door.meta.sent), len(door.bot.sent)) == (1, 1)
        texts = complaints(2)
        door.whatsapp(1, texts[0])
        door.telegram(1001, texts[1])
        for _ in range(2):
            steps.sync(door.hub, NAMES)
            empty_site.clock.sleep(3600)
        assert len(empty_site.registered()) == 2
        assert count(door.hub, "SELECT count(*) FROM attachments WHERE state = 'held'") == 2
        assert len(empty_site.counterparts["registry"].state.files) == 2


def test_a_door_that_has_closed_is_told_by_the_template(empty_site: Site) -> None:
    """Two days later free text is not sent; who has written again meanwhile gets it."""
    with chats(empty_site) as door:
        texts = complaints(2)
        numbers = [door.whatsapp(n, texts[n]) for n in range(2)]
        steps.sync(door.hub, NAMES)
        empty_site.clock.sleep(3600)
        steps.follow(door.hub)  # receipts
        empty_site.clock.sleep(47 * 3600)
        door.whatsapp(1, "Kapan dikerjakan, Pak?", answers=numbers[1])
        steps.sync(door.hub, NAMES)
        advance(empty_site)
        empty_site.clock.sleep(3600)
        steps.follow(door.hub)
        latest = {one["to"]: one["type"] for one in door.meta.sent}
        assert latest == {"6281255500000": "template", "6281255500001": "text"}


def test_telegram_forgets_nothing_that_is_not_committed(empty_site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whenever the bot's updates are confirmed, they stand in the store already; a pull that dies in between loses none."""
    with chats(empty_site) as door:
        for n in range(250):
            door.telegram(2000 + n, f"Jalan nomor {n} rusak")
        lost: list[int] = []
        answer = door.bot.answer

        def watched(asked: telegram.Asked) -> telegram.Answer:
            waiting = len(door.bot.waiting)
            given = answer(asked)
            gone = 250 - len(door.bot.waiting)
            if waiting != len(door.bot.waiting) and count(door.hub, "SELECT count(*) FROM items") < gone:
                lost.append(gone)
            return given

        monkeypatch.setattr(door.bot, "answer", watched)
        assert steps.pull(door.hub, "telegram").done == 250
        assert not lost and not door.bot.waiting


def test_no_secret_stands_in_what_is_told(empty_site: Site) -> None:
    """A dead token is told with who must act, and neither token nor secret shows."""
    with chats(empty_site) as door:
        door.bot.fails["getUpdates"] = (401, {"description": SECRETS["TOKEN"]})
        tally = steps.pull(door.hub, "telegram")
        assert "Refused" in " ".join(tally.notes) and SECRETS["TOKEN"] not in json.dumps([tally.notes, tally.owed])


def test_a_greeting_is_asked_and_signs_are_no_complaint(empty_site: Site) -> None:
    """Hello is answered with a question and becomes the complaint that follows; a bare sign is none."""
    with chats(empty_site) as door:
        door.whatsapp(1, "Selamat pagi, min")
        door.telegram(1001, "Halo")
        door.whatsapp(2, "👍🙏")
        steps.sync(door.hub, NAMES)
        empty_site.clock.sleep(60)
        steps.follow(door.hub)
        assert (len(door.meta.sent), len(door.bot.sent)) == (1, 1)
        assert "apa yang terjadi" in door.meta.sent[0]["text"]["body"]
        texts = complaints(2)
        door.whatsapp(1, texts[0])
        door.telegram(1001, texts[1])
        for _ in range(2):
            steps.sync(door.hub, NAMES)
            empty_site.clock.sleep(3600)
        said = sorted(row["content"] for row in empty_site.registered())
        assert len(said) == 2 and all(any(text in one for one in said) for text in texts)
        assert figures(door.hub)["connectors"]["whatsapp"]["rejected"] == 2  # the sign, and what joined


def test_a_comment_is_answered_by_a_pointer_and_thanks_join(empty_site: Site) -> None:
    """Under a public comment stands no word of the agency; thanks below it, and our own comment, are no complaints."""
    account = "112233445566"
    with graph.graph() as meta:
        made = documented("meta") | {"name": "facebook", "forward": {"from": "2020-01-01"}}
        made["with"]["url"] = meta.url
        manifests._yaml(empty_site.home / "manifests" / "facebook.yaml", made)
        for name, secret in (("META_TOKEN", "TOKEN"), ("META_APP_SECRET", "APP"), ("META_VERIFY", "VERIFY")):
            _secret(empty_site.home, name, SECRETS[secret])
        box, text = Box(), complaints(1)[0]

        def comment(number: str, said: str, who: str, above: str, at: float) -> None:
            value = {"item": "comment", "verb": "add", "comment_id": number, "post_id": "9_1", "parent_id": above}
            value |= {"from": {"id": who, "name": "Sri"}, "message": said, "created_time": int(at)}
            entry = {"id": account, "time": int(at), "changes": [{"field": "feed", "value": value}]}
            box.push({"object": "page", "entry": [entry]})

        with empty_site.hub() as plain:
            hub = replace(plain, context=lambda m, c: replace(plain.context(m, c), inbox=box))
            comment("1_1", f"{text} #aduan", "77", "9_1", hub.clock().timestamp())
            steps.sync(hub, ["facebook"])
            advance(empty_site, answer="Rincian: Jl. Melati 3.")
            empty_site.clock.sleep(3600)
            steps.follow(hub)
            sent = meta.sent[-1]
            assert not any("Melati" in one["message"] for one in meta.sent)
            assert (
                sent["path"] == "/1_1/comments"
                and "Melati" not in sent["message"]
                and "lihat https://" in sent["message"]
            )
            comment(sent["number"], sent["message"], account, "1_1", hub.clock().timestamp())
            comment("1_2", "Terima kasih min", "77", sent["number"], hub.clock().timestamp())
            comment("1_3", "Terima kasih juga #aduan", "77", "1_1", hub.clock().timestamp())
            steps.sync(hub, ["facebook"])
            assert len(empty_site.registered()) == 1
            assert count(hub, "SELECT count(*) FROM complaints WHERE reason = 'joined'") == 2
