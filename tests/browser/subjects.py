"""Every page in every state, for what looks at all of them: the photographs and the accessibility tests.

Organization A has runs in every state, organization B has nothing, and one installation is not set up yet.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from urllib.parse import urlsplit

from playwright.sync_api import Page

from lib.access.actor import Actor
from lib.db.logins import Login
from lib.identity.cookie import session_cookie_name
from lib.identity.tokens import hash_secret, new_secret
from lib.ui.navigation import (
    ACCOUNT,
    ANALYTICS,
    AUDIT,
    BUDGETS,
    COMPARE,
    CONNECTIONS,
    LAUNCH,
    ORGANIZATION,
    ORGANIZATIONS,
    OVERVIEW,
    PAGES,
    PERSON,
    PROJECT,
    PROJECTS,
    REVIEWS,
    RUN,
    SCHEDULE,
    SCHEDULES,
    TEMPLATE,
    TEMPLATE_EDIT,
    TEMPLATES,
    USERS,
    WEBHOOKS,
    PageEntry,
)
from tests import doors
from tests.browser import acts
from tests.browser.conftest import Dashboard
from tests.browser.scene import Scene


@dataclass(frozen=True, slots=True)
class Subject:
    """One page in one state."""

    name: str
    #: Whose session the browser has; None is nobody's.
    visitor: Actor | None
    url: str
    #: What is done on the page before it is looked at.
    provoke: Callable[[Page], None] | None = None


def subjects(dashboard: Dashboard, scene: Scene, unclaimed: str) -> Sequence[Subject]:
    """All of them: each page full, empty and with an error, and what stands in place of a page."""
    full, empty = dashboard.cast.alice, dashboard.cast.charlie
    olga = dashboard.olga
    queries = {PROJECT: f"?project={scene.project_id}", RUN: f"?run={scene.running}"}
    queries |= {PERSON: f"?person={scene.person_id}", TEMPLATE: f"?template={scene.template_id}"}
    queries[COMPARE] = f"?left={scene.failed}&right={scene.retried}"
    queries[SCHEDULE] = f"?schedule={scene.schedule_id}"
    queries[TEMPLATE_EDIT] = f"?template={scene.edited_template_id}&phase=Phase+2"
    accept = f"/accept?token={scene.invitation}"

    def see(name: str, visitor: Actor | None, path: str, provoke: Callable[[Page], None] | None = None) -> Subject:
        return Subject(name, visitor, dashboard.url + path, provoke)

    found = []
    for entry in PAGES:
        path = _path(entry)
        found.append(see(entry.url_path, olga if entry.is_for_operators else full, path + queries.get(entry, "")))
        if entry not in queries and not entry.is_for_operators:  # what is about one thing is not there without it
            found.append(see(f"{entry.url_path}-empty", empty, path))
    found += [
        see("overview-error", full, "/", lambda page: acts.break_the_database(page, dashboard.database)),
        see("launch-more", full, _path(LAUNCH), lambda page: page.get_by_text("More", exact=True).first.click()),
        see("launch-error", full, "/launch?project=00000000-0000-7000-8000-000000000000"),
        see(
            "launch-unanswered",
            full,
            f"/launch?template={scene.edited_template_id}",
            acts.launch_unanswered,
        ),
        see(
            "project-conflict",
            full,
            f"{_path(PROJECT)}?project={scene.idle_project_id}",
            lambda page: acts.change_what_another_changes(page, dashboard.database, scene.idle_project_id),
        ),
        see("runs-error", full, "/runs?status=paused"),
        see("runs-filtered", full, f"/runs?status=failed&project={scene.project_id}&model=nonsense"),
        see("runs-no-page", full, "/runs?page=nonsense"),
        see("run-queued", full, f"{_path(RUN)}?run={scene.queued}"),
        see("run-completed", full, f"{_path(RUN)}?run={scene.retried}"),
        see("run-again", full, f"{_path(RUN)}?run={scene.failed}", acts.ask_to_retry),
        see("run-discussed", full, f"{_path(RUN)}?run={scene.failed}", acts.read_comments),
        see(
            "run-export",
            full,
            f"{_path(RUN)}?run={scene.retried}",
            lambda page: acts.press(page, "Export", "With the prompts"),
        ),
        see("runs-selected", full, "/runs", acts.select_two),
        see("runs-cancel", full, "/runs", lambda page: acts.act_on_many(page, "Cancel all that match")),
        see(
            "runs-retry-none",
            full,
            "/runs?status=completed",
            lambda page: acts.act_on_many(page, "Retry all that match"),
        ),
        see("launch-from", full, f"/launch?from={scene.failed}"),
        see("compare-whole", full, f"{_path(COMPARE)}{queries[COMPARE]}", acts.show_the_same_too),
        see("compare-error", empty, f"{_path(COMPARE)}{queries[COMPARE]}"),
        see("project-empty", full, f"{_path(PROJECT)}?project={scene.idle_project_id}"),
        see("run-error", full, f"{_path(RUN)}?run={scene.failed}"),
        see("run-branching", full, f"{_path(RUN)}?run={scene.branching}", acts.open_json),
        see(
            "template-edit-limits",
            full,
            f"{_path(TEMPLATE_EDIT)}{queries[TEMPLATE_EDIT]}",
            lambda page: acts.turn(page, "Model and limits"),
        ),
        see("run-cancelled", full, f"{_path(RUN)}?run={scene.cancelled}"),
        see("run-review", full, f"{_path(RUN)}?run={scene.steered.waiting}"),
        see("run-review-edit", full, f"{_path(RUN)}?run={scene.steered.waiting}", acts.edit_the_answer),
        see("run-review-reject", full, f"{_path(RUN)}?run={scene.steered.waiting}", acts.reject_without_a_reason),
        see("run-reviewed", full, f"{_path(RUN)}?run={scene.steered.approved}"),
        see("run-paused", full, f"{_path(RUN)}?run={scene.steered.paused}"),
        see("run-stopped", full, f"{_path(RUN)}?run={scene.steered.stopped}"),
        see("run-operations", full, f"{_path(RUN)}?run={scene.steered.operated}"),
        see(
            "run-operations-approve",
            full,
            f"{_path(RUN)}?run={scene.steered.operated}",
            lambda page: acts.press(page, "Approve", "It can't be taken back"),
        ),
        see(
            "connections-integration",
            full,
            _path(CONNECTIONS),
            lambda page: acts.press(page, "Add integration", "Kept encrypted"),
        ),
        see("connections-integration-error", full, _path(CONNECTIONS), acts.add_no_integration),
        see("launch-operations", full, f"{_path(LAUNCH)}?template={scene.steered.acting_template_id}"),
        see("schedule-operations", full, f"{_path(LAUNCH)}?start=later&template={scene.steered.acting_template_id}"),
        see("run-pause", full, f"{_path(RUN)}?run={scene.running}", acts.ask_to_pause),
        see("reviews-error", full, f"{_path(REVIEWS)}?show=decided&due=overdue"),
        see("run-question", full, f"{_path(RUN)}?run={scene.running}", acts.ask_to_cancel),
        see(
            "template-edit-questions",
            full,
            f"{_path(TEMPLATE_EDIT)}{queries[TEMPLATE_EDIT]}",
            lambda page: acts.turn(page, "Questions and settings"),
        ),
        see(
            "template-edit-save",
            full,
            f"{_path(TEMPLATE_EDIT)}{queries[TEMPLATE_EDIT]}",
            lambda page: acts.press(page, "Save version", "Against version 1"),
        ),
        see(
            "template-edit-launch",
            full,
            f"{_path(TEMPLATE_EDIT)}{queries[TEMPLATE_EDIT]}",
            lambda page: acts.press(page, "Launch", "Save the draft first"),
        ),
        see("template-edit-meanwhile", full, f"{_path(TEMPLATE_EDIT)}{queries[TEMPLATE_EDIT]}", acts.write_in_two_tabs),
        see("template-edit-operations", full, f"{_path(TEMPLATE_EDIT)}{queries[TEMPLATE_EDIT]}", acts.add_operations),
        see("template-edit-error", empty, f"{_path(TEMPLATE_EDIT)}{queries[TEMPLATE_EDIT]}"),
        see("launch-later", full, f"/launch?start=later&project={scene.project_id}"),
        see("schedules-error", full, f"{_path(SCHEDULES)}?page=nonsense"),
        see("schedules-question", full, f"{_path(SCHEDULE)}{queries[SCHEDULE]}", acts.ask_to_delete),
        see("schedule-error", empty, f"{_path(SCHEDULE)}{queries[SCHEDULE]}"),
        see("projects-error", full, _path(PROJECTS), acts.create_nothing),
        see("project-error", empty, f"{_path(PROJECT)}?project={scene.project_id}"),
        see("templates-error", full, f"{_path(TEMPLATES)}?search=zeppelin&category=nonsense"),
        see("templates-new", full, _path(TEMPLATES), acts.begin_no_template),
        see("template-versions", full, f"{_path(TEMPLATE)}{queries[TEMPLATE]}", acts.compare_versions),
        see(
            "template-review",
            dashboard.cast.mona,
            f"{_path(TEMPLATE)}?template={scene.waiting_template_id}",
            acts.refuse,
        ),
        see("template-question", full, f"{_path(TEMPLATE)}{queries[TEMPLATE]}", acts.ask_to_retire),
        see("template-error", empty, f"{_path(TEMPLATE)}{queries[TEMPLATE]}"),
        see("connections-error", full, _path(CONNECTIONS), acts.add_nothing),
        see("connections-test", full, _path(CONNECTIONS), acts.ask_with_a_key_that_does_not_open),
        see("connections-reader", dashboard.cast.mona, _path(CONNECTIONS)),
        see("webhooks-delivery", full, f"{_path(WEBHOOKS)}?delivery={scene.delivery_id}"),
        see("webhooks-attempts", full, f"{_path(WEBHOOKS)}?delivery={scene.delivery_id}", acts.read_attempts),
        see("webhooks-filtered", full, f"{_path(WEBHOOKS)}?result=dropped&event=run.paused"),
        see(
            "webhooks-add",
            full,
            _path(WEBHOOKS),
            lambda page: acts.press(page, "Add endpoint", "sent when a run was launched"),
        ),
        see("audit-entry", full, f"{_path(AUDIT)}?entry={scene.entry_id}"),
        see("audit-error", full, f"{_path(AUDIT)}?action=webhooks.delete&about=nonsense&search=zeppelin"),
        see("audit-verify", full, _path(AUDIT), lambda page: acts.press(page, "Verify seals", "Newest seal")),
        see("audit-report", full, _path(AUDIT), acts.ask_for_a_report),
        see("analytics-filtered", full, f"{_path(ANALYTICS)}?range=30-days&project={scene.project_id}&by=person"),
        see("analytics-latency", full, f"{_path(ANALYTICS)}?range=30-days&measure=latency"),
        see("analytics-operations", full, f"{_path(ANALYTICS)}?range=30-days&of=operations"),
        see("analytics-calls", full, f"{_path(ANALYTICS)}?range=30-days&calls=1&failed=1"),
        see("analytics-no-calls", full, f"{_path(ANALYTICS)}?calls=1&only=model%3Aopenai%3Anonsense"),
        see(
            "analytics-table",
            full,
            f"{_path(ANALYTICS)}?range=30-days",
            lambda page: acts.show_as_a_table(page, "main"),
        ),
        see(
            "analytics-export",
            full,
            f"{_path(ANALYTICS)}?range=30-days&calls=1",
            lambda page: acts.press(page, "Export", "in the order of the list"),
        ),
        see("budgets-alert", full, _path(BUDGETS), acts.edit_an_alert),
        see("budgets-error", full, _path(BUDGETS), acts.add_no_budget),
        see(
            "budgets-raise",
            full,
            _path(BUDGETS),
            lambda page: acts.press(page, "Raise", "A raise adds to that until it ends"),
        ),
        see("webhooks-error", full, _path(WEBHOOKS), acts.add_no_endpoint),
        see("webhooks-secret", full, _path(WEBHOOKS), lambda page: acts.add_an_endpoint(page, dashboard.database)),
        see("webhooks-rotate", full, _path(WEBHOOKS), lambda page: acts.act_on_endpoint(page, 0, "Rotate secret…")),
        see("webhooks-stopped", full, _path(WEBHOOKS), lambda page: acts.act_on_endpoint(page, 2, "Switch on…")),
        see(
            "webhooks-again", full, _path(WEBHOOKS), lambda page: acts.act_on_endpoint(page, 2, "Deliver failed again…")
        ),
        see("webhooks-reader", dashboard.cast.mona, f"{_path(WEBHOOKS)}?delivery={scene.delivery_id}"),
        see(
            "users-invite",
            full,
            _path(USERS),
            lambda page: acts.press(page, "Invite people", "Permissions beside the role"),
        ),
        see("users-invited", full, f"{_path(USERS)}?status=invited"),
        see("users-invited-empty", empty, f"{_path(USERS)}?status=invited"),
        see("users-error", full, f"{_path(USERS)}?status=deactivated"),
        see("person-question", full, f"{_path(PERSON)}{queries[PERSON]}", acts.ask_to_deactivate),
        see("person-error", empty, f"{_path(PERSON)}{queries[PERSON]}"),
        *(
            see(
                f"organization-{tab.split()[0].lower()}",
                full,
                _path(ORGANIZATION),
                lambda page, tab=tab: acts.turn(page, tab),
            )
            for tab in ("Tier and use", "Models and messages", "Security", "Retention and limits")
        ),
        see("organization-error", full, _path(ORGANIZATION), acts.take_anothers_short_name),
        see("organization-end", full, _path(ORGANIZATION), acts.ask_for_the_end),
        see("organizations-empty", olga, f"{_path(ORGANIZATIONS)}?search=nobody"),
        see("organizations-error", olga, _path(ORGANIZATIONS), acts.make_nothing),
        see("organizations-one", olga, _path(ORGANIZATIONS), acts.open_borealis),
        see("another-organization", full, "/o/borealis/runs"),
        see("account-error", full, _path(ACCOUNT), acts.mistype_the_password),
        see("account-question", full, _path(ACCOUNT), acts.begin_second_factor),
        see("account-required", empty, "/", lambda page: acts.require_second_factor(page, dashboard.database)),
        see("not-found", full, "/nowhere"),
        see("not-open", dashboard.cast.vera, _path(LAUNCH)),
        see("sign-in", None, "/"),
        see("sign-in-error", None, "/", acts.sign_in_as_nobody),
        see("forgotten", None, "/", acts.forget_the_password),
        see("forgotten-asked", None, "/", acts.ask_for_a_link),
        see("reset", None, _link(dashboard, "reset", "password_reset")),
        see("reset-expired", None, "/reset?token=used"),
        see("confirm", full, _link(dashboard, "confirm", "email_verification")),
        see("sign-in-code", None, "/", lambda page: acts.type_half_of_it(page, dashboard)),
        Subject("set-up", None, unclaimed),
        Subject("set-up-empty", None, unclaimed.partition("/set-up")[0]),
        Subject("set-up-error", None, unclaimed, lambda page: acts.press(page, "Set up", "Organization name is empty")),
        see("accept", None, accept),
        see("accept-error", None, accept, lambda page: acts.press(page, "Join", "Full name is empty")),
        see("accept-expired", None, "/accept?token=used"),
        see("accept-signed-in", full, accept),
        see("set-up-expired", None, "/set-up?token=used"),
    ]
    missing = {entry.url_path for entry in PAGES} - {subject.name.removesuffix("-error") for subject in found}
    assert not missing, f"say in {__name__} how an error looks on {missing}"
    return found


def _link(dashboard: Dashboard, path: str, kind: str) -> str:
    """A link as alice gets it by mail."""
    secret, alice = new_secret(), dashboard.cast.alice
    with doors.login(dashboard.database, Login.IDENTITY) as connection:
        connection.execute(
            "INSERT INTO user_tokens (kind, token_hash, user_id, email, expires_at) "
            "VALUES (%s, %s, %s, %s, now() + interval '1 hour')",
            [kind, hash_secret(secret), alice.user_id, alice.email],
        )
    return f"/{path}?token={secret}"


def in_turn(subjects: Sequence[Subject]) -> Sequence[Subject]:
    """The subjects of one person after another's, each on another page than the one before as far as that goes.

    Those of one page stay in their order: some leave something behind.
    """
    pages: dict[Actor | None, dict[str, list[Subject]]] = {}
    for subject in subjects:
        pages.setdefault(subject.visitor, {}).setdefault(urlsplit(subject.url).path, []).append(subject)
    return [one for mine in pages.values() for turn in zip_longest(*mine.values()) for one in turn if one is not None]


def walk(page: Page, subjects: Sequence[Subject], dashboard: Dashboard) -> Iterator[Subject]:
    """Visit one after the other, by a link where the person stays the same and the page does not."""
    before: Subject | None = None
    for subject in subjects:
        may_stay = before and before.visitor == subject.visitor is not None
        if before and may_stay and urlsplit(before.url).path != urlsplit(subject.url).path:
            acts.follow(page, subject.url)
            _finish(page, subject)
        else:
            visit(page, subject, dashboard)
        yield subject
        before = subject


def visit(page: Page, subject: Subject, dashboard: Dashboard) -> None:
    """Open the page in its state, drawn to the end."""
    page.context.clear_cookies()
    if subject.visitor:
        secret = dashboard.cast.secret_of(subject.visitor)
        page.context.add_cookies([{"name": session_cookie_name(), "value": secret, "url": dashboard.url}])
    page.goto(subject.url)
    _finish(page, subject)


def _finish(page: Page, subject: Subject) -> None:
    acts.settle(page)
    if subject.provoke:
        subject.provoke(page)
        acts.settle(page)


def _path(entry: PageEntry) -> str:
    return "/" if entry is OVERVIEW else f"/{entry.url_path}"
