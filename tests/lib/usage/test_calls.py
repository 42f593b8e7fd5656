"""The calls behind a bar: found by their address, and exported without being held in memory."""

import io
from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qs

import pytest

from lib import clock
from lib.errors import InvalidInput, NotPermitted
from lib.exports import ExportFormat
from lib.integrations.base import FailureKind
from lib.providers.errors import ErrorKind
from lib.usage.calls.address import read_address, write_address
from lib.usage.calls.service import export_calls, list_calls
from lib.usage.calls.views import CallFilter
from lib.usage.periods import Period, last_month, last_months, today_in
from lib.usage.reasons import REASONS, say_reason
from lib.usage.views import Dimension, UsageQuery
from tests.cast import Cast
from tests.conftest import Installation
from tests.made_usage import make_calls
from tests.records import rows

MONTH = Period(date(2026, 11, 1), date(2026, 11, 30), "Europe/Berlin")


def test_address_says_which_calls_are_meant(cast: Cast) -> None:
    chosen = {
        Dimension.PROJECT: frozenset({cast.organization_a, None}),
        Dimension.MODEL: frozenset({"openai:gpt-4.1", "a&b=c:d e"}),
    }
    moment = datetime(2026, 11, 3, 23, tzinfo=UTC)
    all_but = {Dimension.MODEL: frozenset({"openai:gpt-4.1", "a&b=c:d e", None}), Dimension.ERROR: frozenset({"lost"})}
    query = UsageQuery(period=MONTH, chosen=chosen)
    wanted = CallFilter(query=query, since=moment, before=moment, is_failed=True, all_but=all_but)
    assert read_address(parse_qs(write_address(wanted))) == wanted


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"first": ["x"]},
        {"first": ["2026-11-01"], "last": ["2026-10-01"], "zone": ["UTC"], "of": ["models"]},
        {"first": ["2026-11-01"], "last": ["2026-11-01"], "zone": ["UTC"], "of": ["models"], "but": ["color:red"]},
    ],
)
def test_address_that_says_nothing_is_refused(said: dict[str, list[str]]) -> None:
    with pytest.raises(InvalidInput):
        read_address(said)


def test_export_is_noted_and_only_for_who_may(installation: Installation, cast: Cast) -> None:
    make_calls(installation.database, cast.organization_a, [{"created_at": clock.now(), "user_id": cast.max.user_id}])
    today = clock.now().date()
    chosen = CallFilter(query=UsageQuery(period=Period(today, today, "UTC")))
    out = io.BytesIO()
    export_calls(cast.mona, chosen, out, file_format=ExportFormat.CSV)
    assert out.getvalue().count(b"\n") == 2
    (noted,) = rows(installation, "SELECT user_id, new_values FROM audit_logs WHERE action = 'usage.export'")
    assert noted["user_id"] == cast.mona.user_id
    assert noted["new_values"]["rows"] == 1
    with pytest.raises(NotPermitted):
        export_calls(cast.max, chosen, out, file_format=ExportFormat.CSV)
    with pytest.raises(NotPermitted):
        list_calls(cast.max, chosen)


def test_calls_of_all_but_some_keys_are_the_rest_those_without_a_key_among_them(
    installation: Installation, cast: Cast
) -> None:
    kinds = ("lost", "timeout", None)
    make_calls(installation.database, cast.organization_a, [{"error_kind": kind} for kind in kinds])
    today = today_in("UTC")
    query = UsageQuery(period=Period(today - timedelta(days=1), today, "UTC"))
    for left_out in ({"lost"}, {None}, {"lost", None}, set[str | None]()):
        chosen = CallFilter(query=query, all_but={Dimension.ERROR: frozenset(left_out)})
        found = {each.error_kind for each in list_calls(cast.mona, chosen).items}
        assert found == {*kinds} - left_out
        export_calls(cast.mona, chosen, io.BytesIO(), file_format=ExportFormat.CSV)
    noted = rows(installation, "SELECT new_values FROM audit_logs WHERE action = 'usage.export' ORDER BY id")
    said = [each["new_values"]["filters"].get("but") for each in noted]
    assert said == ["['error:lost']", "['error:none']", "['error:lost', 'error:none']", None]


def test_months() -> None:
    assert last_month(date(2026, 1, 31), "UTC") == Period(date(2025, 12, 1), date(2025, 12, 31), "UTC")
    assert last_months(12, date(2026, 12, 5), "UTC") == Period(date(2026, 1, 1), date(2026, 12, 5), "UTC")
    assert last_months(12, date(2026, 11, 29), "UTC").first == date(2025, 12, 1)


def test_every_kind_of_error_has_words() -> None:
    assert {kind.value for kind in ErrorKind} <= set(REASONS)
    assert {kind.value for kind in FailureKind} <= set(REASONS)


def test_what_an_operation_is_refused_for_is_not_what_a_model_refuses() -> None:
    assert say_reason("refused") == "Content filter"
    assert say_reason("refused", is_model=False) == "Barred address"
    assert say_reason("timeout", is_model=False) == say_reason("timeout")
