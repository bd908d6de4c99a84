"""One database for all tests of a file, emptied before each: quicker than a fresh one for each of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.privacy import Vault
from hub.store.server import Embedded
from hub.store.work import Store
from tests.conftest import Database, fresh_database
from tests.unit.hub.outbox import START, Outbox, swept


@pytest.fixture(scope="module")
def one_database(cluster: Embedded, template: str) -> Iterator[Database]:
    """One database for all tests of a file."""
    with fresh_database(cluster, template) as made:
        yield made


@pytest.fixture(scope="module")
def store_of_all(one_database: Database) -> Iterator[Store]:
    """Its store."""
    with Store(one_database.hub_url, clock=lambda: START) as made:
        yield made


@pytest.fixture
def emptied(store_of_all: Store, one_database: Database) -> Store:
    """Its store, with nothing of what was sent before."""
    swept(one_database.superuser_url)
    return store_of_all


@pytest.fixture
def outbox(emptied: Store, vault: Vault, tmp_path: Path) -> Outbox:
    """An empty outbox in front of a registry that takes everything."""
    return Outbox(emptied, vault, tmp_path)
