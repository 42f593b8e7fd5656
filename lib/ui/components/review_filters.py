"""What the list of reviews is narrowed to: by whose turn it is, words, project, person, template and due time."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

import streamlit as st

from lib.access.actor import Actor
from lib.reviews.inbox.queries import ReviewFilter
from lib.reviews.service import count_reviews_by_split, list_reviews
from lib.reviews.views import ReviewSort, ReviewSplit
from lib.runs.lists.service import list_run_choices
from lib.runs.queries import RunFilter
from lib.ui import address, state
from lib.ui.components import status
from lib.ui.components.paged_table import CURSOR
from lib.ui.filtering import MOST_COUNTED, Choice, FilterBar, Filters, by_id

_SORTS: Final[Mapping[str, str]] = {
    ReviewSort.OLDEST: "Oldest first",
    ReviewSort.NEWEST: "Newest first",
    ReviewSort.DUE: "Due first",
}
_OVERDUE: Final = "overdue"


def make_review_filters(actor: Actor) -> FilterBar:
    """What this person can choose; what the address names is among it, however old, if it is theirs to see."""
    choices = list_run_choices(
        actor,
        RunFilter(
            project_id=address.find_requested_id("project"),
            user_id=address.find_requested_id("person"),
            template_id=address.find_requested_id("template"),
        ),
    )
    named = {"project": choices.projects, "person": choices.people, "template": choices.templates}
    return FilterBar(
        key="reviews",
        splits={split: status.REVIEW_SPLIT[split] for split in ReviewSplit},
        split=("show", "Show"),
        count=lambda chosen: count_reviews_by_split(actor, chosen_reviews(chosen), most=MOST_COUNTED),
        sorts=_SORTS,
        placeholder="Run, phase or operation",
        choices=(
            *(Choice(name, name.capitalize(), by_id(names)) for name, names in named.items()),
            Choice("due", "Due", {_OVERDUE: "Overdue"}),
        ),
    )


def open_on_own(actor: Actor, bar: FilterBar) -> None:
    """Let the page open on what waits for this person, where something does and the address asks for nothing else."""
    # once it stands there, its widgets know what the reader has chosen, also “All”, of which the address says nothing
    is_open = state.peek(f"{bar.key}-{bar.split[0]}") is not None
    if is_open or any(name in st.query_params for name in (*bar.names, "sort", CURSOR)):
        return
    if list_reviews(actor, ReviewFilter(split=ReviewSplit.MINE), limit=1).items:
        st.query_params[bar.split[0]] = ReviewSplit.MINE


def chosen_reviews(chosen: Filters) -> ReviewFilter:
    """The same as the query takes it."""
    ids = {name: UUID(value) for name, value in chosen.values.items() if name != "due"}
    return ReviewFilter(
        split=ReviewSplit(chosen.split) if chosen.split else None,
        project_id=ids.get("project"),
        user_id=ids.get("person"),
        template_id=ids.get("template"),
        is_overdue=chosen.values.get("due") == _OVERDUE,
        search=chosen.search,
    )
