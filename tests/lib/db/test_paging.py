"""Keyset pagination on a real list: every row once, whatever is added while somebody turns the pages."""

import base64
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from lib.db.paging import Order, Rows, read_page
from lib.db.session import tenant_session
from lib.errors import InvalidInput
from lib.models.project import Project
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.doors import Connection

NEWEST = Order("newest", Project.created_at, Project.id)
START = datetime(2026, 3, 1, tzinfo=UTC)
_lists = count()


@pytest.fixture(autouse=True)
def _doors(installation: Installation) -> None:
    """The settings lead to the test's database."""


@pytest.fixture
def admin(installation: Installation) -> Iterator[Connection]:
    with doors.admin(installation.database) as connection:
        yield connection


def add(admin: Connection, cast: Cast, name: str, seconds: list[int]) -> set[UUID]:
    """Rows of one list, made so many seconds after the start; the same second is many rows' often enough."""
    moments = [START + timedelta(seconds=each) for each in seconds]
    found = admin.execute(
        "INSERT INTO projects (organization_id, created_by, name, topic, created_at) "
        "SELECT %s, %s, %s, 'Anything', t FROM unnest(%s::timestamptz[]) AS t RETURNING id",
        [cast.organization_a, cast.alice.user_id, name, moments],
    ).fetchall()
    admin.commit()
    return {key for (key,) in found}


def read(cast: Cast, name: str, *, cursor: str | None, limit: int) -> tuple[Rows, list[UUID]]:
    statement = select(Project.id).where(Project.name == name)
    with tenant_session(cast.alice) as transaction:
        page = read_page(transaction, statement, order=NEWEST, cursor=cursor, limit=limit)
        return page, [row[0] for row in page.rows]


moments = st.lists(st.integers(0, 6), max_size=8)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=moments, added=st.lists(moments, max_size=6), back=st.lists(moments, max_size=6), limit=st.integers(1, 4))
def test_no_row_is_lost_or_seen_twice_while_rows_are_added(
    *,
    admin: Connection,
    cast: Cast,
    before: list[int],
    added: list[list[int]],
    back: list[list[int]],
    limit: int,
) -> None:
    name = f"list {next(_lists)}"
    there = add(admin, cast, name, before)
    waiting = iter(added)

    down: list[UUID] = []
    cursor: str | None = None
    while True:
        page, last = read(cast, name, cursor=cursor, limit=limit)
        down += last
        add(admin, cast, name, next(waiting, []))
        if page.older is None:
            break
        assert len(last) == limit, "a page before the last one is full"
        cursor = page.older
    assert len(down) == len(set(down))
    assert there <= set(down)

    # and back again, from the last page to the newest
    waiting = iter(back)
    up = last
    while page.newer is not None:
        page, ids = read(cast, name, cursor=page.newer, limit=limit)
        up = ids + up
        add(admin, cast, name, next(waiting, []))
    assert len(up) == len(set(up))
    assert there <= set(up)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seconds=moments, limit=st.integers(1, 5))
def test_pages_are_the_whole_list_in_its_order(admin: Connection, cast: Cast, seconds: list[int], limit: int) -> None:
    name = f"list {next(_lists)}"
    add(admin, cast, name, seconds)
    ordered = admin.execute(
        "SELECT id FROM projects WHERE name = %s ORDER BY created_at DESC, id DESC", [name]
    ).fetchall()
    expected = [key for (key,) in ordered]

    pages: list[list[UUID]] = []
    cursor: str | None = None
    while True:
        page, ids = read(cast, name, cursor=cursor, limit=limit)
        pages.append(ids)
        assert (page.newer is None) == (cursor is None)
        if (cursor := page.older) is None:
            break
    assert [key for ids in pages for key in ids] == expected
    for ids in reversed(pages[:-1]):
        page, again = read(cast, name, cursor=page.newer, limit=limit)
        assert again == ids
    assert page.newer is None, "nothing is newer than the first page"


def test_empty_list_has_no_pages_beside_it(cast: Cast) -> None:
    page, ids = read(cast, "nothing", cursor=None, limit=5)
    assert (ids, page.newer, page.older) == ([], None, None)


def test_page_that_holds_exactly_all_has_none_beside_it(admin: Connection, cast: Cast) -> None:
    add(admin, cast, "five", [1, 2, 3, 4, 5])
    page, ids = read(cast, "five", cursor=None, limit=5)
    assert (len(ids), page.newer, page.older) == (5, None, None)


def cursor_of(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


ID = "01a206cb-bd59-7fd9-bc43-3e3d020df897"


@pytest.mark.parametrize(
    "cursor",
    [
        "nonsense",
        "ü",
        "====",
        "a",
        cursor_of(f"x|newest|{ID}|=2026-03-01T00:00:00+00:00"),
        cursor_of(f"o|oldest|{ID}|=2026-03-01T00:00:00+00:00"),
        cursor_of(f"o|newest|{ID}|=2026-03-01T00:00:00"),
        cursor_of("o|newest|1|=2026-03-01T00:00:00+00:00"),
        cursor_of(f"o|newest|{ID}"),
        cursor_of(f"o|newest|{ID}|"),
        cursor_of(f"o|newest|{ID}|=yesterday"),
        cursor_of(f"o|newest|{ID}|=10000-01-01T00:00:00+00:00"),
        cursor_of(f"o2026-03-01T00:00:00+00:00|{ID}"),  # as they were before lists had orders
    ],
)
def test_cursor_that_is_none_is_said(cast: Cast, cursor: str) -> None:
    with pytest.raises(InvalidInput, match=r"Start from the newest entries\.") as wrong:
        read(cast, "any", cursor=cursor, limit=5)
    assert wrong.value.field == "cursor"


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cursor=st.text(min_size=1)
    | st.builds(
        lambda direction, moment, key: cursor_of(f"{direction}|newest|{key}|={moment.isoformat()}"),
        st.sampled_from("on"),
        st.datetimes(timezones=st.timezones() | st.just(UTC)),
        st.uuids(),
    )
)
def test_no_cursor_breaks_a_list(cast: Cast, cursor: str) -> None:
    try:
        read(cast, "any", cursor=cursor, limit=5)
    except InvalidInput as wrong:
        assert "can't be read" in wrong.message  # noqa: PT017 - most are refused, the others open a page
