"""Whose certificates a connector believes: the public authorities, and one of its region's own where the operator has put it."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path

from connectors.errors import Misconfigured

Tls = Callable[[], ssl.SSLContext]
"""Makes a context that verifies certificate and host name; there is no way to switch that off."""


def trust(folder: Path, ca_file: str | None) -> Tls:
    """
    The contexts of one connector; `ca_file` is the name of a PEM file in the operator's `folder`, believed beside the
    public authorities and by this connector alone.

    What it returns raises Misconfigured where there is no such file or no certificate in it.
    """
    if ca_file is None:
        return ssl.create_default_context

    def own() -> ssl.SSLContext:
        context = ssl.create_default_context()
        try:
            if Path(ca_file).name != ca_file:
                raise FileNotFoundError
            context.load_verify_locations(cafile=folder / ca_file)
        except (OSError, ssl.SSLError):
            raise Misconfigured(
                f"There is no certificate authority in {ca_file}.",
                hint="Whoever runs the hub puts the PEM file into the folder 'ca' of SATUPINTU_HOME.",
                code="ca_file",
            ) from None
        return context

    return own
