"""A real Dovecot in a folder of its own: a maildir, a password, and no mail of anybody else's."""

from __future__ import annotations

import getpass
import grp
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

USER, PASSWORD = "kanal", "rahasia-uji-7"
SECONDS = 20
_COMMON = """
base_dir = {here}/run
state_dir = {here}/state
log_path = {here}/log
protocols = imap
listen = 127.0.0.1
ssl = no
mail_uid = {uid}
mail_gid = {gid}
first_valid_uid = 1
{rootless}
service imap-login {{
{chroot}
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
"""
_OF_2_3 = """
disable_plaintext_auth = no
mail_location = maildir:{here}/mail
passdb {{
  driver = passwd-file
  args = scheme=PLAIN {here}/passwd
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={here}/mail
}}
"""
_OF_2_4 = """
auth_allow_cleartext = yes
mail_driver = maildir
mail_path = {here}/mail
mail_home = {here}/mail
passdb passwd-file {{
  passwd_file_path = {here}/passwd
  default_password_scheme = plain
}}
userdb static {{
  fields {{
    uid = {uid}
    gid = {gid}
    home = {here}/mail
  }}
}}
"""
_ROOTLESS = """
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
service anvil {{
  chroot =
}}
"""


def program() -> str | None:
    """Where Dovecot is, or None."""
    return shutil.which("dovecot", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin")


@dataclass(slots=True, kw_only=True)
class Dovecot:
    """One server; `start` and `stop` may be called again and again."""

    here: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    def deliver(self, mails: Sequence[bytes], first: int = 0) -> None:
        """Put these into the folder as a delivery agent does: written beside, then moved."""
        for number, content in enumerate(mails, first):
            name = f"{1_790_000_000 + number}.M{number:06}.uji"
            (self.here / "mail" / "tmp" / name).write_bytes(content)
            os.chown(self.here / "mail" / "tmp" / name, *_owner())
            (self.here / "mail" / "tmp" / name).rename(self.here / "mail" / "new" / name)

    def forget(self) -> None:
        """Take away what makes the folder the same folder: with it its UIDs mean nothing any more."""
        for path in (self.here / "mail").glob("dovecot*"):
            path.unlink()

    def start(self) -> None:
        """Begin to listen; raises AssertionError with Dovecot's own words where it does not."""
        found = program()
        assert found
        self.process = subprocess.Popen([found, "-F", "-c", str(self.here / "conf")], stderr=subprocess.PIPE)
        end = time.monotonic() + SECONDS
        while not self._listens():
            if self.process.poll() is not None or time.monotonic() > end:
                said = self.process.stderr.read() if self.process.poll() is not None and self.process.stderr else b""
                raise AssertionError(said.decode() + self._log())
            time.sleep(0.05)  # another program's start: there is nothing to wait on

    def stop(self) -> None:
        """End it and its children."""
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(SECONDS)
            if self.process.stderr:
                self.process.stderr.close()
            self.process = None

    def _listens(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as there:
                return there.recv(4) == b"* OK"
        except OSError:
            return False

    def _log(self) -> str:
        path = self.here / "log"
        return path.read_text() if path.exists() else ""


def made(here: Path) -> Dovecot:
    """A server's folder and configuration; it does not listen yet."""
    uid, gid = _owner()
    for name in ("mail/cur", "mail/new", "mail/tmp", "run", "state"):
        (here / name).mkdir(parents=True)
    for path in (here / "mail", *(here / "mail").iterdir()):
        os.chown(path, uid, gid)
    for path in (here, *here.parents):  # whoever reads the mail has to reach it
        if path.owner() == getpass.getuser():
            path.chmod(path.stat().st_mode | 0o711)
    (here / "passwd").write_text(f"{USER}:{{PLAIN}}{PASSWORD}::::::\n")
    port = _free()
    root = os.getuid() == 0
    names = {"user": getpass.getuser(), "group": grp.getgrgid(os.getgid()).gr_name}
    values = {"here": here, "uid": uid, "gid": gid, "port": port}
    own = {"rootless": "" if root else _ROOTLESS.format(**names), "chroot": "" if root else "  chroot ="}
    head, rest = (f"dovecot_config_version = {_version()}\ndovecot_storage_version = {_version()}\n", _OF_2_4)
    if _version().startswith("2.3"):
        head, rest = "", _OF_2_3
    (here / "conf").write_text(head + (_COMMON + rest).format(**values, **own))
    return Dovecot(here=here, port=port)


def _version() -> str:
    said = subprocess.run([program() or "dovecot", "--version"], capture_output=True, text=True, check=True).stdout
    found = re.match(r"\d+\.\d+\.\d+", said)
    assert found, said
    return found[0]


def _owner() -> tuple[int, int]:
    """Whose the mail is: Dovecot reads none as root."""
    if os.getuid():
        return os.getuid(), os.getgid()
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


def _free() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port
