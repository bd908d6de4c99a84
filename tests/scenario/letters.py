"""A mailbox and an X account with invented citizens who write, are answered, and write back; used by several tests."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.message import EmailMessage
from itertools import islice
from typing import Any

from hub.discretion import confidential
from sandbox import manifests, running
from sandbox.mail import MailState
from sandbox.texts import Writer, person
from sandbox.x import XState
from tests.scenario.conftest import Site, _secret

MAIL, X = "diskominfo-email", "x-mentions"
WHEN = "Mon, 30 Nov 2026 08:00:00 +0700"
NARA = "kanal_aduan"


@contextmanager
def doors(
    site: Site, mails: list[bytes], posts: list[dict[str, Any]], users: dict[str, Any], **changed: Any
) -> Iterator[tuple[Any, Any]]:
    """A mailbox with these mails and an X with these posts, registered at the site with `changed` keys."""
    with running.mailbox(MailState(mails)) as box, running.x(XState(posts=posts, users=users)) as x:
        imap = {"host": box.host, "port": box.port, "user": box.user, "password": box.password}
        smtp = imap | {"port": box.smtp_port, "from": box.address}
        address = {"url": x.url, "token": x.state.token, "user_id": x.state.user_id}
        folder = site.home / "manifests"
        for manifest in (manifests._email(imap, smtp), manifests._x(address)):
            manifests._yaml(folder / f"{manifest['name']}.yaml", manifest | changed)
        _secret(site.home, "MAIL_PASSWORD", box.password)
        _secret(site.home, "X_TOKEN", x.state.token)
        yield box, x


def mail(number: int, body: str, *, subject: str = "", to: Mapping[str, Any] | None = None, **changed: Any) -> bytes:
    """A mail of citizen `number`; `to` is one of ours that it answers."""
    who = person(random.Random(number), number)
    message = EmailMessage()
    message["From"] = changed.get("sender") or f"{who.name} <warga{number}@surat.example>"
    message["To"] = "kanal@aduan.example"
    message["Subject"] = subject or (f"Re: {to['Subject']}" if to else "")
    message["Message-ID"] = f"<{changed.get('ref', f'warga-{number}')}@surat.example>"
    message["Date"] = WHEN
    if to and not changed.get("unthreaded"):
        message["In-Reply-To"] = to["Message-ID"]
        message["References"] = f"<warga-{number}@surat.example> {to['Message-ID']}"
    for name, value in changed.get("headers", {}).items():
        message[name] = value
    message.set_content(body + "\n", cte="base64")
    if photo := changed.get("photo"):
        message.add_attachment(photo, maintype="image", subtype="png", filename="foto.png")
    return message.as_bytes()


def post(number: int, text: str, *, author: int, to: str | None = None, root: str | None = None) -> dict[str, Any]:
    """A post that mentions the account; `to` is the post that it answers, `root` where their conversation began."""
    made: dict[str, Any] = {
        "id": str(1_985_000_000_000_000_000 + number),
        "text": text,
        "created_at": f"2026-11-30T01:{number % 60:02}:00.000Z",
        "author_id": str(author),
        "conversation_id": root or to or str(1_985_000_000_000_000_000 + number),
        "entities": {"mentions": [{"username": NARA}]},
    }
    if "#aduan" in text:
        made["entities"]["hashtags"] = [{"tag": "aduan"}]
    if to:
        made["referenced_tweets"] = [{"type": "replied_to", "id": to}]
    return made


def users(numbers: range) -> dict[str, dict[str, str]]:
    """The accounts of these authors."""
    return {str(n): {"id": str(n), "username": f"warga_{n}", "name": f"Warga {n}"} for n in numbers}


def complaints(count: int) -> list[str]:
    """Texts about different matters, none of which is confidential by what it is about: those are not answered in public."""
    writer = Writer(random.Random(7))
    told = (writer.tell(short=True).text for _ in iter(int, 1))
    return list(islice((text for text in told if not confidential.reasons({"body": text})), count))
