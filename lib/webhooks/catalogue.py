"""What each event means, in the words of the page and of docs/webhooks.md, and which page it is about."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from lib.models.webhook import EventType


@dataclass(frozen=True, slots=True)
class EventInfo:
    """An event that endpoints can ask for."""

    #: Follows “Sent when”.
    when: str
    group: str
    #: Of the page that it is about: path, the name of its id there, and where the id stands in the event's data.
    page: tuple[str, str, tuple[str, ...]]


_RUN: Final = ("/run", "run", ("run", "id"))
_PROJECT: Final = ("/project", "project", ("project", "id"))
_TEMPLATE: Final = ("/template", "template", ("template", "id"))
_PERSON: Final = ("/person", "person", ("user", "id"))
_USERS: Final = ("/users", "", ())
_OVERVIEW: Final = ("/overview", "", ())
_WEBHOOKS: Final = ("/webhooks", "", ())
_BUDGETS: Final = ("/budgets", "", ())

EVENTS: Final[Mapping[EventType, EventInfo]] = {
    EventType.RUN_QUEUED: EventInfo("a run was launched", "Runs", _RUN),
    EventType.RUN_STARTED: EventInfo("a worker begins a run, for the first time", "Runs", _RUN),
    EventType.RUN_WAITING_REVIEW: EventInfo("a run can't go on before people have had a look", "Runs", _RUN),
    EventType.RUN_PAUSED: EventInfo("a run lies still: by hand, for the quota, a budget or its cost", "Runs", _RUN),
    EventType.RUN_COMPLETED: EventInfo("all phases of a run are done", "Runs", _RUN),
    EventType.RUN_FAILED: EventInfo("a run has ended without success", "Runs", _RUN),
    EventType.RUN_CANCELLED: EventInfo("a run was cancelled", "Runs", _RUN),
    EventType.PHASE_COMPLETED: EventInfo("a phase is answered, and approved where that is asked", "Phases", _RUN),
    EventType.PHASE_FAILED: EventInfo("a phase has failed for good, and its run with it", "Phases", _RUN),
    EventType.REVIEW_REQUESTED: EventInfo("an answer waits for somebody's word", "Reviews", _RUN),
    EventType.REVIEW_DECIDED: EventInfo("an answer was approved, sent back or rejected", "Reviews", _RUN),
    EventType.QUOTA_THRESHOLD: EventInfo("80 % or all of the month's calls are used", "Organization", _OVERVIEW),
    EventType.BUDGET_THRESHOLD: EventInfo("a budget is nearly used up, or is wholly", "Organization", _BUDGETS),
    EventType.PROJECT_CREATED: EventInfo("a project was made", "Projects and templates", _PROJECT),
    EventType.PROJECT_UPDATED: EventInfo("somebody has changed a project", "Projects and templates", _PROJECT),
    EventType.TEMPLATE_PUBLISHED: EventInfo(
        "a template, or another version of it, is offered", "Projects and templates", _TEMPLATE
    ),
    EventType.USER_INVITED: EventInfo("somebody was invited", "Organization", _USERS),
    EventType.USER_ROLE_CHANGED: EventInfo("a person has another role", "Organization", _PERSON),
    EventType.USER_DEACTIVATED: EventInfo("a person was deactivated", "Organization", _PERSON),
    EventType.WEBHOOK_DISABLED: EventInfo(
        "another endpoint was stopped, for it kept failing", "Organization", _WEBHOOKS
    ),
}
_TEST: Final = EventInfo("somebody tries the endpoint", "", _WEBHOOKS)


def find_path(event_type: EventType, data: Mapping[str, Any]) -> str:
    """The path of the page that an event is about, by its data."""
    path, name, place = EVENTS.get(event_type, _TEST).page
    if not name:
        return path
    found: Any = data
    for key in place:
        found = found[key]
    return f"{path}?{name}={found}"
