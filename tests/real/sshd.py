"""A real OpenSSH server in a folder of its own: its own host key, one account by key, SFTP and nothing else."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SECONDS = 20
_CONFIG = """
Port {port}
ListenAddress 127.0.0.1
HostKey {here}/host_key
PidFile none
AuthorizedKeysFile {here}/user_key.pub
StrictModes no
UsePAM no
PermitRootLogin yes
PasswordAuthentication yes
KbdInteractiveAuthentication no
Subsystem sftp internal-sftp
ForceCommand internal-sftp
AllowTcpForwarding no
"""


@dataclass(kw_only=True)
class Sshd:
    """A running server: where it is, its key as a manifest pins it, who may log in by which private key."""

    port: int
    host_key: str
    user: str
    key: str
    process: subprocess.Popen[bytes]


def program() -> str | None:
    """Where sshd is; None where there is none."""
    return shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


@contextmanager
def sshd(here: Path) -> Iterator[Sshd]:
    """Serve until the block ends."""
    found = program()
    assert found
    for name in ("host_key", "user_key"):
        make = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "uji", "-f", str(here / name)]
        subprocess.run(make, check=True, timeout=20)
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # where a server of root drops its rights
    port = _free()
    (here / "config").write_text(_CONFIG.format(port=port, here=here))
    with (here / "log").open("wb") as log:
        process = subprocess.Popen([found, "-D", "-e", "-f", str(here / "config")], stderr=log)
    try:
        _ready(port, process, here / "log")
        yield Sshd(
            port=port,
            host_key=(here / "host_key.pub").read_text().strip(),
            user=getpass.getuser(),
            key=(here / "user_key").read_text(),
            process=process,
        )
    finally:
        process.terminate()
        process.wait(SECONDS)


def _free() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def _ready(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1) as sock:
                if sock.recv(4) == b"SSH-":
                    return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(log.read_text())
