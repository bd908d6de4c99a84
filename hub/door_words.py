"""Where the other side pushes to, and what is pasted there: said by check for every channel that receives."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

_SECRET: Final = re.compile(r"\$\{secret:(\w+)\}")
Both = tuple[str, str]
"""Indonesian, English."""


def receives(made: Any, options: Mapping[str, Any]) -> bool:
    """Whether a channel is pushed to: its kind judges pushes, and it is not one of those that are asked instead."""
    return hasattr(made, "judge") and options.get("mode", "webhook") == "webhook"


def paste(name: str, options: Mapping[str, Any]) -> Both:
    """The address of a connector and what its sender has to be told; a secret only by its name."""
    signing = options.get("signing") or {}
    query = f"?{signing['query']}=<{_named(signing.get('secret'))}>" if signing.get("query") else ""
    address = f"https://<hub>/in/{name}{query}"
    told = [_by_key(options), _signed(signing)]
    own, other = (" ".join(one[at] for one in told if one) for at in (0, 1))
    return (
        f"Alamat untuk ditempel di pihak pengirim: {address} (<hub>: nama https hub, tanyakan operator). {own}".rstrip(),
        f"Address to paste at the sender: {address} (<hub>: the hub's https name, ask the operator). {other}".rstrip(),
    )


def _by_key(options: Mapping[str, Any]) -> Both | None:
    """What platforms ask for besides the address."""
    if "verify_token" in options:
        token = _named(options["verify_token"])
        return (
            f"Tempel sebagai Callback URL; Verify token adalah isi rahasia {token}.",
            f"Paste it as Callback URL; the Verify token is what the secret {token} holds.",
        )
    if "secret_token" in options:
        token = _named(options["secret_token"])
        return (
            f"Panggil setWebhook dengan url itu dan secret_token dari rahasia {token}.",
            f"Call setWebhook with this url and secret_token from the secret {token}.",
        )
    return None


def _signed(signing: Mapping[str, Any]) -> Both | None:
    secret, header = _named(signing.get("secret")), signing.get("header")
    if signing.get("by") == "standard":
        return (
            f"Pengirim menandatangani menurut Standard Webhooks dengan rahasia {secret}.",
            f"The sender signs by Standard Webhooks with the secret {secret}.",
        )
    if signing.get("by") == "hmac":
        return (
            f"Pengirim menandatangani (HMAC) dengan rahasia {secret} di header {header}.",
            f"The sender signs (HMAC) with the secret {secret} in the header {header}.",
        )
    if header:
        return (
            f"Pengirim menulis rahasia {secret} di header {header}.",
            f"The sender puts the secret {secret} into the header {header}.",
        )
    return None


def _named(value: Any) -> str:
    found = _SECRET.search(str(value or ""))
    return found[1] if found else "?"
