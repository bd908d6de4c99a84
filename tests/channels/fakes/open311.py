"""The sandbox's Open311 city behind the web server of the tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qsl

from sandbox.open311 import City
from tests.channels.fakes.web import Answer, Asked, Web, serve


@contextmanager
def georeport(city: City) -> Iterator[Web]:
    """Serve a city; the address of its API is `url` and /api/v2."""

    def answer(asked: Asked) -> Answer:
        form = dict(parse_qsl(asked.body.decode())) if asked.method == "POST" else {}
        return city.answer(asked.method, asked.path, asked.query, form)

    with serve(answer) as web:
        yield web
