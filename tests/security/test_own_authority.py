"""A region's own certificate authority: believed by the connector that names it, beside the public ones, and by no other."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from unittest.mock import Mock

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from connectors.base import Context, Window
from connectors.errors import ChannelError, Misconfigured
from connectors.http import HttpClient
from connectors.kinds.imap import Imap
from connectors.net import NotReached, dialler
from connectors.trust import Tls, trust
from hub.routing import load
from hub.settings import Settings
from hub.wire import World, http_of

NOW = dt.datetime(2026, 12, 1, tzinfo=dt.UTC)
LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)


def _certificate(name: str, key: ec.EllipticCurvePrivateKey, by: tuple[x509.Name, ec.EllipticCurvePrivateKey] | None):
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    issuer, signer = by or (subject, key)
    today = dt.datetime.now(dt.UTC)
    made = x509.CertificateBuilder(
        issuer_name=issuer,
        subject_name=subject,
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=today - dt.timedelta(days=1),
        not_valid_after=today + dt.timedelta(days=1),
    ).add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)
    if by is not None:
        names = [x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        made = made.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return made.sign(signer, hashes.SHA256())


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as the operator has it: dinas.pem is the authority; server.pem is for the server alone."""
    folder, own, leaf = tmp_path_factory.mktemp("ca"), *(ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root = _certificate("Dinas Kominfo", own, None)
    served = _certificate("portal", leaf, (root.subject, own))
    pem = serialization.Encoding.PEM
    (folder / "dinas.pem").write_bytes(root.public_bytes(pem))
    key = leaf.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "server.pem").write_bytes(served.public_bytes(pem) + key)
    (folder / "empty.pem").write_bytes(b"")
    return folder


class _Portal(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def https(folder: Path) -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Portal)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield int(server.server_address[1])
    server.shutdown()
    server.server_close()
    thread.join()


def client(tls: Tls | None) -> HttpClient:
    return HttpClient(dialler(LOOPBACK), lambda text, _: text, lambda: NOW, lambda _: None, tls=tls)


def test_only_the_connector_that_names_it_believes_it(authority: Path) -> None:
    """Without ca_file the portal has no certificate that can be trusted; with it, it has; another connector still not."""
    with https(authority) as port:
        url = f"https://127.0.0.1:{port}/"
        for stranger in (client(None), client(trust(authority, None))):
            with pytest.raises(NotReached) as caught:
                stranger.send("GET", url)
            assert caught.value.code == "tls"
        assert client(trust(authority, "dinas.pem")).send("GET", url).status == 200
        with pytest.raises(NotReached):
            client(None).send("GET", url)


def test_a_name_that_the_certificate_does_not_bear_is_refused(authority: Path) -> None:
    """The region's own authority opens no other host: the name is verified as always."""
    with https(authority) as port, pytest.raises(NotReached) as caught:
        client(trust(authority, "dinas.pem")).send("GET", f"https://localhost:{port}/")
    assert caught.value.code == "tls"


def test_mail_believes_it_too(authority: Path) -> None:
    """A mailbox behind the same authority gets past the handshake, and none without it."""

    def ended(tls: Tls) -> str:
        dial = dialler(LOOPBACK)
        ctx = Context(http=client(None), dial=dial, secret=lambda text, _: text, clock=lambda: NOW, tls=tls)
        with pytest.raises(ChannelError) as caught:
            list(Imap(host="127.0.0.1", user="u", password="p", port=port).pages(ctx, Window(since=None, until=NOW)))
        return caught.value.code

    with _greeting_no_imap(authority) as port:
        assert ended(trust(authority, None)) == "tls"
        assert ended(trust(authority, "dinas.pem")) == "cut"


@contextmanager
def _greeting_no_imap(folder: Path) -> Iterator[int]:
    """A TLS server that hangs up behind the handshake."""
    import socket

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            for _ in range(2):
                try:
                    context.wrap_socket(server.accept()[0], server_side=True).close()
                except OSError:
                    continue

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield int(server.getsockname()[1])


@pytest.mark.parametrize("name", ["missing.pem", "empty.pem", "../ca/dinas.pem", "/etc/hostname"])
def test_a_file_that_is_not_there_is_told(authority: Path, name: str) -> None:
    """A missing or empty file, or one outside of the operator's folder, is the operator's to put there; nothing is sent."""
    with https(authority) as port, pytest.raises(Misconfigured, match="certificate authority") as caught:
        client(trust(authority, name)).send("GET", f"https://127.0.0.1:{port}/")
    assert caught.value.code == "ca_file" and "SATUPINTU_HOME" in (caught.value.hint or "")


def test_a_registry_believes_the_authority_that_its_file_names(authority: Path, tmp_path: Path) -> None:
    """The operator's registry behind an authority of its own answers; one whose file names none is not believed."""
    home = tmp_path / "home"
    (home / "ca").mkdir(parents=True)
    (home / "ca" / "dinas.pem").write_bytes((authority / "dinas.pem").read_bytes())
    settings = Settings.read({"SATUPINTU_HOME": str(home)})
    world = World(settings=settings, store=Mock(), parser=Mock(), clock=lambda: NOW, sleep=lambda _: None)
    with https(authority) as port:
        for ca_file, expected in (("dinas.pem", 200), (None, "tls")):
            text = f"version: 1\nname: sp4n\nkind: lapor_v3\nurl: https://127.0.0.1:{port}\n"
            (tmp_path / "sp4n.yaml").write_text(text + (f"ca_file: {ca_file}\n" if ca_file else ""))
            config = load(tmp_path / "sp4n.yaml")
            assert config.ca_file == ca_file
            http = http_of(world, config)
            try:
                said: int | str = http.send("GET", f"https://127.0.0.1:{port}/").status
            except NotReached as error:
                said = error.code
            assert said == expected
