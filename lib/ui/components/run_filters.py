"""What the list of runs is narrowed to: by status, words, project, person, template, model and day."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from lib.access.actor import Actor
from lib.models.run import RunStatus
from lib.runs.lists.service import count_runs_by_status, list_run_choices
from lib.runs.queries import RunFilter
from lib.runs.views import RunSort
from lib.ui import address, words
from lib.ui.components import status
from lib.ui.filtering import MOST_COUNTED, Choice, FilterBar, Filters, by_id

_SORTS: Final[Mapping[str, str]] = {
    RunSort.NEWEST: "Newest first",
    RunSort.OLDEST: "Oldest first",
    RunSort.COST: "Highest cost",
    RunSort.LONGEST: "Longest",
}


def make_run_filters(actor: Actor) -> FilterBar:
    """What this person can choose; what the address names is among it, however old, if it is theirs to see."""
    choices = list_run_choices(
        actor,
        RunFilter(
            project_id=address.find_requested_id("project"),
            user_id=address.find_requested_id("person"),
            template_id=address.find_requested_id("template"),
            schedule_id=address.find_requested_id("schedule"),
        ),
    )
    named = {"project": choices.projects, "person": choices.people, "template": choices.templates}
    return FilterBar(
        key="runs",
        splits={member: status.RUN[member] for member in RunStatus},
        count=lambda chosen: count_runs_by_status(actor, chosen_runs(chosen), most=MOST_COUNTED),
        sorts=_SORTS,
        placeholder="Title or topic",
        choices=(
            *(Choice(name, name.capitalize(), by_id(names)) for name, names in named.items()),
            Choice("model", "Model", {model: words.line(model) for model in choices.models}),
            # who has no schedules has no use for it
            *([Choice("schedule", "Schedule", by_id(choices.schedules))] if choices.schedules else []),
        ),
        dates="Launched",
        zone=actor.time_zone,
    )


def chosen_runs(chosen: Filters) -> RunFilter:
    """The same as the query takes it."""
    ids = {name: UUID(value) for name, value in chosen.values.items() if name != "model"}
    return RunFilter(
        status=RunStatus(chosen.split) if chosen.split else None,
        project_id=ids.get("project"),
        user_id=ids.get("person"),
        template_id=ids.get("template"),
        schedule_id=ids.get("schedule"),
        model=chosen.values.get("model"),
        since=chosen.since,
        before=chosen.before,
        search=chosen.search,
    )
