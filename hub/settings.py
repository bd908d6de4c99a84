"""The settings of the hub, read in one place from SATUPINTU_* variables."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PREFIX = "SATUPINTU_"
ROOT = Path(__file__).resolve().parent.parent
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


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
    allow_networks: tuple[Network, ...] = ()
    """SATUPINTU_ALLOW_NETWORKS: private networks that connectors may reach, comma-separated CIDRs."""
    key_file: Path | None = None
    """SATUPINTU_KEY_FILE: the hub key; unset = HOME/keys/hub.key."""

    @property
    def log_folder(self) -> Path:
        """Where the sealed audit log is published."""
        return self.home / "log"

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
        return cls(
            home=home,
            database_url=given.get(PREFIX + "DATABASE_URL"),
            migration_url=given.get(PREFIX + "MIGRATION_URL"),
            manifests=_path(given, "MANIFESTS", ROOT / "connectors" / "manifests"),
            registries=_path(given, "REGISTRIES", ROOT / "registries"),
            registry_url=given.get(PREFIX + "REGISTRY_URL"),
            registry_auth=given.get(PREFIX + "REGISTRY_AUTH"),
            registry_token=given.get(PREFIX + "REGISTRY_TOKEN"),
            allow_networks=_networks(given.get(PREFIX + "ALLOW_NETWORKS", "")),
            key_file=_path(given, "KEY_FILE", home) if PREFIX + "KEY_FILE" in given else None,
        )


NAMES = (
    "HOME",
    "DATABASE_URL",
    "MIGRATION_URL",
    "MANIFESTS",
    "REGISTRIES",
    "REGISTRY_URL",
    "REGISTRY_AUTH",
    "REGISTRY_TOKEN",
    "ALLOW_NETWORKS",
    "KEY_FILE",
)


def _refuse_unknown(given: Mapping[str, str]) -> None:
    unknown = sorted(name for name in given if name.removeprefix(PREFIX) not in NAMES)
    if unknown:
        known = ", ".join(PREFIX + name for name in NAMES)
        raise WrongSetting(f"{', '.join(unknown)}: no such setting. Known are {known}. Unset it or correct its name.")


def _path(given: Mapping[str, str], name: str, default: Path) -> Path:
    return Path(given.get(PREFIX + name, default)).expanduser().absolute()


def _networks(text: str) -> tuple[Network, ...]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    try:
        return tuple(ipaddress.ip_network(part) for part in parts)
    except ValueError as error:
        raise WrongSetting(
            f"{PREFIX}ALLOW_NETWORKS: {error}. Write networks as CIDRs, separated by commas, such as 127.0.0.0/8."
        ) from None
