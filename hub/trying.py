"""A test push: only our own hub can have written it, it says whether a connector's address works, and it is kept nowhere."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from connectors.base import Answer, Http
from connectors.errors import ChannelError
from connectors.net import NotReached
from hub.privacy import Vault

HEADER: Final = "x-satupintu-test"
_SECONDS: Final = 120
"""For which a test push is believed."""
TOLD: Final[Mapping[str, tuple[str, str]]] = {
    "test_arrived": (
        "Pesan uji sampai: alamatnya benar, rahasianya ada, basis data menyala. Tidak ada yang disimpan.",
        "The test message arrived: the address is right, the secret is there, the database is up. Nothing was kept.",
    ),
    "test_waits": (
        "Pesan uji sampai, tetapi basis data mati: kiriman kanal menunggu di disk sampai menyala lagi.",
        "The test message arrived, but the database is down: what channels push waits on disk until it is back.",
    ),
    "test_no_secret": (
        "Pesan uji sampai, tetapi rahasia untuk menilai kiriman tidak ada atau rusak, jadi kiriman kanal ditunda (503).",
        "The test message arrived, but the secret that judges pushes is missing or broken, so pushes are put off (503).",
    ),
    "unknown": (
        "Alamat itu tidak mengenal kanal ini: periksa namanya, apakah manifesnya aktif dan jenisnya menerima kiriman.",
        "That address knows no such connector: check its name, and that its manifest is active and its kind receives.",
    ),
    "refused": (
        "Yang menjawab di alamat itu hub lain, atau jam kedua mesin berbeda lebih dari dua menit.",
        "Another hub answers there, or the clocks of the two machines differ by more than two minutes.",
    ),
}
"""What came of a test, by the code in the answer: Indonesian, English."""
_ELSE: Final = (
    "Yang menjawab di alamat itu bukan hub; periksa alamat dan server web di depannya.",
    "What answers there is not the hub; check the address and the web server in front of it.",
)
_NOBODY: Final = (
    "Alamat itu tidak dapat dijangkau; apakah `satupintu receive` berjalan di sana?",
    "That address cannot be reached; is `satupintu receive` running there?",
)


def ticket(vault: Vault, name: str, now: datetime) -> str:
    """The header's value for a test of this connector."""
    moment = str(int(now.timestamp()))
    return f"{moment}.{vault.mac('test', f'{name} {moment}'.encode()).hex()}"


def right(vault: Vault, name: str, now: datetime, given: str) -> bool:
    """Whether this hub wrote it for this connector within the last minutes."""
    moment, _, _ = given.partition(".")
    if not (moment.isascii() and moment.isdigit() and len(moment) < 12):
        return False
    if abs(now.timestamp() - int(moment)) > _SECONDS:
        return False
    own = f"{moment}.{vault.mac('test', f'{name} {moment}'.encode()).hex()}"
    return hmac.compare_digest(own.encode(), given.encode("utf-8", "surrogatepass"))


def tried(http: Http, url: str, vault: Vault, name: str, now: datetime) -> tuple[bool, tuple[str, str]]:
    """Push a test to an address: whether channels can push there, and what to tell in Indonesian and English."""
    try:
        answer = http.send("POST", url, json={}, headers={HEADER: ticket(vault, name, now)})
        code = _code(answer)
    except NotReached:
        return False, _NOBODY
    except ChannelError as error:
        code = {"http_404": "unknown", "http_401": "refused"}.get(error.code, "")
    return code == "test_arrived", TOLD.get(code, _ELSE)


def _code(answer: Answer) -> str:
    try:
        found = json.loads(answer.body)
    except ValueError:
        return ""
    return str(found.get("status", "")) if isinstance(found, dict) else ""
