"""What a mail is before it is rendered: its kind, whom it goes to, and the words that its template shows."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final
from uuid import UUID


class MailKind(StrEnum):
    """What a mail is for. Each has a template in text and one in HTML under `lib/mail/templates`."""

    #: Somebody may join: `organization`, `inviter`, and where they are known `role` and `days` that the link is good.
    INVITATION = "invitation"
    #: A way in for who forgot the password: `name`.
    PASSWORD_RESET = "password_reset"  # noqa: S105 a word
    #: To the new address, which is to be confirmed: `name`.
    EMAIL_CHANGE = "email_change"
    #: To the address before: `name`, `new_email`, `when`.
    EMAIL_CHANGED_NOTICE = "email_changed_notice"
    #: `name`, `when`, `where` it was asked from.
    PASSWORD_CHANGED_NOTICE = "password_changed_notice"  # noqa: S105 a word
    #: `name`, `change` as it follows "Two-step sign-in was" ("turned on"), `when`, `where`.
    SECOND_FACTOR_NOTICE = "second_factor_notice"
    #: An answer waits for a review: `name`, `title` and `run` (its id), and where there is a limit `due`, as
    #: ISO 8601, and the reader's `time_zone`. Written by api.mail_reviewers.
    REVIEW_REQUESTED = "review_requested"
    #: It is due soon.
    REVIEW_REMINDER = "review_reminder"
    #: It is overdue; without `due`, those whom the gate names can't decide any more.
    REVIEW_ESCALATED = "review_escalated"
    #: Operations of a run wait for an approval: `name`, `title`, `run` (its id), and `count`, how many. Written by
    #: api.mail_approvers.
    APPROVAL_REQUESTED = "approval_requested"
    #: A schedule was switched off: `name`, `schedule` by its title, `reason`. Written by api.settle_schedule.
    SCHEDULE_STOPPED_NOTICE = "schedule_stopped_notice"
    #: An endpoint was stopped: `name`, `webhook` by its name, `reason`. Written by api.finish_deliveries.
    WEBHOOK_STOPPED_NOTICE = "webhook_stopped_notice"
    #: A budget has come to a share: `name`, `budget` by its name, `percent`, `spent` and `limit` in dollars, and
    #: `effect`: "hard" where nothing begins any more, "soft" where it is used up all the same, else empty. Written by
    #: api.mail_budget.
    BUDGET_THRESHOLD = "budget_threshold"
    #: The same for the person whose budget it is.
    OWN_BUDGET_THRESHOLD = "own_budget_threshold"
    #: A person has spent much: `name`, `person`, `spent` and `limit` in dollars, `hours`. Written by
    #: api.watch_spending.
    SPENDING_ALERT = "spending_alert"
    #: The month's calls to models have come to a share of the quota: `name`, `organization`, `percent`, `used` and
    #: `limit`, `due`, when the next month begins, as ISO 8601, and the reader's `time_zone`. Written by api.mail_quota.
    QUOTA_THRESHOLD = "quota_threshold"
    #: The same for the installation's operators, who can raise it.
    OPERATED_QUOTA_THRESHOLD = "operated_quota_threshold"
    #: What calls have come to in a week or a month: `name`, `report` as `lib.usage.reports.writing` has it, in JSON,
    #: and `path` of the page that shows the same. Written by api.send_usage_report.
    USAGE_REPORT = "usage_report"


#: Words that a kind's templates can't do without, and those that they say where they are given.
NEEDED: Final[Mapping[MailKind, frozenset[str]]] = {
    MailKind.INVITATION: frozenset({"organization", "inviter"}),
    MailKind.PASSWORD_RESET: frozenset({"name"}),
    MailKind.EMAIL_CHANGE: frozenset({"name"}),
    MailKind.EMAIL_CHANGED_NOTICE: frozenset({"name", "new_email"}),
    MailKind.PASSWORD_CHANGED_NOTICE: frozenset({"name"}),
    MailKind.SECOND_FACTOR_NOTICE: frozenset({"name", "change"}),
    **dict.fromkeys(
        (MailKind.REVIEW_REQUESTED, MailKind.REVIEW_REMINDER, MailKind.REVIEW_ESCALATED),
        frozenset({"name", "title", "run"}),
    ),
    MailKind.APPROVAL_REQUESTED: frozenset({"name", "title", "run", "count"}),
    MailKind.SCHEDULE_STOPPED_NOTICE: frozenset({"name", "schedule", "reason"}),
    MailKind.WEBHOOK_STOPPED_NOTICE: frozenset({"name", "webhook", "reason"}),
    **dict.fromkeys(
        (MailKind.BUDGET_THRESHOLD, MailKind.OWN_BUDGET_THRESHOLD),
        frozenset({"name", "budget", "percent", "spent", "limit", "effect"}),
    ),
    MailKind.SPENDING_ALERT: frozenset({"name", "person", "spent", "limit", "hours"}),
    **dict.fromkeys(
        (MailKind.QUOTA_THRESHOLD, MailKind.OPERATED_QUOTA_THRESHOLD),
        frozenset({"name", "organization", "percent", "used", "limit", "due"}),
    ),
    MailKind.USAGE_REPORT: frozenset({"name", "report", "path"}),
}
WELCOME: Final = frozenset({"role", "days", "when", "where", "due", "time_zone"})
#: Kinds that carry a one-time link.
WITH_LINK: Final = frozenset({MailKind.INVITATION, MailKind.PASSWORD_RESET, MailKind.EMAIL_CHANGE})

#: Kinds that lead to a page, which asks whoever opens it to sign in: its path, and the word that it ends with, if any.
_PAGES: Final[Mapping[MailKind, tuple[str, str]]] = {
    **dict.fromkeys(
        (
            MailKind.REVIEW_REQUESTED,
            MailKind.REVIEW_REMINDER,
            MailKind.REVIEW_ESCALATED,
            MailKind.APPROVAL_REQUESTED,
        ),
        ("/run?run=", "run"),
    ),
    MailKind.SCHEDULE_STOPPED_NOTICE: ("/schedules", ""),
    MailKind.WEBHOOK_STOPPED_NOTICE: ("/webhooks", ""),
    MailKind.BUDGET_THRESHOLD: ("/budgets", ""),
    MailKind.OWN_BUDGET_THRESHOLD: ("/overview", ""),
    MailKind.SPENDING_ALERT: ("/budgets", ""),
    MailKind.QUOTA_THRESHOLD: ("/organization", ""),
    MailKind.OPERATED_QUOTA_THRESHOLD: ("/organizations", ""),
}

#: One address, and nothing that a header or an SMTP command would take for more.
_RECIPIENT: Final = re.compile(r"[^@\s<>,;:\"\\()\x00-\x1f\x7f-\x9f]+@[^@\s<>,;:\"\\()\x00-\x1f\x7f-\x9f]+")
_LONGEST_RECIPIENT: Final = 254
_PATH: Final = re.compile(r"/[A-Za-z0-9_\-./?=&%]+")
#: What the page of analytics is asked for: nothing that leads anywhere else.
_ANALYTICS: Final = re.compile(r"/analytics(\?[A-Za-z0-9_\-.~=&%]*)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A mail to be sent. `values` are words that are shown, whatever is in them; see `MailKind` for their names.

    `secret_path` is the path of a one-time link ("/reset?token=…"), which the database keeps sealed. Raises ValueError
    for what no caller of ours should hand in.
    """

    kind: MailKind
    recipient: str
    #: Whose mail it is; None for the installation's own.
    organization_id: UUID | None
    values: Mapping[str, str]
    secret_path: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        check_recipient(self.recipient)
        names = frozenset(self.values)
        if wrong := NEEDED[self.kind] - names | names - NEEDED[self.kind] - WELCOME:
            message = f"a mail of kind {self.kind} is missing, or does not know: {', '.join(sorted(wrong))}"
            raise ValueError(message)
        if (self.kind in WITH_LINK) != bool(_PATH.fullmatch(self.secret_path)):
            message = f"a mail of kind {self.kind} with the wrong kind of path"
            raise ValueError(message)


def find_page_path(kind: MailKind, values: Mapping[str, str]) -> str:
    """The path of the page that a mail leads to; empty where it leads to none. Raises ValueError for what is none."""
    if kind is MailKind.USAGE_REPORT:
        if not _ANALYTICS.fullmatch(values["path"]):
            message = "a report of usage leads to the page of analytics"
            raise ValueError(message)
        return values["path"]
    if kind not in _PAGES:
        return ""
    begins, name = _PAGES[kind]
    return f"{begins}{UUID(values[name])}" if name else begins


def check_recipient(recipient: str) -> None:
    """Raise ValueError unless this is one address and nothing else."""
    if not _RECIPIENT.fullmatch(recipient) or len(recipient) > _LONGEST_RECIPIENT:
        message = "a mail goes to one address, like name@example.com"
        raise ValueError(message)
