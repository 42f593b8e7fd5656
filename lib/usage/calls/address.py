"""Which calls are meant, as an address says it: for the file of them, which is no page."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from lib import clock
from lib.errors import InvalidInput
from lib.usage.calls.views import CallFilter
from lib.usage.hours import HourOfWeek
from lib.usage.periods import Period
from lib.usage.views import NAMED_BY_ID, Dimension, Key, UsageQuery

#: Stands for calls that have none of it; no id, model or endpoint is called so.
_NONE: Final = "none"
#: In characters; `provider:model` is the longest.
_LONGEST_KEY: Final = 356
_WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAMAGED: Final = "This address says of no calls which ones it means. Take the file from the page."


def say_key(key: Key) -> str:
    """The key as an address has it."""
    return _NONE if key is None else str(key)


def read_key(by: Dimension, text: str) -> Key:
    """The key that `say_key` wrote. Raises `ValueError`."""
    if text == _NONE:
        return None
    if by in NAMED_BY_ID:
        return UUID(text)
    if not text or len(text) > _LONGEST_KEY or "\0" in text or (by is Dimension.MODEL and ":" not in text):
        raise ValueError(text)
    return text


def say_left_out(all_but: Mapping[Dimension, frozenset[Key]]) -> list[str]:
    """What calls are not to be of, each as an address has it: "model:openai:gpt-4.1"."""
    return sorted(f"{by}:{say_key(key)}" for by, keys in all_but.items() for key in keys)


def read_one(text: str) -> tuple[Dimension, Key]:
    """A key and what it is one of. Raises `ValueError`."""
    by, _, key = text.partition(":")
    return Dimension(by), read_key(Dimension(by), key)


def together(found: Iterable[tuple[Dimension, Key]]) -> Mapping[Dimension, frozenset[Key]]:
    """Keys by what they are of."""
    keys: defaultdict[Dimension, set[Key]] = defaultdict(set)
    for by, key in found:
        keys[by].add(key)
    return {by: frozenset(each) for by, each in keys.items()}


def say_hour(hour: HourOfWeek) -> str:
    """The hour of the week as an address has it: "mon-14"."""
    return f"{_WEEKDAYS[hour.weekday]}-{hour.hour}"


def read_hour(text: str) -> HourOfWeek:
    """The hour that `say_hour` wrote. Raises `ValueError`."""
    weekday, _, hour = text.partition("-")
    return HourOfWeek(_WEEKDAYS.index(weekday), int(hour))


def write_address(chosen: CallFilter) -> str:
    """The query of an address, to be read by `read_address`."""
    query, period = chosen.query, chosen.query.period
    pairs: list[tuple[str, str]] = [
        ("first", period.first.isoformat()),
        ("last", period.last.isoformat()),
        ("zone", period.zone),
        ("of", "models" if query.is_model else "operations"),
    ]
    pairs += [("since", chosen.since.isoformat())] if chosen.since else []
    pairs += [("before", chosen.before.isoformat())] if chosen.before else []
    pairs += [("failed", "1")] if chosen.is_failed else []
    pairs += [("hour", say_hour(chosen.hour))] if chosen.hour else []
    pairs += [("but", text) for text in say_left_out(chosen.all_but)]
    pairs += sorted((by.value, say_key(key)) for by, keys in query.chosen.items() for key in keys)
    return urlencode(pairs)


def read_address(said: Mapping[str, Sequence[str]]) -> CallFilter:
    """What `write_address` wrote, by the names of its parameters. Raises `InvalidInput` for anything else."""
    try:
        period = Period(date.fromisoformat(said["first"][0]), date.fromisoformat(said["last"][0]), said["zone"][0])
        chosen = {by: frozenset(read_key(by, text) for text in said[by]) for by in Dimension if said.get(by)}
        query = UsageQuery(period=period, chosen=chosen, is_model=said["of"][0] == "models")
        since, before = (clock.read_moment(said[name][0]) if said.get(name) else None for name in ("since", "before"))
        hour = read_hour(said["hour"][0]) if said.get("hour") else None
        all_but = together(map(read_one, said.get("but", ())))
    except (KeyError, ValueError, OverflowError, IndexError) as error:
        raise InvalidInput(_DAMAGED, field="Address") from error
    return CallFilter(query=query, since=since, before=before, is_failed="failed" in said, hour=hour, all_but=all_but)
