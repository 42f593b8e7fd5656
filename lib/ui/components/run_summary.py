"""What stands above and beside the phases of a run: its numbers, what went wrong, its facts."""

from collections.abc import Sequence
from decimal import Decimal

import streamlit as st

from lib.access.permissions import Permission
from lib.budgets.gauges import name_managers
from lib.budgets.telling import STOP as BUDGET_STOP
from lib.budgets.telling import say_who_raises
from lib.models.operation import OperationStatus
from lib.models.run import PhaseStatus, RunStatus
from lib.providers.errors import RETRYABLE, ErrorKind
from lib.runs.states import COST_STOPS, ENDED_HERE
from lib.runs.views import PhaseFigures, RunProgress
from lib.ui import words
from lib.ui.components import status
from lib.ui.components.card import card
from lib.ui.components.error_panel import error_panel
from lib.ui.components.estimate import say_cost
from lib.ui.components.facts import show_facts
from lib.ui.components.json_view import show_raw_json
from lib.ui.components.metric_strip import Metric, show_metric_strip
from lib.ui.components.moment import moment_inline
from lib.ui.components.no_worker import is_nobody_working, show_no_worker
from lib.ui.components.person import person_inline
from lib.ui.components.run_actions import find_stop, show_way_on
from lib.ui.components.run_limits import say_cost_limit, say_stop, show_ways_on
from lib.ui.components.run_table import seconds_of
from lib.ui.components.to_decide import OPERATIONS, anchor_of, bring_to_decide
from lib.ui.components.turns import say_priority, show_priority_change, show_turn
from lib.ui.guard import require_actor
from lib.ui.navigation import BUDGETS, CONNECTIONS, TEMPLATE

#: In characters, of a phase's name in a line.
_LONGEST_NAME = 80
#: What to do about a failure that may be over by now.
_PASSING = ("Wait a little, then retry the run. Finished phases are taken over: they cost nothing again.",)
#: What to do, by the kind of error; whatever is not here says it in its own message.
_STEPS = {
    "auth": ("Ask an admin to check the key of this model's connection.", "Then retry: finished phases are kept."),
    "organization_quota": (
        "Ask the installation's operator to raise the quota, or wait for the next month.",
        "Then continue: finished phases are kept.",
    ),
}
_GOES_ON = "Then, or with the budget's next month, the run goes on by itself: finished phases are kept."
#: Kinds of errors that are put right at the model's connection.
_OF_A_CONNECTION = frozenset(
    {ErrorKind.AUTH, ErrorKind.QUOTA, ErrorKind.MODEL_NOT_FOUND, ErrorKind.NOT_CONFIGURED, ErrorKind.CONNECTION}
)


def show_run_numbers(run: RunProgress) -> None:
    """Draw progress, time, cost and tokens."""
    summary = run.summary
    show_metric_strip(
        [
            _progress(run),
            Metric("Elapsed", words.clock(seconds_of(summary))),
            Metric(
                "Cost",
                words.money(summary.cost_usd),
                "All attempts; unknown where a model's price is.",
                note=_say_beside_cost(run),
            ),
            Metric("Tokens", words.number(summary.total_tokens), "In and out, all attempts."),
        ]
    )


def _say_beside_cost(run: RunProgress) -> str | None:
    """What is known of a cost that is not, and what was estimated."""
    own = [each for phase in run.phases for each in phase.attempts if each.reused_from is None]
    spent = sum((each.cost_usd or 0 for each in own), Decimal(0))
    known = [f"{words.money(spent)} of it known"] if run.summary.cost_usd is None and spent else []
    estimated = [f"estimated {say_cost(run.estimate)}"] if run.estimate else []
    return " · ".join([*known, *estimated]) or None


def _progress(run: RunProgress) -> Metric:
    done, total = run.summary.completed_phases, run.summary.total_phases
    skipped = sum(phase.is_not_asked for phase in run.phases)
    help_text = f"{words.count(skipped, 'phase')} {words.are(skipped)} skipped: not asked, and not paid for."
    return Metric("Progress", f"{done} of {words.count(total - skipped, 'phase')}", help_text if skipped else None)


def show_run_notice(run: RunProgress) -> None:
    """Draw what a person should know before they read: nobody is working, it was paused, it failed."""
    if run.is_live and is_nobody_working(run.live_workers):
        show_no_worker()
    show_turn(run)
    if run.is_live and run.is_cancel_requested:
        st.markdown(f":gray[{status.RUN[RunStatus.CANCELLED].icon} This run is being cancelled.]")
    elif run.is_live and run.pause:
        icon = status.RUN[RunStatus.PAUSED].icon
        st.markdown(f":gray[{icon} This run pauses as soon as what is being written is finished.]")
    _show_waiting(run)
    if run.error and run.error.kind == ENDED_HERE:
        st.markdown(f":gray[:material/flag: {words.plain(run.error.message)}]")
    if stop := find_stop(run):
        done = run.summary.completed_phases
        kept = f"{words.count(done, 'finished phase')} {words.are(done)} kept."
        with error_panel(
            stop.message,
            status=status.RUN[run.summary.status],
            where=_place_of(run),
            text=" ".join([*([said] if (said := say_stop(run)) else []), *([kept] if done else [])]) or None,
            steps=_find_steps(stop.kind),
            details={name: value for name, value in stop.model_dump(exclude={"message", "budget"}).items() if value},
        ):
            show_way_on(run)
            if stop.kind in _OF_A_CONNECTION and require_actor().may(Permission.CONNECTIONS_MANAGE):
                _show_connections()
            if stop.kind == BUDGET_STOP and require_actor().may(Permission.ANALYTICS_VIEW):
                _show_budgets()
            if stop.kind in COST_STOPS:
                show_ways_on(run)
            elif run.pause:
                _show_pauser(run)


def _find_steps(kind: str) -> Sequence[str]:
    """What to do about what has stopped the run."""
    if kind == BUDGET_STOP:
        return (say_who_raises(name_managers(require_actor())), _GOES_ON)
    return _STEPS.get(kind, _PASSING if kind in RETRYABLE else ())


def _show_budgets() -> None:
    if st.button("Look at the budgets", icon=":material/savings:"):
        st.switch_page(BUDGETS.file)


def _show_connections() -> None:
    if st.button("Look at the connections", icon=":material/cable:"):
        st.switch_page(CONNECTIONS.file)


def _show_waiting(run: RunProgress) -> None:
    """Name the answers that wait for people: on a phone they stand far below."""
    waiting = [phase for phase in run.phases if phase.status is PhaseStatus.WAITING_REVIEW]
    asked = sum(said.endswith(f" {OperationStatus.WAITING_APPROVAL}") for said in run.operations)
    if asked:
        needs = status.OPERATION["waiting_approval"]
        linked = f"[{words.count(asked, 'operation')} below](#{OPERATIONS})"
        st.markdown(f":{needs.color}[{needs.icon} {linked} to be approved before anything is sent.]")
    if waiting and run.summary.status is not RunStatus.CANCELLED:
        needs = status.RUN[RunStatus.WAITING_REVIEW]
        linked = words.together([_link(phase) for phase in waiting])
        st.markdown(f":{needs.color}[{needs.icon} To be reviewed below: {linked}.]")


def _link(phase: PhaseFigures) -> str:
    """Its name, which leads to the review of its answer."""
    return f"[“{words.plain(words.short(phase.name, most=_LONGEST_NAME))}”](#{anchor_of(phase.position)})"


def _show_pauser(run: RunProgress) -> None:
    if run.pause and run.pause.by:
        st.markdown(f":gray[Paused by {words.plain(run.pause.by.name)}.]")


def _place_of(run: RunProgress) -> str | None:
    """Where it went wrong: the phase by its name, for its code counts from 0 and the timeline from 1."""
    if run.error is None or run.error.phase is None:
        return None
    names = {phase.code: phase.name for phase in run.phases}
    attempt = f", attempt {run.error.attempt}" if run.error.attempt else ""
    return f"{names.get(run.error.phase, run.error.phase)}{attempt}"


def _say_integrations(run: RunProgress) -> list[tuple[str, str]]:
    """Whether what follows the phases is done, where there is anything."""
    if run.integration_enabled is None:
        return []
    return [("Integrations", "on" if run.integration_enabled else "off: a dry run, nothing is done outside")]


def show_run_facts(run: RunProgress, *, time_zone: str) -> None:
    """Draw what the run was launched with."""
    summary = run.summary
    version = f", version {summary.template_version}" if summary.template_version else ""
    with card("Details"):
        show_facts(
            [
                ("Project", summary.project_name),
                ("Topic", run.topic),
                ("Template", summary.template_name + version),
                ("Model", summary.model),
                *([("Cost limit", say_cost_limit(run))] if run.cost_limit_usd is not None else []),
                *_say_integrations(run),
                *run.inputs,
                *([] if run.may_prioritize else [("Priority", say_priority(summary.priority))]),
                ("Launched", moment_inline(summary.created_at, time_zone=time_zone)),
                ("By", person_inline(run.launcher)),
                *(
                    [("Ended", moment_inline(summary.completed_at, time_zone=time_zone))]
                    if summary.completed_at
                    else []
                ),
                ("Run", str(summary.id)),
            ]
        )
        show_priority_change(run)
        if run.template_id:
            st.page_link(
                TEMPLATE.file,
                label="Open the template",
                icon=":material/dashboard_customize:",
                query_params={"template": str(run.template_id)},
            )
        if run.answers:
            show_raw_json(run.answers, key="inputs", label="Inputs as JSON")
    bring_to_decide(summary.id)
