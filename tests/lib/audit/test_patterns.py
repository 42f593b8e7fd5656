"""What is unusual is found with its entries, and what is usual is not."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from lib.audit.patterns import MOST_REFUSALS, Access, find_bursts, find_network, find_new_networks, find_odd_hours
from lib.audit.trail import list_findings
from lib.audit.views import FindingKind
from lib.errors import NotPermitted
from tests.cast import Cast
from tests.conftest import Installation
from tests.made_audit import write_entries

MAX, MONA = uuid4(), uuid4()
START = datetime(2026, 11, 2, 9, tzinfo=UTC)


def come(hours: float, address: str | None = "81.2.69.142", *, who: UUID | None = MAX) -> Access:
    return Access(uuid4(), who, address, START + timedelta(hours=hours))


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("81.2.69.1", "81.2.69.254", True),
        ("81.2.69.1", "81.2.70.1", False),
        ("2001:db8:1:2::1", "2001:db8:1:ffff::9", True),
        ("2001:db8:1::1", "2001:db8:2::1", False),
    ],
)
def test_network_is_what_one_house_has(one: str, other: str, is_same: bool) -> None:
    assert (find_network(one) == find_network(other)) is is_same


def test_first_sign_in_from_another_network_is_found_and_the_very_first_is_not() -> None:
    first, same, other, again = come(0), come(1, "81.2.69.7"), come(2, "192.0.2.1"), come(3, "192.0.2.9")
    rows = [first, same, other, again, come(4, who=MONA), come(5, None), come(6, who=None)]
    [found] = find_new_networks(rows, since=START)
    assert (found.kind, found.user_id, found.address) == (FindingKind.NEW_NETWORK, MAX, "192.0.2.1")
    assert found.entry_ids == (other.id,)
    assert not [*find_new_networks(rows, since=START + timedelta(hours=3))], "it is older"


def test_hour_far_from_all_others_is_found_once_there_are_habits() -> None:
    usual = [come(24 * day + day % 3) for day in range(10)]  # nine to eleven
    night = come(24 * 10 + 17)  # at two
    [found] = find_odd_hours([*usual, night], since=START, zone="UTC")
    assert found.entry_ids == (night.id,)
    assert not [*find_odd_hours([*usual[:9], night], since=START, zone="UTC")], "nobody has habits yet"
    lunch = come(24 * 10 + 5)  # at two in the afternoon, three hours after eleven
    assert not [*find_odd_hours([*usual, lunch], since=START, zone="UTC")]
    assert not [*find_odd_hours([*usual, night, come(24 * 11 + 18)], since=night.created_at, zone="UTC")][1:]


def test_midnight_is_no_edge() -> None:
    usual = [come(24 * day + 14) for day in range(10)]  # at eleven in the evening
    assert not [*find_odd_hours([*usual, come(24 * 10 + 16)], since=START, zone="UTC")], "at one"


def test_burst_of_one_person_has_all_of_its_entries() -> None:
    burst = [come(number / 60) for number in range(MOST_REFUSALS + 2)]
    scattered = [come(10 + number) for number in range(9)]
    [found] = find_bursts([*burst, *scattered])
    assert (found.kind, found.user_id, found.address) == (FindingKind.BURST, MAX, "81.2.69.142")
    assert found.entry_ids == tuple(each.id for each in burst)
    assert not [*find_bursts(burst[: MOST_REFUSALS - 1])]


def test_burst_from_one_address_over_many_people_is_found_by_the_address() -> None:
    burst = [come(number / 60, who=uuid4()) for number in range(MOST_REFUSALS)]
    [found] = find_bursts(burst)
    assert (found.user_id, found.address, len(found.entry_ids)) == (None, "81.2.69.142", MOST_REFUSALS)


def test_burst_of_a_person_is_not_told_again_by_its_address() -> None:
    burst = [come(number / 60) for number in range(MOST_REFUSALS)]
    strangers = [come((number + 6) / 60, who=None) for number in range(MOST_REFUSALS)]
    assert [found.user_id for found in find_bursts([*burst, *strangers[:2]])] == [MAX]
    told = [*find_bursts([*burst, *strangers])]
    assert [(found.user_id, len(found.entry_ids)) for found in told] == [(MAX, MOST_REFUSALS), (None, MOST_REFUSALS)]


def test_lock_out_is_no_refusal_more(installation: Installation, cast: Cast) -> None:
    about = {"resource_type": "users", "resource_id": cast.max.user_id}
    for action, count in (("identity.sign_in_refused", MOST_REFUSALS), ("identity.lock_out", 1)):
        write_entries(installation.database, cast.max, action=action, count=count, **about)
    [burst] = list_findings(cast.alice)
    assert len(burst.entry_ids) == MOST_REFUSALS


def test_slow_drip_is_no_burst() -> None:
    assert not [*find_bursts([come(number * 0.24) for number in range(30)])], "one in fourteen minutes"


def test_findings_are_told_with_names_the_newest_first(installation: Installation, cast: Cast) -> None:
    about = {"resource_type": "users", "resource_id": cast.max.user_id}
    database = installation.database
    write_entries(database, cast.max, action="identity.sign_in", hours_ago=200, **about)
    [new] = write_entries(database, cast.max, action="identity.sign_in", hours_ago=5, ip_address="192.0.2.1", **about)
    wrong = write_entries(
        database, cast.max, action="identity.sign_in_refused", count=MOST_REFUSALS, hours_ago=3, **about
    )
    write_entries(database, cast.charlie, action="identity.sign_in_refused", count=MOST_REFUSALS, hours_ago=1)
    burst, network = list_findings(cast.alice)
    assert (burst.kind, burst.name, burst.entry_ids) == (FindingKind.BURST, "Max", tuple(wrong))
    assert (network.kind, network.name, network.entry_ids) == (FindingKind.NEW_NETWORK, "Max", (new,))
    for actor in (cast.mona, cast.max, cast.vera):
        with pytest.raises(NotPermitted):
            list_findings(actor)
