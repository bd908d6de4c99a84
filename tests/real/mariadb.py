"""A real MariaDB for the tests of the kind `sql`: a process of our own in a folder of its own, on a free port, with TLS."""

from __future__ import annotations

import datetime
import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pymysql
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

INSTALL, SERVER = (
    shutil.which("mariadb-install-db"),
    shutil.which("mariadbd") or shutil.which("mariadbd", path="/usr/sbin"),
)
ROOT = "sandi-akar-percobaan"


@dataclass(kw_only=True)
class Server:
    """A running server and how its owner asks it."""

    port: int
    socket: Path
    ca: Path
    start: Callable[[], subprocess.Popen[bytes]]
    process: subprocess.Popen[bytes]

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.process.wait()

    def revive(self) -> None:
        """Start it again on the same files and port."""
        self.process = self.start()
        self.awaited()

    def awaited(self) -> None:
        """Wait until it answers; it gives no other sign."""
        end = time.monotonic() + 60
        while True:
            with socket.socket(socket.AF_UNIX) as knock:
                if knock.connect_ex(str(self.socket)) == 0:
                    return
            assert self.process.poll() is None
            assert time.monotonic() < end
            time.sleep(0.05)

    def run(self, *statements: str, database: str | None = None, charset: str = "utf8mb4") -> list[tuple[Any, ...]]:
        """Statements of the owner; what the last one answers."""
        with pymysql.connect(
            unix_socket=str(self.socket), user="root", database=database, charset=charset, autocommit=True
        ) as owner:
            cursor = owner.cursor()
            for one in statements:
                cursor.execute(one)
            return list(cursor.fetchall())


def certificate(folder: Path) -> tuple[Path, Path, Path]:
    """An authority of our own, and a certificate of it for 127.0.0.1: files of the authority, certificate, key."""
    now = datetime.datetime.now(datetime.UTC)

    def made(name: str, by: tuple[x509.Name, Any] | None) -> tuple[x509.Name, Any, bytes]:
        key, subject = (
            ec.generate_private_key(ec.SECP256R1()),
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]),
        )
        one = x509.CertificateBuilder(
            subject_name=subject, issuer_name=by[0] if by else subject, public_key=key.public_key(),
            serial_number=x509.random_serial_number(), not_valid_before=now - datetime.timedelta(days=1),
            not_valid_after=now + datetime.timedelta(days=2),
        ).add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)  # fmt: skip
        if by:
            names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
            one = one.add_extension(names, critical=False)
        signed = one.sign(by[1] if by else key, hashes.SHA256())
        return subject, key, signed.public_bytes(serialization.Encoding.PEM)

    subject, own, ca = made("CA Percobaan", None)
    _, key, leaf = made("127.0.0.1", (subject, own))
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    paths = folder / "ca.pem", folder / "leaf.pem", folder / "key.pem"
    for path, content in zip(paths, (ca, leaf, key.private_bytes(*form)), strict=True):
        path.write_bytes(content)
        path.chmod(0o644)
    return paths


@contextmanager
def running(folder: Path) -> Iterator[Server]:
    """A fresh server; it is ended by its own process id."""
    data, tls = folder / "maria", folder / "maria-tls"
    data.mkdir(mode=0o700)
    tls.mkdir(mode=0o755)
    ca, leaf, key = certificate(tls)
    user = "nobody" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    if user == "nobody":
        os.chown(data, pwd.getpwnam(user).pw_uid, -1)
    common = ["--no-defaults", f"--datadir={data}", f"--user={user}"]
    made = [str(INSTALL), *common, "--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve"]
    subprocess.run(made, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def start() -> subprocess.Popen[bytes]:
        """Small and forgetful."""
        small = ["--innodb-buffer-pool-size=32M", "--innodb-flush-log-at-trx-commit=2", "--performance-schema=OFF"]
        where = [f"--socket={data / 's'}", "--bind-address=127.0.0.1", f"--port={port}", "--skip-name-resolve"]
        trust = [f"--ssl-ca={ca}", f"--ssl-cert={leaf}", f"--ssl-key={key}"]
        call = [str(SERVER), *common, *small, *where, *trust]
        return subprocess.Popen(call, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    server = Server(port=port, socket=data / "s", ca=ca, start=start, process=start())
    try:
        server.awaited()
        yield server
    finally:
        server.kill()
