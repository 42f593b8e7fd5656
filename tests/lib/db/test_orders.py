"""Lists in any order: by numbers, text or moments, some of which are missing, are the same lists that Python sorts."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from lib.db import paging
from lib.db.paging import Order, Rows, read_all, read_page
from lib.db.session import tenant_session
from lib.errors import InvalidInput
from lib.models.run import OrchestrationRun
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.doors import Connection
from tests.factories import make_project

_lists = count()
_START = datetime(2026, 3, 1, tzinfo=UTC)
Run = OrchestrationRun


@dataclass(frozen=True, slots=True)
class Key:
    """A column that may be empty, what is compared, and some values for it, few enough to be alike."""

    column: str
    compared: Any
    kind: type
    values: st.SearchStrategy[Any]


KEYS = {
    "numeric": Key("cost_usd", Run.cost_usd, Decimal, st.sampled_from([Decimal(n) / 8 for n in range(-3, 5)])),
    "integer": Key("execution_time_ms", Run.execution_time_ms, int, st.integers(-2, 5)),
    "text": Key(
        "model", Run.model.collate("C"), str, st.sampled_from(["", "|", "=", "a", "A", "B b", "é", "z|z", "Ω"])
    ),
    "moment": Key("completed_at", Run.completed_at, datetime, st.integers(0, 5).map(lambda n: _START + timedelta(n))),
}
some_key = st.sampled_from(sorted(KEYS)).flatmap(
    lambda name: st.tuples(st.just(KEYS[name]), st.lists(st.none() | KEYS[name].values, max_size=12))
)


@pytest.fixture(autouse=True)
def _doors(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings lead to the test's database; what an example sets is set back."""
    monkeypatch.setattr(paging, "_REACHES", paging._REACHES)


@pytest.fixture
def project_id(installation: Installation, cast: Cast) -> UUID:
    return make_project(installation.database, cast.alice)


@pytest.fixture
def admin(installation: Installation) -> Iterator[Connection]:
    with doors.admin(installation.database) as connection:
        connection.execute("SET session_replication_role = replica")  # no trail of some thousands of rows
        yield connection


def order_of(key: Key, *, is_descending: bool, name: str = "some") -> Order:
    return Order(
        name,
        key.compared,
        Run.id,
        kind=key.kind,
        is_descending=is_descending,
        is_nullable=True,
        is_leakproof=key.kind is not Decimal,
    )


def fill(admin: Connection, cast: Cast, project_id: UUID, key: Key, values: list[Any]) -> tuple[str, dict[UUID, Any]]:
    """A list with these values, by its name; and its rows."""
    title = f"list {next(_lists)}"
    rows = {}
    for value in values:
        made = admin.execute(
            f"INSERT INTO orchestration_runs (organization_id, project_id, user_id, topic, title, {key.column}) "
            "VALUES (%s, %s, %s, 'Anything', %s, %s) RETURNING id".encode(),
            [cast.organization_a, project_id, cast.alice.user_id, title, value],
        ).fetchone()
        assert made is not None
        rows[made[0]] = value
    admin.commit()
    return title, rows


def in_python(rows: dict[UUID, Any], *, is_descending: bool) -> list[UUID]:
    """Sorted by value and id, what has no value at the end."""
    known = sorted((row for row in rows if rows[row] is not None), key=lambda row: (rows[row], row))
    unknown = sorted(row for row in rows if rows[row] is None)
    return [*known[::-1], *unknown[::-1]] if is_descending else [*known, *unknown]


def read(cast: Cast, title: str, order: Order, *, cursor: str | None, limit: int) -> tuple[Rows, list[UUID]]:
    with tenant_session(cast.vera) as session:
        page = read_page(session, select(Run.id).where(Run.title == title), order=order, cursor=cursor, limit=limit)
        return page, [row[0] for row in page.rows]


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    filled=some_key,
    is_descending=st.booleans(),
    limit=st.integers(1, 5),
    reaches=st.sampled_from([(), (1,), (1, 4), (99,)]),
)
def test_every_page_is_what_python_makes_of_the_same_rows(
    *,
    admin: Connection,
    cast: Cast,
    project_id: UUID,
    filled: tuple[Key, list[Any]],
    is_descending: bool,
    limit: int,
    reaches: tuple[int, ...],
) -> None:
    paging._REACHES = reaches
    key, values = filled
    title, rows = fill(admin, cast, project_id, key, values)
    order = order_of(key, is_descending=is_descending)
    ordered = in_python(rows, is_descending=is_descending)
    expected = [ordered[start : start + limit] for start in range(0, len(ordered), limit)] or [[]]

    pages = []
    page, ids = read(cast, title, order, cursor=None, limit=limit)
    pages.append(ids)
    assert page.newer is None
    while page.older is not None:
        page, ids = read(cast, title, order, cursor=page.older, limit=limit)
        pages.append(ids)
    assert pages == expected

    back = [ids]
    while page.newer is not None:
        page, ids = read(cast, title, order, cursor=page.newer, limit=limit)
        back.append(ids)
    assert back == expected[::-1]

    with tenant_session(cast.vera) as session:
        statement = select(Run.id).where(Run.title == title)
        parts = [[row[0] for row in part] for part in read_all(session, statement, order=order, most=99, at_once=limit)]
        first = list(read_all(session, statement, order=order, most=4, at_once=3))
    assert parts == [part for part in expected if part]
    assert [row[0] for part in first for row in part] == ordered[:4]


@pytest.mark.parametrize("name", KEYS)
def test_cursor_of_one_order_opens_no_other(admin: Connection, cast: Cast, project_id: UUID, name: str) -> None:
    key = KEYS[name]
    title, _ = fill(admin, cast, project_id, key, [None, None])
    page, _ = read(cast, title, order_of(key, is_descending=True), cursor=None, limit=1)
    other = order_of(key, is_descending=True, name="other")
    with pytest.raises(InvalidInput, match=r"Start from the newest entries\."):
        read(cast, title, other, cursor=page.older, limit=1)


ID = "01a206cb-bd59-7fd9-bc43-3e3d020df897"
REFUSED = [
    *(("numeric", text) for text in ("NaN", "Infinity", "1e999", "1e-999", "one", "")),
    *(("integer", text) for text in ("1.5", "9" * 19, "9" * 5000, "")),
    ("text", "\x00"),
    *(("moment", text) for text in ("2026-03-01", "2026-03-01T00:00:00", "")),
]


@pytest.mark.parametrize(("name", "text"), REFUSED)
def test_value_that_postgresql_would_not_take_is_said(cast: Cast, name: str, text: str) -> None:
    raw = f"o|some|{ID}|={text}".encode()
    cursor = base64.urlsafe_b64encode(raw).decode().rstrip("=")
    with pytest.raises(InvalidInput, match=r"Start from the newest entries\."):
        read(cast, "any", order_of(KEYS[name], is_descending=True), cursor=cursor, limit=1)
