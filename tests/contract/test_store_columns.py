"""Columns of a batch reach the server as the driver itself would have sent them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.store.work import Store

INT4 = st.integers(-(2**31), 2**31 - 1)
INT8 = st.integers(-(2**63), 2**63 - 1)
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
MOMENTS = st.datetimes(
    min_value=datetime(1, 1, 3), max_value=datetime(9999, 12, 30), timezones=st.just(timezone(timedelta(hours=7)))
)
KINDS: dict[str, st.SearchStrategy[Any]] = {
    "text": TEXTS,
    "int": INT4,
    "bigint": INT8,
    "bool": st.booleans(),
    "bytea": st.binary(max_size=40),
    "uuid": st.uuids(),
    "timestamptz": MOMENTS,
}


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_what_goes_in_comes_out(store: Store, kind: str, data: st.DataObject) -> None:
    """Texts, numbers, times, bytes, ids and nulls of a batch are stored unchanged and in order."""
    values = data.draw(st.lists(st.none() | KINDS[kind], max_size=6))
    with store.begin() as work:
        rows = work.tuples(f"SELECT u FROM unnest(%b::{kind}[]) WITH ORDINALITY AS t(u, n) ORDER BY n", (values,))
    assert [row[0] for row in rows] == values


def test_columns_and_single_values_mix(store: Store) -> None:
    """What is the same in a whole batch is sent once."""
    own, now = UUID(int=7), datetime(2026, 12, 1, tzinfo=UTC)
    with store.begin() as work:
        rows = work.tuples(
            "SELECT %b::text, %b::timestamptz, u.* FROM unnest(%b::uuid[], %b::float8[]) AS u WHERE '%%' <> ''",
            ("35", now, [own, None], [0.5, 1.5]),
        )
    assert rows == [("35", now, own, 0.5), ("35", now, None, 1.5)]


def test_a_time_without_zone_is_refused(store: Store) -> None:
    """A moment that nobody can place reaches no table."""
    with store.begin() as work, pytest.raises(TypeError):
        work.tuples("SELECT * FROM unnest(%b::timestamptz[])", ([datetime(2026, 12, 1)],))
