"""What a program without outbox, audit or leases does: two POSTs a complaint, and nothing else. `calls.py WAY COUNT THREADS`."""

from __future__ import annotations

import asyncio
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

URL = os.environ["BENCH_URL"]
HEADS = {"Authorization": "Bearer x", "token": "y"}
BODY = {
    "title": "Lampu jalan mati",
    "content": "Lampu jalan di depan pasar mati sejak Senin. " * 16 + "[Ref 00000000-0000-5000-8000-000000000000]",
    "channel": 1,
    "is_new_user_slider": True,
    "nameUser": "Warga Contoh",
    "phoneUser": "+628120000000",
    "classification_id": 6,
    "attachments": False,
}
ROUTE = {"is_request": 1, "reason": 3101, "reason_description": "Diteruskan", "not_authority": 1}


def one(post: Any) -> None:
    """One complaint: create and route."""
    number = post(f"{URL}/complaints/complaint", json=BODY).json()["complaint_id"]
    post(f"{URL}/complaints/process/{number}/reject", json=ROUTE).json()


def plain(count: int, threads: int) -> None:
    """A loop of requests, in so many threads with a Session each."""
    import requests

    def part(number: int) -> None:
        with requests.Session() as session:
            session.headers.update(HEADS)
            for _ in range(number, count, threads):
                one(session.post)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(part, range(threads)))


def httpx_client(count: int, threads: int) -> None:
    """A loop of httpx.Client; of httpx.AsyncClient where more than one call is under way."""
    import httpx

    if threads == 1:
        with httpx.Client(headers=HEADS) as client:
            for _ in range(count):
                one(client.post)
        return

    async def part(client: Any, number: int) -> None:
        for _ in range(number, count, threads):
            filed = (await client.post(f"{URL}/complaints/complaint", json=BODY)).json()["complaint_id"]
            await client.post(f"{URL}/complaints/process/{filed}/reject", json=ROUTE)

    async def whole() -> None:
        async with httpx.AsyncClient(headers=HEADS) as client:
            await asyncio.gather(*(part(client, number) for number in range(threads)))

    asyncio.run(whole())


if __name__ == "__main__":
    ways = {"requests": plain, "httpx": httpx_client}
    ways[sys.argv[1]](int(sys.argv[2]), int(sys.argv[3]))
