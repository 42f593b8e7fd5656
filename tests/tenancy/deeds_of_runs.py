"""What is done to runs, their operations and schedules."""

from decimal import Decimal
from typing import Final

from lib.access.permissions import Permission
from lib.models.review import Decision
from lib.models.run import RunPriority
from lib.projects.structures import ProjectSettings
from lib.providers.base import ModelChoice
from lib.providers.catalog import Catalog
from lib.reviews import service as reviews
from lib.reviews.inbox.queries import ReviewFilter
from lib.runs import bulk, duplicating, foresight, launch, retry, steering, turns
from lib.runs import service as runs
from lib.runs.bulk import BulkAction
from lib.runs.commenting import service as commenting
from lib.runs.comparing import service as comparing
from lib.runs.exporting import service as exporting
from lib.runs.exporting.service import RunFormat
from lib.runs.lists import service as run_lists
from lib.runs.operating import service as operating
from lib.runs.queries import RunFilter
from lib.runs.views import RunSort
from lib.runs.watching import service as watching
from lib.schedules import service as schedules
from lib.schedules.service import Timing
from lib.templates.plan import make_plan
from lib.templates.structure import parse_template
from tests.made_reviews import ANSWER
from tests.tenancy.deed import about_own, give, to_a_thing
from tests.tenancy.ground import MODEL

P = Permission
#: A plan with a review, for what is said before a launch.
_GATED: Final = make_plan(
    parse_template({"phases": [{"code": "a", "name": "A", "prompt": "x", "review": {}}]}),
    template_name="T",
    template_version=1,
    model=ModelChoice.parse(MODEL),
)
TIMING: Final = Timing(cron="0 7 * * *", time_zone="Europe/Berlin")
RUNS: Final = (
    about_own(runs.get_overview, P.ORCHESTRATIONS_VIEW),
    about_own(runs.list_runs, P.ORCHESTRATIONS_VIEW, lambda to: give(sort=RunSort.NEWEST, cursor=to.cursor)),
    to_a_thing(runs.list_runs, P.ORCHESTRATIONS_VIEW, lambda to: give(to.run_filter)),
    about_own(runs.list_runs, P.ORCHESTRATIONS_VIEW, lambda to: give(RunFilter(search=to.text, model=MODEL))),
    to_a_thing(runs.watch_run, P.ORCHESTRATIONS_VIEW, lambda to: give(to.target.run_id)),
    to_a_thing(runs.get_texts, P.ORCHESTRATIONS_VIEW, lambda to: give(to.target.run_id, to.target.attempt_id)),
    to_a_thing(runs.find_earlier_texts, P.ORCHESTRATIONS_VIEW, lambda to: give(to.target.run_id, to.target.attempt_id)),
    to_a_thing(watching.look_at_run, P.ORCHESTRATIONS_VIEW, lambda to: give(to.target.run_id)),
    to_a_thing(runs.cancel_run, P.ORCHESTRATIONS_CANCEL, lambda to: give(to.target.run_id), is_by_maker=True),
    to_a_thing(runs.resume_run, P.ORCHESTRATIONS_CANCEL, lambda to: give(to.target.paused_id), is_by_maker=True),
    about_own(turns.read_turns, P.ORCHESTRATIONS_RUN),
    to_a_thing(
        turns.change_priority,
        P.ORCHESTRATIONS_CANCEL,
        lambda to: give(to.target.run_id, RunPriority.HIGH),
        is_by_maker=True,
    ),
    to_a_thing(steering.pause_run, P.ORCHESTRATIONS_CANCEL, lambda to: give(to.target.run_id), is_by_maker=True),
    to_a_thing(steering.finish_run, P.ORCHESTRATIONS_CANCEL, lambda to: give(to.target.paused_id), is_by_maker=True),
    to_a_thing(
        steering.raise_cost_limit,
        P.ORCHESTRATIONS_CANCEL,
        lambda to: give(to.target.paused_id, Decimal(1), seen=None),
        is_by_maker=True,
    ),
    about_own(
        foresight.find_launch_warnings,
        P.ORCHESTRATIONS_RUN,
        lambda _: give(_GATED, cost_limit_usd=Decimal(1), integration_enabled=True),
    ),
    about_own(reviews.list_reviews, P.ORCHESTRATIONS_VIEW, lambda to: give(ReviewFilter(search=to.text))),
    to_a_thing(
        reviews.list_reviews, P.ORCHESTRATIONS_VIEW, lambda to: give(ReviewFilter(project_id=to.target.project_id))
    ),
    about_own(reviews.count_reviews_by_split, P.ORCHESTRATIONS_VIEW, lambda _: give(ReviewFilter(), most=9)),
    about_own(
        reviews.list_reviewer_choices,
        P.PROJECTS_VIEW,
        lambda to: give(wanted=[to.target.member_id, to.target.gone_id]),
    ),
    to_a_thing(reviews.get_review, P.ORCHESTRATIONS_VIEW, lambda to: give(to.target.request_id)),
    *(
        to_a_thing(
            reviews.decide_review,
            P.ORCHESTRATIONS_REVIEW,
            lambda to, decision=decision: give(
                to.target.request_id, decision, seen=reviews.digest(ANSWER), comment=to.text or "No.", edited="Once."
            ),
        )
        for decision in Decision
    ),
    to_a_thing(launch.check_project, P.ORCHESTRATIONS_RUN, lambda to: give(to.target.project_id)),
    to_a_thing(launch.preview_launch, P.ORCHESTRATIONS_RUN, lambda to: give(to.request)),
    to_a_thing(launch.launch_run, P.ORCHESTRATIONS_RUN, lambda to: give(to.request)),
    about_own(
        launch.find_default_model,
        P.ORCHESTRATIONS_RUN,
        lambda _: give(Catalog((), ()), project=ProjectSettings(), template_model=None),
    ),
    to_a_thing(retry.open_retry, P.ORCHESTRATIONS_RUN, lambda to: give(to.target.failed_id)),
    to_a_thing(retry.preview_retry, P.ORCHESTRATIONS_RUN, lambda to: give(to.retry)),
    to_a_thing(retry.retry_run, P.ORCHESTRATIONS_RUN, lambda to: give(to.retry)),
    to_a_thing(duplicating.read_draft, P.ORCHESTRATIONS_RUN, lambda to: give(to.target.run_id)),
    about_own(
        bulk.preview_bulk,
        P.ORCHESTRATIONS_CANCEL,
        lambda to: give(to.run_filter, BulkAction.CANCEL),
        is_by_maker=True,
    ),
    about_own(bulk.preview_bulk, P.ORCHESTRATIONS_RUN, lambda to: give(to.run_filter, BulkAction.RETRY)),
    about_own(
        bulk.cancel_runs,
        P.ORCHESTRATIONS_CANCEL,
        lambda to: give([to.target.run_id, to.target.paused_id, to.target.failed_id]),
        is_by_maker=True,
    ),
    about_own(
        bulk.retry_runs,
        P.ORCHESTRATIONS_RUN,
        lambda to: give([to.target.run_id, to.target.failed_id], on_progress=lambda _: None),
    ),
    to_a_thing(
        comparing.compare_runs,
        P.ORCHESTRATIONS_VIEW,
        lambda to: give(to.target.run_id, to.target.failed_id),
    ),
    to_a_thing(comparing.find_runs_of_versions, P.ORCHESTRATIONS_VIEW, lambda to: give(to.target.template_id, 1, 1)),
    about_own(comparing.read_family, P.ORCHESTRATIONS_VIEW, lambda to: give(to.target.failed_id)),
    to_a_thing(
        exporting.export_run,
        P.ORCHESTRATIONS_VIEW,
        lambda to: give(to.target.run_id, file_format=RunFormat.HTML, has_prompts=True),
    ),
    to_a_thing(commenting.list_comments, P.ORCHESTRATIONS_VIEW, lambda to: give(to.target.run_id, cursor=to.cursor)),
    about_own(commenting.count_comments, P.ORCHESTRATIONS_VIEW, lambda to: give(to.target.run_id)),
    to_a_thing(commenting.add_comment, P.ORCHESTRATIONS_REVIEW, lambda to: give(to.target.run_id, to.text)),
    to_a_thing(commenting.edit_comment, P.ORCHESTRATIONS_VIEW, lambda to: give(to.target.comment_id, to.text)),
    to_a_thing(commenting.delete_comment, P.ORCHESTRATIONS_VIEW, lambda to: give(to.target.comment_id)),
    about_own(run_lists.list_run_choices, P.ORCHESTRATIONS_VIEW, lambda to: give(to.run_filter)),
    to_a_thing(run_lists.count_runs, P.ORCHESTRATIONS_VIEW, lambda to: give(to.run_filter, most=9)),
    about_own(run_lists.count_runs_by_status, P.ORCHESTRATIONS_VIEW, lambda to: give(to.run_filter, most=9)),
    about_own(
        run_lists.export_runs,
        P.ORCHESTRATIONS_VIEW,
        lambda to: give(to.run_filter, sort=RunSort.OLDEST, file_format=to.file_format),
    ),
)
SCHEDULES: Final = (
    about_own(schedules.list_schedules, P.ORCHESTRATIONS_VIEW, lambda to: give(cursor=to.cursor)),
    to_a_thing(schedules.list_schedules, P.ORCHESTRATIONS_VIEW, lambda to: give(to.schedule_filter)),
    to_a_thing(schedules.get_schedule, P.ORCHESTRATIONS_VIEW, lambda to: give(to.target.schedule_id)),
    to_a_thing(schedules.create_schedule, P.ORCHESTRATIONS_RUN, lambda to: give(to.request, TIMING)),
    to_a_thing(
        schedules.update_schedule,
        P.ORCHESTRATIONS_CANCEL,
        lambda to: give(to.target.schedule_id, to.request, TIMING, seen=to.target.schedule_seen),
        is_by_maker=True,
    ),
    to_a_thing(
        schedules.set_active,
        P.ORCHESTRATIONS_CANCEL,
        lambda to: give(to.target.schedule_id, is_active=len(to.text) % 2 == 0),
        is_by_maker=True,
    ),
    to_a_thing(schedules.run_now, P.ORCHESTRATIONS_RUN, lambda to: give(to.target.schedule_id)),
    to_a_thing(
        schedules.delete_schedule, P.ORCHESTRATIONS_CANCEL, lambda to: give(to.target.schedule_id), is_by_maker=True
    ),
    about_own(schedules.list_stopped, None),
)
OPERATIONS: Final = (
    to_a_thing(operating.list_operations, P.ORCHESTRATIONS_VIEW, lambda to: give(to.target.run_id)),
    to_a_thing(
        operating.decide_operation,
        P.ORCHESTRATIONS_REVIEW,
        lambda to: give(to.target.operation_id, is_approved=False, reason=to.text),
    ),
    to_a_thing(operating.leaves_nobody, P.ORCHESTRATIONS_VIEW, lambda to: give(to.target.run_id)),
    to_a_thing(operating.get_artifact, P.ORCHESTRATIONS_VIEW, lambda to: give(to.target.written_id)),
)
