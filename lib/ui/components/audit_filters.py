"""What the audit trail is narrowed to: by outcome, words, person, action, kind of thing, thing and day."""

from dataclasses import replace
from typing import Final
from uuid import UUID

import streamlit as st

from lib.access.actor import Actor
from lib.audit import actions, trail
from lib.audit.address import read_thing, say_thing
from lib.audit.resources import KINDS
from lib.audit.views import EntryFilter, Outcome
from lib.ui import address, words
from lib.ui.components import status
from lib.ui.components.audit_search import SEARCHED
from lib.ui.filtering import MOST_COUNTED, Choice, FilterBar, Filters, by_id

#: Query parameters: who did it, who did it or had it done to them, and what it is about.
PERSON, WITH, ABOUT = "person", "with", "about"
#: The one that says which entry is open.
ENTRY: Final = "entry"
_ACTION, _KIND, _OUTCOME = "action", "kind", "outcome"
_PLACEHOLDER: Final = "Name, address or id"


def make_audit_filters(actor: Actor) -> FilterBar:
    """What this person can choose; the person and the thing that the address names are among it."""
    asked_for = address.find_requested_id(PERSON) or address.find_requested_id(WITH)
    people = by_id(trail.list_trail_people(actor, wanted=asked_for))
    return FilterBar(
        key="audit",
        splits={Outcome.REFUSED: status.OUTCOME[Outcome.REFUSED]},
        split=(_OUTCOME, "Outcome"),
        count=lambda chosen: _count(actor, chosen),
        sorts={"newest": "Newest first"},
        placeholder=_PLACEHOLDER,
        searched=SEARCHED,
        is_one_row=True,
        opened=ENTRY,
        choices=(
            Choice(PERSON, "Person", people),
            Choice(_ACTION, "Action", {action: _as_title(did) for action, did in actions.list_actions().items()}),
            Choice(_KIND, "Resource", dict(sorted(KINDS.items(), key=lambda pair: pair[1]))),
            # both come with a link, and there is nothing to choose them from
            *([Choice(WITH, "By or about", people)] if address.requested(WITH) else []),
            *([Choice(ABOUT, "About", _asked_thing(actor))] if address.requested(ABOUT) else []),
        ),
        dates="When",
        zone=actor.time_zone,
    )


def show_entries_of(**parameters: str) -> None:
    """Have the page show what this address says, and nothing else: a callback.

    A link from a page to itself leaves the address as it was, so whoever reloads it, or hands it on, loses the way.
    """
    st.query_params.from_dict(parameters)


def chosen_entries(chosen: Filters) -> EntryFilter:
    """The same as the query takes it."""
    person, with_whom = chosen.values.get(PERSON), chosen.values.get(WITH)
    return EntryFilter(
        outcome=Outcome(chosen.split) if chosen.split else None,
        user_id=UUID(person) if person else None,
        with_id=UUID(with_whom) if with_whom else None,
        action=chosen.values.get(_ACTION),
        kind=chosen.values.get(_KIND),
        thing=read_thing(chosen.values.get(ABOUT, "")),
        since=chosen.since,
        before=chosen.before,
        search=chosen.search,
    )


def _asked_thing(actor: Actor) -> dict[str, str]:
    """The one that the address names, by its name."""
    thing = read_thing(address.requested(ABOUT))
    if thing is None or thing.kind not in KINDS:
        return {}
    name = trail.name_thing(actor, thing)
    kind = KINDS[thing.kind]
    return {say_thing(thing): f"{kind} {words.line(name)}" if name else f"{kind} {thing.id}"}


def _count(actor: Actor, chosen: Filters) -> dict[Outcome, int]:
    """Of what was refused alone: nobody has counted the others."""
    refused = replace(chosen_entries(chosen), outcome=Outcome.REFUSED)
    return {Outcome.REFUSED: trail.count_entries(actor, refused, most=MOST_COUNTED + 1)}


def _as_title(did: str) -> str:
    return did[:1].upper() + did[1:]
