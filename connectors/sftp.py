"""A folder over SFTP: the server's key is the one that the manifest pins, the socket is the dialled one, links are no files."""

from __future__ import annotations

import io
import stat
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from connectors.base import Context
from connectors.errors import ChannelError, Misconfigured, Refused, Unavailable
from connectors.folders import Seen
from connectors.net import NotReached

SECONDS: Final = 300.0
"""One reading of one file."""
_WAIT: Final = 30.0
_PIECE: Final = 64 * 1024
_MOST_NAMES: Final = 100_000
_ALGORITHMS: Final = {"ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256")}


class RemoteFolder:
    """One folder of one SFTP server."""

    def __init__(self, client: Any, path: str, host: str, monotonic: Callable[[], float]) -> None:
        self._client, self._path, self._host, self._monotonic = client, path.rstrip("/") or "/", host, monotonic

    def list(self) -> Sequence[Seen]:
        """Regular files whose names are names; the server says of links that they are links."""
        with _errors(self._host):
            try:
                found = []
                for one in self._client.listdir_iter(self._path):
                    found.append(one)
                    if len(found) > _MOST_NAMES:
                        raise Misconfigured("The folder has too many files.", code="too_many_files")
            except FileNotFoundError:
                raise Misconfigured(
                    f"{self._host} has no folder of the name in with.sftp.folder.",
                    hint="Correct it; it is the path as the account sees it.",
                    code="no_folder",
                    indonesian=f"{self._host} tidak mempunyai folder seperti di with.sftp.folder. Perbaiki namanya.",
                ) from None
        return [_seen(one.filename, one) for one in found if stat.S_ISREG(one.st_mode or 0) and "/" not in one.filename]

    def read(self, name: str, most: int) -> bytes:
        """Its bytes, within the time of one reading."""
        until, parts, size = self._monotonic() + SECONDS, [], 0
        with _errors(self._host), self._client.open(f"{self._path}/{name}", "rb") as file:
            while size < most and (part := file.read(min(_PIECE, most - size))):
                parts.append(part)
                size += len(part)
                if self._monotonic() > until:
                    raise Unavailable(f"{self._host} did not send {name} in time.", code="timeout")
        return b"".join(parts)

    def look(self, name: str) -> Seen:
        """As it stands now."""
        with _errors(self._host):
            return _seen(name, self._client.lstat(f"{self._path}/{name}"))


def _seen(name: str, at: Any) -> Seen:
    return Seen(name=name, size=int(at.st_size or 0), changed=float(at.st_mtime or 0))


@contextmanager
def opened(
    ctx: Context, server: Mapping[str, Any], monotonic: Callable[[], float] = time.monotonic
) -> Iterator[RemoteFolder]:
    """The folder of `server` {host, port, user, password or key, host_key, folder}; raises ChannelError."""
    import paramiko  # half a second to import, and only this needs it

    host = str(server["host"])
    sock = ctx.dial(host, int(server.get("port") or 22), _WAIT)
    sock.settimeout(_WAIT)
    transport: Any = None
    try:
        with _errors(host):
            transport = paramiko.Transport(sock)
            transport.banner_timeout = transport.auth_timeout = transport.handshake_timeout = _WAIT
            _pin(transport, str(server["host_key"]), host)
            _login(transport, ctx, server, host)
            client = paramiko.SFTPClient.from_transport(transport)
            if client is None:
                raise Unavailable(f"{host} offers no SFTP.", code="no_sftp")
            client.get_channel().settimeout(_WAIT)
        yield RemoteFolder(client, str(server.get("folder") or "."), host, monotonic)
    finally:
        if transport is not None:
            transport.close()
        sock.close()


def _pin(transport: Any, pinned: str, host: str) -> None:
    """Ask for the kind of key that is pinned, and go no further where another one comes."""
    kind, _, text = " ".join(pinned.split()[:2]).partition(" ")
    transport.get_security_options().key_types = _ALGORITHMS.get(kind, (kind,))
    transport.start_client(timeout=_WAIT)
    key = transport.get_remote_server_key()
    if (key.get_name(), key.get_base64()) != (kind, text):
        raise Refused(
            f"{host} shows another key than with.sftp.host_key.",
            hint="Ask its owner whether the key was changed, and compare it by another way before it is written down.",
            code="host_key",
            indonesian=f"{host} menunjukkan kunci lain daripada with.sftp.host_key. Tanyakan kepada pemiliknya apakah "
            "kuncinya diganti, dan cocokkan lewat jalan lain sebelum ditulis.",
        )


def _login(transport: Any, ctx: Context, server: Mapping[str, Any], host: str) -> None:
    import paramiko

    user = ctx.secret(str(server["user"]), host)
    try:
        if server.get("key"):
            transport.auth_publickey(user, _key(ctx.secret(str(server["key"]), host)))
        else:
            transport.auth_password(user, ctx.secret(str(server.get("password") or ""), host), fallback=False)
    except (paramiko.AuthenticationException, paramiko.BadAuthenticationType):
        raise Refused(
            f"{host} does not accept user and password or key.",
            code="login",
            indonesian=f"{host} menolak pengguna dan sandi atau kuncinya. Minta pemilik kanal memeriksanya.",
        ) from None


def _key(text: str) -> Any:
    import paramiko

    for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        try:
            return kind.from_private_key(io.StringIO(text if text.endswith("\n") else f"{text}\n"))
        except (paramiko.SSHException, ValueError, IndexError):
            continue
    raise Misconfigured("The secret of with.sftp.key is no private key without a passphrase.", code="bad_key")


@contextmanager
def _errors(host: str) -> Iterator[None]:
    import paramiko

    try:
        yield
    except ChannelError:
        raise
    except PermissionError:
        raise Refused(f"{host} does not let this account read there.", code="no_right") from None
    except FileNotFoundError:
        raise Unavailable("A file is gone that was listed.", code="file_changed") from None
    except paramiko.IncompatiblePeer:
        raise Refused(f"{host} has no key of the kind in with.sftp.host_key.", code="host_key") from None
    except (paramiko.SSHException, OSError, EOFError):
        raise NotReached(f"{host} cut the connection or answered no SSH.", code="cut") from None
    except (ValueError, TypeError, IndexError, AttributeError):
        raise Unavailable(f"{host} answered no SSH.", code="not_ssh") from None
