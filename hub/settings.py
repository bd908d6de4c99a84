"""The settings of the hub, read in one place from SATUPINTU_* variables."""

from __future__ import annotations

import errno
import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from connectors.known import look_in

PREFIX = "SATUPINTU_"
ROOT = Path(__file__).resolve().parent.parent
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_POSTGRESQL = re.compile(r"postgres(ql)?(\+\w+)?://")


class WrongSetting(Exception):
    """A SATUPINTU_* variable is unknown or cannot be used; whoever starts the hub has to change it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Where the hub lives and whom it may reach."""

    home: Path
    """SATUPINTU_HOME: keys, embedded database, published log."""
    database_url: str | None = None
    """SATUPINTU_DATABASE_URL: a PostgreSQL >= 15; unset = the embedded server."""
    migration_url: str | None = None
    """SATUPINTU_MIGRATION_URL: the login that owns the tables; unset = the embedded superuser, else database_url."""
    manifests: Path
    """SATUPINTU_MANIFESTS: a folder of connector manifests, with sub-folders."""
    registries: Path
    """SATUPINTU_REGISTRIES: a folder with one YAML a registry."""
    registry_url: str | None = None
    """SATUPINTU_REGISTRY_URL: overrides the url of the registry named sp4n."""
    registry_auth: str | None = None
    """SATUPINTU_REGISTRY_AUTH: value of its Authorization header."""
    registry_token: str | None = None
    """SATUPINTU_REGISTRY_TOKEN: value of its token header."""
    kinds: Path | None = None
    """SATUPINTU_KINDS: a folder with kinds of the operator's own, one file each; reading the settings makes them known."""
    files: tuple[Path, ...] = ()
    """SATUPINTU_FILES: folders, separated by colons, from whose sub-folders connectors may read files, beside HOME/inbox."""
    allow_networks: tuple[Network, ...] = ()
    """SATUPINTU_ALLOW_NETWORKS: private networks that connectors may reach, comma-separated CIDRs."""
    allow_ports: tuple[int, ...] = ()
    """SATUPINTU_ALLOW_PORTS: ports besides those of web and mail on which connectors may reach public hosts, comma-separated."""
    key_file: Path | None = None
    """SATUPINTU_KEY_FILE: the hub key; unset = HOME/keys/hub.key."""
    key: str | None = field(default=None, repr=False)
    """SATUPINTU_KEY: the hub key itself, 32 bytes in base64, or `${secret:NAME}` where a secrets backend has it."""
    key_old: str | None = field(default=None, repr=False)
    """SATUPINTU_KEY_OLD: the hub key before SATUPINTU_KEY, in the same way, until nothing is wrapped with it any more."""
    smtp: Mapping[str, str] | None = None
    """SATUPINTU_SMTP: the operator's mail account for daily mails, smtps://USER@HOST:PORT (smtp:// for STARTTLS); its password
    is the secret SMTP_PASSWORD."""
    smtp_from: str | None = None
    """SATUPINTU_SMTP_FROM: whom these mails are from."""
    token: str | None = field(default=None, repr=False)
    """SATUPINTU_TOKEN: who runs this command; unset = the operator, by his account on this machine."""

    @property
    def log_folder(self) -> Path:
        """Where the sealed audit log is published."""
        return self.home / "log"

    @property
    def departures_folder(self) -> Path:
        """Where processes that forward note what has left them."""
        return self.home / "departures"

    @property
    def spool_folder(self) -> Path:
        """Where pushes wait while the database is down."""
        return self.home / "spool"

    @property
    def inbox_folder(self) -> Path:
        """Where files lie that connectors read and `upload` puts there, a folder for each."""
        return self.home / "inbox"

    @property
    def ca_folder(self) -> Path:
        """Where the operator puts certificate authorities of regions, which a manifest names by `ca_file`."""
        return self.home / "ca"

    @property
    def regions_folder(self) -> Path:
        """Where the operator puts codes of regions that the hub does not bring (connectors.regions.places)."""
        return self.home / "regions"

    @property
    def registered_folder(self) -> Path:
        """Where the manifests that `satupintu register` has stored lie as files, for whoever reads without the database."""
        return self.home / "registered"

    @property
    def secrets_folder(self) -> Path:
        """Where secrets lie that are no environment variables, one file each, mode 0600."""
        return self.home / "secrets"

    @classmethod
    def read(cls, env: Mapping[str, str] | None = None) -> Settings:
        """Settings from the environment; raises WrongSetting for an unknown or unusable variable."""
        env = os.environ if env is None else env
        given = {name: value.strip() for name, value in env.items() if name.startswith(PREFIX) and value.strip()}
        _refuse_unknown(given)
        home = _path(given, "HOME", Path.home() / ".satupintu")
        kinds = _path(given, "KINDS", ROOT) if PREFIX + "KINDS" in given else None
        if kinds:
            look_in(kinds)
        return cls(
            home=home,
            kinds=kinds,
            database_url=_database(given, "DATABASE_URL"),
            migration_url=_database(given, "MIGRATION_URL"),
            manifests=_path(given, "MANIFESTS", ROOT / "connectors" / "manifests"),
            registries=_path(given, "REGISTRIES", ROOT / "registries"),
            registry_url=_address(given, "REGISTRY_URL"),
            registry_auth=given.get(PREFIX + "REGISTRY_AUTH"),
            registry_token=given.get(PREFIX + "REGISTRY_TOKEN"),
            files=tuple(Path(one).expanduser().absolute() for one in given.get(PREFIX + "FILES", "").split(":") if one),
            allow_networks=_networks(given.get(PREFIX + "ALLOW_NETWORKS", "")),
            allow_ports=_ports(given.get(PREFIX + "ALLOW_PORTS", "")),
            key_file=_file(given, "KEY_FILE"),
            key=given.get(PREFIX + "KEY"),
            key_old=given.get(PREFIX + "KEY_OLD"),
            smtp=_smtp(given),
            smtp_from=given.get(PREFIX + "SMTP_FROM"),
            token=given.get(PREFIX + "TOKEN"),
        )

    def doubts(self) -> tuple[str, ...]:
        """What works and is hardly meant, one sentence each: a folder that is not there holds no connector, registry or kind."""
        folders = (
            ("MANIFESTS", self.manifests, "connector"),
            ("REGISTRIES", self.registries, "registry"),
            *((("KINDS", self.kinds, "kind of your own"),) if self.kinds else ()),
        )
        return tuple(
            f"{PREFIX}{name}: there is no folder {folder}, so no {what} is known. Make it, or correct the path."
            for name, folder, what in folders
            if not folder.is_dir()
        )


def make_home(home: Path) -> None:
    """The folder of SATUPINTU_HOME, made where it is missing; raises WrongSetting where that cannot be done."""
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):  # the setting is right, and a full disk has its own sentence
            raise
        why = error.strerror or type(error).__name__
        raise WrongSetting(
            f"{PREFIX}HOME: the folder {home} cannot be made ({why}). Set it to a folder that can be written."
        ) from None


NAMES = (
    "HOME",
    "DATABASE_URL",
    "MIGRATION_URL",
    "MANIFESTS",
    "REGISTRIES",
    "KINDS",
    "FILES",
    "REGISTRY_URL",
    "REGISTRY_AUTH",
    "REGISTRY_TOKEN",
    "ALLOW_NETWORKS",
    "ALLOW_PORTS",
    "KEY_FILE",
    "KEY",
    "KEY_OLD",
    "SMTP",
    "SMTP_FROM",
    "TOKEN",
)


def _refuse_unknown(given: Mapping[str, str]) -> None:
    unknown = sorted(name for name in given if name.removeprefix(PREFIX) not in NAMES)
    if unknown:
        known = ", ".join(PREFIX + name for name in NAMES)
        raise WrongSetting(f"{', '.join(unknown)}: no such setting. Known are {known}. Unset it or correct its name.")


def _path(given: Mapping[str, str], name: str, default: Path) -> Path:
    return Path(given.get(PREFIX + name, default)).expanduser().absolute()


def _file(given: Mapping[str, str], name: str) -> Path | None:
    if PREFIX + name not in given:
        return None
    path = _path(given, name, ROOT)
    if not path.is_file() or not os.access(path, os.R_OK):
        raise WrongSetting(
            f"{PREFIX}{name}: {path} is no file that can be read. Put the file there, correct the path or unset it."
        )
    return path


def _database(given: Mapping[str, str], name: str) -> str | None:
    url = given.get(PREFIX + name)
    if url is not None and not _POSTGRESQL.match(url):
        raise WrongSetting(
            f"{PREFIX}{name} is no address of PostgreSQL, the only database that the hub knows. "
            "Write postgresql://user:password@host/name, or unset it for the embedded server."
        )
    return url


def _smtp(given: Mapping[str, str]) -> Mapping[str, str] | None:
    """{host, port, tls, user, password, from}, as connectors.smtp has it; None where no account is set."""
    url, sender = given.get(PREFIX + "SMTP"), given.get(PREFIX + "SMTP_FROM")
    if url is None and sender is None:
        return None
    parts = urlsplit(url or "")
    ways = {"smtps": "implicit", "smtp": "starttls", "smtp+none": "none"}
    try:
        good = parts.scheme in ways and parts.hostname and parts.password is None and "@" in (sender or "")
        port = parts.port
    except ValueError:
        good, port = None, None
    if not good:
        raise WrongSetting(
            f"{PREFIX}SMTP and {PREFIX}SMTP_FROM are set together: smtps://USER@HOST:465 (smtp:// for STARTTLS), a user's own @ "
            "written %40, and an address. The password is the secret SMTP_PASSWORD, never part of the address."
        )
    user = {"user": unquote(parts.username), "password": "${secret:SMTP_PASSWORD}"} if parts.username else {}
    ends = {"port": str(port)} if port else {}
    return {"host": str(parts.hostname), "tls": ways[parts.scheme], "from": str(sender), **user, **ends}


def _address(given: Mapping[str, str], name: str) -> str | None:
    url = given.get(PREFIX + name)
    if url is not None and not _is_web(url):
        raise WrongSetting(
            f"{PREFIX}{name} is no address of a web server. Write https://host/path, without user name and password."
        )
    return url


def _is_web(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:  # a port beyond 65535, brackets around what is no IPv6 address
        return False
    plain = url.isascii() and not re.search(r"[\x00-\x20\\]", url) and "@" not in parts.netloc
    return parts.scheme in ("http", "https") and bool(host) and port != 0 and plain


def _networks(text: str) -> tuple[Network, ...]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    try:
        return tuple(ipaddress.ip_network(part) for part in parts)
    except ValueError as error:
        raise WrongSetting(
            f"{PREFIX}ALLOW_NETWORKS: {error}. Write networks as CIDRs, separated by commas, such as 127.0.0.0/8."
        ) from None


def _ports(text: str) -> tuple[int, ...]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not all(part.isascii() and part.isdigit() and 0 < int(part[:6]) < 65536 for part in parts):
        raise WrongSetting(f"{PREFIX}ALLOW_PORTS: write ports from 1 to 65535, separated by commas, such as 8069,9443.")
    return tuple(sorted({int(part) for part in parts}))
