"""`satupintu check` against channels that are wrong in one way each: the stage, the cause and who mends it are told."""

from __future__ import annotations

import base64
import datetime as dt
import ipaddress
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from connectors.base import Context
from connectors.http import HttpClient
from connectors.manifest import load
from connectors.net import dialler
from connectors.trust import trust
from hub.door_words import paste
from hub.glance import Glance, Sockets, Watched
from hub.stage_words import CAUSES, OF_KINDS, STAGES
from hub.staging import Stage, stages, worst
from sandbox import running
from tests.channels.fakes.web import Answer, Asked, json_page, serve

NOW = dt.datetime(2026, 12, 1, tzinfo=dt.UTC)
SECRET = "kunci-yang-tidak-boleh-tampil"
PHONE = "081200001111"
ROW = {"id": 1, "judul": "Lampu mati", "isi": f"Lampu jalan mati, hubungi {PHONE}", "tgl": "01-12-2026 08:00"}


def manifest(folder: Path, /, **options: Any) -> Any:
    """A portal's manifest, its `with` changed by options."""
    kind = options.pop("kind", "rest")
    own = (
        {"headers": {"Authorization": "Bearer ${secret:KUNCI}"}, "items": "data", "ref": "id"} if kind == "rest" else {}
    )
    value = {
        "version": 1, "owner": "Dinas Contoh", "region": "35.15", "channel": "portal", "kind": kind,
        "with": {**own, **options},
        "fields": {
            "title": "judul", "body": "isi", "submitted_at": {"path": "tgl", "format": "%d-%m-%Y %H:%M"},
            "is_confidential": {"const": False},
        },
    }  # fmt: skip
    if kind == "imap":
        value["fields"] = {"body": "text", "is_confidential": {"const": False}}
    path = folder / "kanal.yaml"
    path.write_text(yaml.safe_dump(value), encoding="utf-8")
    return load(path)


def look(folder: Path, *, inside: bool = True, secret: str = SECRET, ca: str | None = None) -> Glance:
    """A look as hub.wire makes one, without a hub; `inside`: loopback is allowed."""
    given: dict[str, str] = {}

    def secrets(text: str, host: str) -> str:
        if "${secret:KUNCI}" in text:
            given["KUNCI"] = secret
        return text.replace("${secret:KUNCI}", secret)

    tls = trust(folder, ca)
    dial = dialler([ipaddress.ip_network("127.0.0.0/8")] if inside else [])
    sockets = Sockets(dial=dial)
    client = HttpClient(sockets, secrets, lambda: NOW, lambda _: None, timeout=1.0, tls=tls if ca else None)
    watched = Watched(http=client)
    ctx = Context(http=watched, dial=sockets, secret=secrets, clock=lambda: NOW, tls=tls)
    return Glance(ctx=ctx, watched=watched, sockets=sockets, looked_up=[0.0], secrets=given)


def went(found: list[Stage]) -> dict[str, str]:
    """Stage -> how it went."""
    return {one.what: one.state for one in found}


def said(found: list[Stage]) -> str:
    """All that is told."""
    return "\n".join(f"{one.indonesian}\n{one.english}" for one in found)


def portal(body: Any, status: int = 200, **heads: str) -> Callable[[Asked], Answer]:
    """A portal that answers the same to everybody."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return lambda asked: json_page(raw, status, **heads)


def rows(*changed: Mapping[str, Any]) -> dict[str, Any]:
    """A listing of one row for each change."""
    return {"data": [{**ROW, "id": number, **change} for number, change in enumerate(changed, start=1)]}


HTML = b"<!DOCTYPE html><html><body>Silakan masuk</body></html>"
ANSWERS = [
    # what the portal answers, the stage that tells it and how, words in Indonesian, words in English
    (rows({}, {}), "parse", "good", "2 dari 2 baris dapat dipakai", "2 of 2 rows"),
    (({"error": "no"}, 401), "login", "failed", "tidak diterima (HTTP 401)", "channel's owner"),
    (({"error": "no"}, 403), "right", "failed", "tidak berhak", "channel's owner"),
    (({"error": "no"}, 404), "page", "failed", "HTTP 404", "Check the path in url"),
    (({"error": "no"}, 422), "page", "failed", "HTTP 4xx", "Compare url, params and page"),
    (({"error": "no"}, 503), "page", "failed", "HTTP 5xx", "Try again later"),
    ((HTML, 200), "page", "failed", "halaman web (HTML)", "web page (HTML)"),
    ((b'{"data": [', 200), "page", "failed", "bukan JSON yang utuh", "no whole JSON"),
    (({"data": []}, 200), "page", "warned", "Daftarnya kosong", "The list is empty"),
    (({"hasil": {"aduan": [ROW]}}, 200), "parse", "failed", "Daftar ada di: hasil.aduan (1)", "lists at: hasil.aduan (1)"),
    (rows({}, {"tgl": "2026-12-01"}, {"tgl": "kemarin dulu"}), "parse", "warned", "baris 2, 3: submitted_at", "row 2, 3"),
    (rows({}, {"isi": None}), "parse", "warned", "1 dari 2 baris dapat dipakai", "row 2: body"),
    ({"data": [{"nomor": "7", "isi": "x"}]}, "parse", "failed", "periksa with.ref", "check with.ref"),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "what", "state", "indonesian", "english"), ANSWERS)
def test_what_a_portal_answers_is_told_with_its_remedy(
    tmp_path: Path, answer: Any, what: str, state: str, indonesian: str, english: str
) -> None:
    """Login, right, page and rows are told apart; no sentence shows the secret or what a citizen wrote."""
    body, status = answer if isinstance(answer, tuple) else (answer, 200)
    with serve(portal(body, status)) as web:
        found = list(stages(manifest(tmp_path, url=f"{web.url}/api"), look(tmp_path), NOW, tmp_path))
    assert went(found)[what] == state, found
    assert indonesian in said(found) and english in said(found), said(found)
    assert SECRET not in said(found) and PHONE not in said(found)
    before = [one.state for one in found if STAGES.index(one.what) < STAGES.index(what)]
    assert set(before) <= {"good"} and len(before) >= 2
    assert worst(found) == state


def test_stamps_that_nobody_can_read_are_told_with_their_rows(tmp_path: Path) -> None:
    """A wrong format of `changed` would make the hub read everything again and again."""
    changed = {"path": "diubah", "format": "%Y-%m-%d"}
    with serve(portal(rows({"diubah": "2026-12-01"}, {"diubah": "1/12/26"}))) as web:
        found = list(stages(manifest(tmp_path, url=web.url, changed=changed), look(tmp_path), NOW, tmp_path))
    assert "baris 2: waktu di with.changed tidak terbaca" in said(found)


def test_a_closed_port_a_wrong_name_and_a_private_network(tmp_path: Path) -> None:
    """What lies before the first request: each has its stage and its own person."""
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/api"
        closed = list(stages(manifest(tmp_path, url=url), look(tmp_path), NOW, tmp_path))
        private = list(stages(manifest(tmp_path, url=url), look(tmp_path, inside=False), NOW, tmp_path))
    assert went(closed) == {"dns": "good", "tcp": "failed"} and "porta" in said(closed)
    assert went(private) == {"dns": "failed"} and "jaringan dalam" in said(private) and "operator" in said(private)
    wrong = list(stages(manifest(tmp_path, url="http://aduan.invalid/api"), look(tmp_path), NOW, tmp_path))
    assert went(wrong) == {"dns": "failed"} and "salah ketik" in said(wrong)


# certificates ------------------------------------------------------------------------------------------------------


def _signed(folder: Path, days: int, host: str) -> None:
    own, leaf = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Dinas Kominfo")])
    today = dt.datetime.now(dt.UTC)
    names = [x509.IPAddress(ipaddress.ip_address(host)) if host[0].isdigit() else x509.DNSName(host)]

    def made(subject: x509.Name, key: Any, until: dt.timedelta, authority: bool) -> x509.Certificate:
        builder = x509.CertificateBuilder(
            issuer_name=root, subject_name=subject, public_key=key.public_key(), serial_number=x509.random_serial_number(),
            not_valid_before=today - dt.timedelta(days=40), not_valid_after=today + until,
        ).add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)  # fmt: skip
        if not authority:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return builder.sign(own, hashes.SHA256())

    pem = serialization.Encoding.PEM
    (folder / "dinas.pem").write_bytes(made(root, own, dt.timedelta(days=400), True).public_bytes(pem))
    key = leaf.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    portal_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "portal")])
    served = made(portal_name, leaf, dt.timedelta(days=days), False).public_bytes(pem)
    (folder / "server.pem").write_bytes(served + key)


@contextmanager
def secured(folder: Path) -> Iterator[int]:
    """A server that shakes hands and hangs up."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    listening = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        while True:
            try:
                sock, _ = listening.accept()
            except OSError:
                return
            sock.settimeout(5.0)
            try:
                context.wrap_socket(sock, server_side=True).close()
            except OSError:
                sock.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    yield int(listening.getsockname()[1])
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    thread.join()


@pytest.mark.parametrize(
    ("days", "host", "ca", "state", "indonesian"),
    [
        (300, "127.0.0.1", "dinas.pem", "good", "Sertifikat berlaku sampai"),
        (5, "127.0.0.1", "dinas.pem", "warned", "minta perpanjangan sekarang"),
        (-3, "127.0.0.1", "dinas.pem", "failed", "sudah kedaluwarsa"),
        (300, "lain.example", "dinas.pem", "failed", "untuk nama lain"),
        (300, "127.0.0.1", None, "failed", "rantainya tidak lengkap"),
        (300, "127.0.0.1", "tiada.pem", "failed", "SATUPINTU_HOME/ca"),
    ],
)
def test_a_certificate_tells_its_end_or_what_is_wrong_with_it(
    tmp_path: Path, days: int, host: str, ca: str | None, state: str, indonesian: str
) -> None:
    """Expired, of another name, self-made, or soon over: each is told apart, before anything is asked."""
    _signed(tmp_path, days, host)
    now = dt.datetime.now(dt.UTC)
    with secured(tmp_path) as port:
        made = manifest(tmp_path, url=f"https://127.0.0.1:{port}/api")
        found = [one for one in stages(made, look(tmp_path, ca=ca), now, tmp_path) if one.what == "tls"]
    assert [one.state for one in found] == [state] and indonesian in said(found), found


def test_a_port_without_tls_is_no_bad_certificate(tmp_path: Path) -> None:
    """https where http is spoken: the address is wrong, not the owner's certificate."""
    with serve(portal(rows({}))) as web:
        found = list(stages(manifest(tmp_path, url=web.url.replace("http:", "https:")), look(tmp_path), NOW, tmp_path))
    assert went(found) == {"dns": "good", "tcp": "good", "tls": "failed"} and "tidak ada TLS" in said(found), found


# what ends ---------------------------------------------------------------------------------------------------------


def _token(until: dt.datetime) -> str:
    body = base64.urlsafe_b64encode(json.dumps({"exp": int(until.timestamp())}).encode()).decode().rstrip("=")
    return f"eyJhbGciOiJub25lIn0.{body}.c2lnbmF0dXJl"


@pytest.mark.parametrize(("days", "state"), [(100, "good"), (10, "warned"), (-1, "failed")])
def test_when_a_token_ends_is_told_ahead(tmp_path: Path, days: int, state: str) -> None:
    """By the token itself, or by what somebody wrote beside the secret; the token never shows."""
    until = NOW + dt.timedelta(days=days, hours=1)
    token = _token(until)
    with serve(portal(rows({}))) as web:
        made = manifest(tmp_path, url=web.url)
        by_itself = list(stages(made, look(tmp_path, secret=token), NOW, tmp_path))
        (tmp_path / "KUNCI.expires").write_text(until.date().isoformat())
        by_hand = list(stages(made, look(tmp_path), NOW, tmp_path))
    assert went(by_itself)["expiry"] == state and "Rahasia KUNCI" in said(by_itself)
    assert went(by_hand)["expiry"] == ("failed" if days < 0 else state)
    assert token not in said(by_itself)


# other kinds -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "what", "indonesian"),
    [
        ({}, "parse", "baris dapat dipakai"),
        ({"password": "salah"}, "login", "kata sandi tidak diterima"),
        ({"folder": "TIADA"}, "right", "Folder surel itu tidak ada"),
    ],
)
def test_a_mailbox_is_told_apart_in_the_same_stages(
    tmp_path: Path, changes: dict[str, str], what: str, indonesian: str
) -> None:
    """Wrong password and missing folder of a real IMAP server; nothing in the box is marked."""
    with running.mailbox() as box:
        options = {"user": box.user, "folder": changes.get("folder", "INBOX"), "password": "${secret:KUNCI}"}
        made = manifest(tmp_path, kind="imap", host=box.host, port=box.port, tls="none", **options)
        glance = look(tmp_path, secret=changes.get("password", box.password))
        found = list(stages(made, glance, NOW, tmp_path))
    assert what in went(found) and indonesian in said(found), found


def test_a_door_that_says_nothing_ends_in_time(tmp_path: Path) -> None:
    """What listens and never answers is told after the time of one request, not after minutes."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/api"
        found = list(stages(manifest(tmp_path, url=url), look(tmp_path), NOW, tmp_path))
    assert found[-1].state == "failed" and "tidak datang pada waktunya" in said(found), found


DOORS = [
    ({"signing": {"by": "token", "secret": "${secret:KUNCI}", "query": "kunci"}}, "/in/wa-kota?kunci=<KUNCI>"),
    ({"signing": {"by": "standard", "secret": "${secret:KUNCI}"}}, "Standard Webhooks dengan rahasia KUNCI"),
    ({"signing": {"by": "hmac", "secret": "${secret:K}", "header": "X-Tanda"}}, "rahasia K di header X-Tanda"),
    ({"signing": {"by": "token", "secret": "${secret:K}", "header": "X-Kunci"}}, "rahasia K di header X-Kunci"),
    ({"verify_token": "${secret:VERIFIKASI}"}, "Verify token adalah isi rahasia VERIFIKASI"),
    ({"mode": "webhook", "secret_token": "${secret:BOT}"}, "setWebhook"),
    ({"unsigned": True}, "https://<hub>/in/wa-kota "),
]


@pytest.mark.parametrize(("options", "said"), DOORS)
def test_a_door_that_receives_says_what_to_paste(options: dict[str, Any], said: str) -> None:
    """Whoever sets up the other side reads the address and which secret goes where, never the secret itself."""
    indonesian, english = paste("wa-kota", options)
    assert said in indonesian and "/in/wa-kota" in english


def test_check_of_a_push_names_its_address(tmp_path: Path) -> None:
    """The stages of a webhook begin with the address to which its gateway pushes."""
    own = {"signing": {"by": "standard", "secret": "${secret:KUNCI}"}}
    path = manifest(tmp_path, kind="webhook", **own)
    found = list(stages(path, look(tmp_path), NOW, tmp_path))
    assert "https://<hub>/in/kanal" in found[0].indonesian and found[0].state == "good", found


def test_every_cause_stands_at_a_stage_and_names_who_mends_it() -> None:
    """No sentence leaves a newcomer alone: each has both languages and says whose turn it is."""
    for code, (stage, indonesian, english) in {**CAUSES, **OF_KINDS}.items():
        assert stage in STAGES, code
        assert "Yang memperbaiki:" in indonesian or "Coba lagi" in indonesian, code
        assert "Who mends it:" in english or "Try again" in english, code
