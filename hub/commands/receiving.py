"""`satupintu receive`: the address to which channels push, and a test that it can be reached."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from connectors.manifest import catalogue
from hub.commands.ending import opened

app = typer.Typer()
PORT = 8470


@app.command()
def receive(
    host: Annotated[str, typer.Option(help="Where to listen; a web server in front of it speaks TLS.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="On which port; 0 takes a free one.")] = PORT,
    test: Annotated[str | None, typer.Option(help="Push a test to this connector's address instead.")] = None,
    url: Annotated[str | None, typer.Option(help="With --test: the address as the channel has it.")] = None,
) -> None:
    """Channels push -> the inbox, kept before they are told so; runs until it is ended."""
    if test is not None:
        raise typer.Exit(_tried(test, url or f"http://{host}:{port}/in/{test}"))
    import uvicorn

    from hub.hurried import Hurried
    from hub.receive import app as web
    from hub.receiving import Receiver
    from hub.registered import lay_out
    from hub.spool import Spool
    from hub.store import registrations

    with opened() as hub:
        receiver = Receiver(hub=hub, spool=Spool(folder=hub.settings.spool_folder, vault=hub.vault))

        def renew() -> None:
            settings = hub.settings
            with hub.store.begin() as work:
                lay_out(settings.registered_folder, registrations.running(work))
            receiver.renewed(replace(hub, manifests=catalogue(settings.manifests, also=settings.registered_folder)))

        names = sorted(name for name in hub.manifests.good if receiver.receives(name))
        for name in names:
            print(f"http://{host}:{port}/in/{name}")
        print(f"Menerima untuk {len(names)} kanal. / Receiving for {len(names)} connectors.", flush=True)
        uvicorn.run(
            web(receiver, renew=renew),
            host=host,
            port=port,
            log_level="warning",
            access_log=False,
            http=Hurried,
            ws="none",
            proxy_headers=False,
            limit_concurrency=200,
            timeout_keep_alive=15,
            server_header=False,
        )


def _tried(name: str, url: str) -> int:
    """0 where a channel could push there now."""
    from ipaddress import ip_network

    from connectors.http import HttpClient
    from connectors.net import WEB, dialler
    from hub import trying

    with opened() as hub:
        here = [ip_network("127.0.0.0/8"), ip_network("::1/128")]
        networks, ports = [*here, *hub.settings.allow_networks], WEB | frozenset(hub.settings.allow_ports)
        http = HttpClient(dialler(networks, ports=ports), lambda text, _: text, hub.clock, timeout=20.0)
        good, (indonesian, english) = trying.tried(http, url, hub.vault, name, hub.clock())
    typer.echo(f"{indonesian}\n{english}")
    return 0 if good else 1
