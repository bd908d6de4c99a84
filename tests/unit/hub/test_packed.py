"""Arrays that the hub joins itself arrive as PostgreSQL would have read them from the driver."""

from __future__ import annotations

from uuid import UUID, uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.store.packed import byteas, uuids
from hub.store.work import Store


@given(values=st.lists(st.none() | st.binary(max_size=40), max_size=20))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_bytes_arrive_as_they_were(store: Store, values: list[bytes | None]) -> None:
    """NUL bytes, empty values, nothing at all and an empty list come through."""
    with store.begin() as work:
        rows = work.tuples("SELECT v FROM unnest(%b::bytea[]) WITH ORDINALITY AS u(v, n) ORDER BY n", (byteas(values),))
    assert [value for (value,) in rows] == values


def test_identifiers_arrive_as_they_were(store: Store) -> None:
    """A UUID is the same on both sides."""
    values = [uuid4() for _ in range(5)]
    with store.begin() as work:
        rows = work.tuples("SELECT unnest(%b::uuid[])", (uuids([value.bytes for value in values]),))
    assert [UUID(str(value)) for (value,) in rows] == values
