"""A citizen answers our answer: her mail joins her complaint and is not told to the registry as another one."""

from __future__ import annotations

import requests

from hub import steps
from hub.oversight import figures
from tests.scenario.conftest import Site


def test_thanks_are_no_new_complaint(story: Site) -> None:
    """A mail in reply to our answer is kept as the reporter's follow-up of that complaint; the registry hears nothing new."""
    box = story.counterparts["mailbox"]
    with story.hub() as hub:
        steps.sync(hub, ["diskominfo-email"])
        for row in story.registered()[:3]:
            order = {"to": "Selesai", "ids": [row["complaint_id"]], "answer": "Sudah kami perbaiki."}
            requests.post(f"{story.addresses['registry']['url']}/_sandbox/advance", json=order, timeout=10)
        story.clock.sleep(60)
        steps.follow(hub)
        ours = box.sent()[0]
        before = len(story.registered())
        box.deliver(
            f"From: {ours['To']}\r\nTo: {ours['From']}\r\nSubject: Re: {ours['Subject']}\r\n"
            f"Message-ID: <terima-kasih@surat.example>\r\nIn-Reply-To: {ours['Message-ID']}\r\n"
            "Date: Mon, 30 Nov 2026 10:00:00 +0700\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
            "Terima kasih banyak atas bantuannya, jalan sudah bagus.\r\n".encode()
        )
        steps.sync(hub, ["diskominfo-email"])
        words = figures(hub)["connectors"]["diskominfo-email"]
        with hub.store.begin() as work:
            kept = work.value("SELECT count(*) FROM events WHERE source = 'channel' AND by_whom = 'reporter'")
    assert len(story.registered()) == before
    assert (words["stored"], kept) == (41, 1)
