"""Which entries are meant, as an address says it: for the file of them, and for links to those about one thing."""

from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from lib import clock
from lib.audit.views import EntryFilter, Outcome, Thing
from lib.errors import InvalidInput

_LONGEST: Final = 255
_DAMAGED: Final = "This address says of no entries which ones it means. Take the file from the page."


def say_thing(thing: Thing) -> str:
    """The thing as an address has it."""
    return f"{thing.kind}:{thing.id}"


def read_thing(text: str) -> Thing | None:
    """What `say_thing` wrote; None for anything else."""
    kind, _, key = text.partition(":")
    try:
        return Thing(kind, UUID(key)) if kind and len(kind) <= _LONGEST and "\0" not in kind else None
    except ValueError:
        return None


def write_address(chosen: EntryFilter) -> str:
    """The query of an address, to be read by `read_address`."""
    said = {
        "outcome": chosen.outcome,
        "by": chosen.user_id,
        "with": chosen.with_id,
        "action": chosen.action,
        "kind": chosen.kind,
        "about": say_thing(chosen.thing) if chosen.thing else None,
        "since": chosen.since.isoformat() if chosen.since else None,
        "before": chosen.before.isoformat() if chosen.before else None,
        "search": chosen.search,
    }
    return urlencode({name: str(value) for name, value in said.items() if value})


def read_address(said: Mapping[str, Sequence[str]]) -> EntryFilter:
    """What `write_address` wrote, by the names of its parameters. Raises `InvalidInput` for anything else."""
    only = {name: values[0] for name, values in said.items() if values and values[0]}
    try:
        thing = read_thing(only["about"]) if "about" in only else None
        if "about" in only and thing is None:
            raise ValueError(only["about"])
        return EntryFilter(
            outcome=Outcome(only["outcome"]) if "outcome" in only else None,
            user_id=UUID(only["by"]) if "by" in only else None,
            with_id=UUID(only["with"]) if "with" in only else None,
            action=_word(only.get("action")),
            kind=_word(only.get("kind")),
            thing=thing,
            since=clock.read_moment(only["since"]) if "since" in only else None,
            before=clock.read_moment(only["before"]) if "before" in only else None,
            search=_word(only.get("search")) or "",
        )
    except (ValueError, OverflowError) as error:
        raise InvalidInput(_DAMAGED, field="Address") from error


def _word(text: str | None) -> str | None:
    if text is not None and (len(text) > _LONGEST or "\0" in text):
        raise ValueError(text)
    return text
