"""What is unusual about how people come in: rules over sign-ins and refusals, which know no database.

A finding is no proof of anything: it names the entries, for somebody who knows the person to look at them.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from ipaddress import ip_network
from typing import Final, TypeVar
from uuid import UUID

from lib.audit.views import Finding, FindingKind
from lib.clock import find_zone

#: Who has signed in less often has no habits yet.
_FEWEST_SIGN_INS: Final = 10
#: In hours: so far from every hour at which somebody has signed in before.
_FAR: Final = 4
#: So many refusals of one person, or from one address, within the time.
MOST_REFUSALS: Final = 5
_WITHIN: Final = timedelta(minutes=15)
_IPV6_PREFIX, _IPV4_PREFIX = 48, 24
#: Whose network is known: people come from few.
_MOST_ADDRESSES: Final = 10_000

Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class Access:
    """A sign-in, or a refusal."""

    id: UUID
    user_id: UUID | None
    address: str | None
    created_at: datetime


@lru_cache(maxsize=_MOST_ADDRESSES)
def find_network(address: str) -> str:
    """What counts as one network: a /24 of IPv4, a /48 of IPv6, which one house or company has."""
    prefix = _IPV6_PREFIX if ":" in address else _IPV4_PREFIX
    return str(ip_network(f"{address}/{prefix}", strict=False))


def find_new_networks(sign_ins: Iterable[Access], *, since: datetime) -> Iterator[Finding]:
    """The first sign-in of somebody from a network, once there were others before. In the order of time."""
    looks = NewNetworks(since)
    return (found for each in sign_ins if (found := looks.at(each)))


def find_odd_hours(sign_ins: Iterable[Access], *, since: datetime, zone: str) -> Iterator[Finding]:
    """A sign-in hours away from every hour of the day at which the person has come before."""
    looks = OddHours(since, zone)
    return (found for each in sign_ins if (found := looks.at(each)))


class NewNetworks:
    """Looks at one sign-in after the other; holds the networks of each person alone."""

    def __init__(self, since: datetime) -> None:
        self._since = since
        self._known: dict[UUID, set[str]] = {}

    def at(self, each: Access) -> Finding | None:
        """What is unusual about it, where it is of the time that is asked for."""
        if each.user_id is None or each.address is None:
            return None
        network, before = find_network(each.address), self._known.setdefault(each.user_id, set())
        is_new = bool(before) and network not in before
        before.add(network)
        if is_new and each.created_at >= self._since:
            return _finding(FindingKind.NEW_NETWORK, [each], user_id=each.user_id, address=each.address)
        return None


class OddHours:
    """The same by the hours of the day."""

    def __init__(self, since: datetime, zone: str) -> None:
        self._since, self._zone = since, find_zone(zone)
        self._known: dict[UUID, set[int]] = {}
        self._counts: Counter[UUID] = Counter()

    def at(self, each: Access) -> Finding | None:
        """What is unusual about it, where it is of the time that is asked for."""
        if each.user_id is None:
            return None
        hour, before = each.created_at.astimezone(self._zone).hour, self._known.setdefault(each.user_id, set())
        is_far = all(min((hour - other) % 24, (other - hour) % 24) >= _FAR for other in before)
        is_odd = is_far and self._counts[each.user_id] >= _FEWEST_SIGN_INS
        before.add(hour)
        self._counts[each.user_id] += 1
        if is_odd and each.created_at >= self._since:
            return _finding(FindingKind.ODD_HOUR, [each], user_id=each.user_id, address=each.address)
        return None


def find_bursts(refusals: Sequence[Access]) -> Iterator[Finding]:
    """Many refusals of one person, or of several from one address, within a quarter of an hour; each told once."""
    told: set[UUID] = set()
    for user_id, rows in _group(refusals, [each.user_id for each in refusals]).items():
        for burst in _bursts(rows):
            told |= {each.id for each in burst}
            address = burst[-1].address if len({each.address for each in burst}) == 1 else None
            yield _finding(FindingKind.BURST, burst, user_id=user_id, address=address)
    others = [each for each in refusals if each.id not in told]
    for address, rows in _group(others, [each.address for each in others]).items():
        for burst in _bursts(rows):
            yield _finding(FindingKind.BURST, burst, user_id=None, address=address)


def _group(rows: Sequence[Access], keys: Sequence[Key | None]) -> dict[Key, list[Access]]:
    found: dict[Key, list[Access]] = {}
    for each, key in zip(rows, keys, strict=True):
        if key is not None:
            found.setdefault(key, []).append(each)
    return found


def _bursts(rows: Sequence[Access]) -> Iterator[Sequence[Access]]:
    """Stretches of rows, in the order of time, with so many within the time; what follows closely belongs to it."""
    burst: list[Access] = []
    for each in rows:
        if burst and each.created_at - burst[-1].created_at > _WITHIN:
            if _is_dense(burst):
                yield burst
            burst = []
        burst.append(each)
    if _is_dense(burst):
        yield burst


def _is_dense(burst: Sequence[Access]) -> bool:
    pairs = zip(burst, burst[MOST_REFUSALS - 1 :], strict=False)
    return any(last.created_at - first.created_at <= _WITHIN for first, last in pairs)


def _finding(kind: FindingKind, rows: Sequence[Access], *, user_id: UUID | None, address: str | None) -> Finding:
    return Finding(
        kind=kind,
        user_id=user_id,
        address=address,
        began_at=rows[0].created_at,
        ended_at=rows[-1].created_at,
        entry_ids=tuple(each.id for each in rows),
    )
