"""What the actions of the audit trail are called, so that every page says them alike."""

from collections.abc import Mapping
from typing import Final

from lib.access.permission_names import name_permission

#: Action -> what somebody did, as it follows their name.
_DID: Final[Mapping[str, str]] = {
    "projects.create": "created the project",
    "projects.update": "edited the project",
    "projects.delete": "deleted the project",
    "templates.create": "made the template",
    "templates.update": "edited the template",
    "templates.delete": "deleted the template",
    "template_reviews.create": "asked for a version of the template to be offered",
    "review_requests.create": "asked for a review",
    "review_requests.update": "decided a review",
    "run_reviews.create": "said a word about an answer",
    "run_reviews.update": "changed a word about an answer",
    "orchestrations.ask_to_pause": "asked for the run to be paused",
    "orchestrations.raise_cost_limit": "raised the cost limit of the run",
    "provider_connections.create": "added the connection",
    "provider_connections.update": "edited the connection",
    "provider_connections.delete": "deleted the connection",
    "provider_connections.test": "tested the connection",
    "integration_connections.create": "added the integration",
    "integration_connections.update": "edited the integration",
    "integration_connections.delete": "deleted the integration",
    "operations.approve": "approved an operation of the run",
    "operations.reject": "rejected an operation of the run",
    "run_comments.create": "commented on the run",
    "run_comments.update": "edited a comment on the run",
    "schedules.create": "made the schedule",
    "schedules.update": "edited the schedule",
    "users.create": "joined",
    "users.update": "edited the profile",
    "identity.sign_in": "signed in",
    "identity.sign_in_refused": "was refused at the sign-in",
    "identity.password_refused": "typed a wrong password",
    "identity.code_refused": "was refused for a wrong code",
    "identity.sign_out": "signed out",
    "identity.end_sessions": "ended the sessions",
    "identity.make_password_link": "made a link for a new password",
    "identity.ask_for_reset": "asked for a link for a new password",
    "identity.visit": "began to look around",
    "identity.leave": "left again",
    "orchestrations.prioritize": "changed the run's priority",
    "organizations.create": "created the organization",
    "organizations.update": "edited the organization",
    "template_reviews.update": "decided about a version of the template",
    "review_requests.delete": "removed a review",
    "run_comments.delete": "removed a comment on the run",
    "orchestrations.launch": "launched the run",
    "orchestrations.fork": "ran the run again",
    "orchestrations.end": "ended the run",
    "orchestrations.pause": "paused the run",
    "orchestrations.resume": "had the run go on",
    "orchestrations.cancel": "asked for the run to be cancelled",
    "orchestrations.export": "exported runs",
    "projects.export": "exported the list of projects",
    "templates.export": "exported a template",
    "users.export": "exported the list of people",
    "invitations.export": "exported the list of invitations",
    "webhooks.export": "exported deliveries",
    "usage.export": "exported usage",
    "audit.export": "exported the audit trail",
    "export_jobs.export": "took a file along that a worker had written",
    "compliance_reports.export": "took a compliance report along",
    "access.refused": "was refused, for want of a permission",
    "identity.lock_out": "was locked out after too many wrong passwords",
    "invitations.create": "invited",
    "invitations.update": "changed an invitation",
    "invitations.delete": "removed an invitation",
    "credentials.create": "got a password",
    "credentials.update": "changed the way to sign in",
    "credentials.delete": "lost the password",
    "users.delete": "removed the person",
    "webhooks.create": "made the webhook",
    "webhooks.update": "edited the webhook",
    "webhooks.delete": "deleted the webhook",
    "schedules.delete": "removed the schedule",
    "archives.create": "asked for the runs to be moved to an archive",
    "archives.update": "changed the archive",
    "archives.delete": "removed the record of the archive",
    "archives.export": "took the file of the archive",
    "budgets.create": "made the budget",
    "budgets.update": "edited the budget",
    "budgets.delete": "deleted the budget",
    "budget_raises.create": "raised a budget",
    "budget_raises.update": "changed the raise of a budget",
    "budget_raises.delete": "removed the raise of a budget",
    "spending_watches.create": "began to watch what is spent",
    "spending_watches.update": "changed a watch on what is spent",
    "spending_watches.delete": "ended a watch on what is spent",
    "template_reviews.delete": "removed a request about the template",
    "run_reviews.delete": "removed a word about an answer",
    "organizations.delete": "removed the organization",
    "retention.remove": "removed what is older than it is kept",
    "retention.stop": "removed no more of the audit trail, for a seal does not hold",
    "retention.accept": "accepted a seal that does not hold",
    "installation.backup": "made a backup of the whole installation",
    "installation.backup_failed": "could not make a backup",
    "installation.remove_backups": "removed old backups",
    "installation.export_key": "wrote the master key to a file",
    "installation.restore": "restored the whole installation from a backup",
    "legal_holds.create": "placed a legal hold",
    "legal_holds.update": "released a legal hold",
    "legal_holds.delete": "removed a legal hold",
}
#: Action -> field -> what setting it and taking it away are called; the first field that has changed counts.
_SET: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = {
    "organizations.update": {
        "suspended_at": ("suspended the organization", "ended the suspension"),
        "deleted_at": ("deleted the organization", "restored the organization"),
        "deletes_at": ("asked for the organization's end", "took the organization's end back"),
        "suspension_reason": ("said why the organization is suspended", "ended the suspension"),
        "subscription_tier": ("changed the tier", "changed the tier"),
        "api_quota_limit": ("changed the monthly quota", "lifted the limit of the monthly quota"),
        "slug": ("changed the short name", "changed the short name"),
    },
    "templates.update": {"deleted_at": ("deleted the template", "restored the template")},
    "run_comments.update": {"deleted_at": ("deleted a comment on the run", "restored a comment on the run")},
    "schedules.update": {"deleted_at": ("deleted the schedule", "restored the schedule")},
}
#: Action -> status before and after -> the same, where the status says more than "edited".
_MOVED: Final[Mapping[str, Mapping[tuple[str, str], str]]] = {
    "projects.update": {
        ("active", "completed"): "marked the project as completed",
        ("active", "failed"): "marked the project as failed",
        ("completed", "active"): "made the project active again",
        ("failed", "active"): "made the project active again",
        ("active", "archived"): "archived the project",
        ("completed", "archived"): "archived the project",
        ("failed", "archived"): "archived the project",
        ("archived", "active"): "restored the project",
    },
    "archives.update": {
        ("asked", "making"): "began to move the runs to the archive",
        ("making", "made"): "moved the runs to the archive",
        ("making", "failed"): "could not move the runs to the archive",
        ("made", "restoring"): "asked for the runs of the archive to come back",
        ("restored", "restoring"): "asked for the runs of the archive to come back again",
        ("removing", "restoring"): "asked for the runs of the archive to come back, and not to be deleted",
        ("removed", "restoring"): "handed over a copy of the archive, to restore it",
        ("restoring", "restored"): "brought the runs of the archive back",
        ("made", "restored"): "brought the runs of the archive back by another archive",
        ("restoring", "failed"): "could not bring the runs of the archive back",
        ("made", "removing"): "asked for the archive to be deleted",
        ("restored", "removing"): "asked for the archive's file to be deleted",
        ("removing", "removed"): "deleted the archive's file",
        ("removing", "failed"): "kept the archive's file",
    },
    "templates.update": {
        ("draft", "in_review"): "asked for the template to be published",
        ("draft", "published"): "published the template",
        ("in_review", "published"): "published the template",
        ("in_review", "draft"): "left the template a draft",
        ("draft", "retired"): "retired the template",
        ("published", "retired"): "retired the template",
        ("retired", "draft"): "restored the template",
    },
}
#: Stands for whatever a field became.
_ANYTHING: Final = object()
#: Action -> field -> what it became -> the same, where the status says nothing.
_BECAME: Final[Mapping[str, Mapping[str, Mapping[object, str]]]] = {
    "templates.update": {
        "is_public": {True: "made the template public", False: "kept the template to the organization again"},
        "version": {_ANYTHING: "offered another version of the template"},
    },
    "schedules.update": {"is_active": {True: "switched the schedule on", False: "switched the schedule off"}},
    "template_reviews.update": {
        "decision": {
            "approved": "agreed to a version of the template",
            "rejected": "refused a version of the template",
            "withdrawn": "took a request about the template back",
        }
    },
}
#: Action -> field -> the same, where a field that changed says more; the first that did.
_CHANGED: Final[Mapping[str, Mapping[str, str]]] = {
    "users.update": {
        "deactivated_at": "deactivated the person",
        "role": "changed the role",
        "permissions": "changed the permissions",
        "email": "changed the e-mail address",
    }
}
#: Action -> what all of its entries have in common, where a list says of each what it was: for whoever asks for them.
_ALL: Final[Mapping[str, str]] = {
    "access.refused": "was refused, for want of a permission",
    "archives.update": "changed an archive: made, restored, deleted, failed",
    "organizations.update": "changed the organization: names, settings, tier, suspension, end",
    "projects.update": "changed a project: edited, completed, archived, restored",
    "run_comments.update": "changed a comment on a run: edited, deleted, restored",
    "schedules.update": "changed a schedule: edited, switched on or off, deleted, restored",
    "template_reviews.update": "answered, or took back, a request about a template",
    "templates.update": "changed a template: edited, published, retired, deleted, restored",
    "users.update": "changed a person: profile, role, permissions, e-mail address, activity",
}
#: Fields that are taken back where their new value is none.
_TAKEN_BACK: Final[Mapping[str, str]] = {"deactivated_at": "reactivated the person"}
#: Beside the words of a change of status, its time and person say the same once more; the others are the row's own.
_SILENT: Final = frozenset(
    {
        "id",
        "organization_id",
        "created_at",
        "created_by",
        "archived_at",
        "archived_by",
        "status_before_archive",
        "completed_at",
        "suspended_at",
        "deleted_at",
        "asked_at",
        "asked_by",
        "made_at",
        "restore_asked_at",
        "restore_asked_by",
        "restored_at",
        "removed_at",
        "removed_by",
    }
)


def list_actions() -> Mapping[str, str]:
    """Every action that has a name, and what all of its entries are called; in the order of those names."""
    return dict(sorted({**_DID, **_ALL}.items(), key=lambda pair: pair[1]))


def kind_of(action: str) -> str:
    """The kind of thing that an action is always done to."""
    about = action.partition(".")[0]
    return {"identity": "users", "access": "users", "operations": "orchestrations"}.get(about, about)


def say(action: str, old: Mapping[str, object], new: Mapping[str, object]) -> str:
    """What was done, in words; an action that nobody has named yet by its own name."""
    if action == "access.refused" and new.get("permission"):
        return f"was refused “{name_permission(str(new['permission']))}”"
    for field, (was_set, was_taken) in _SET.get(action, {}).items():
        if old.get(field) != new.get(field):
            return was_taken if new.get(field) is None else was_set
    # what has failed stands again as before, and says why
    move = str(old.get("status")), "failed" if new.get("failure") else str(new.get("status"))
    for field, did in _CHANGED.get(action, {}).items():
        if field in new:
            return _TAKEN_BACK.get(field, did) if new[field] is None else did
    if moved := _MOVED.get(action, {}).get(move):
        return moved
    for field, values in _BECAME.get(action, {}).items():
        if field in new:
            return values.get(new[field]) or values.get(_ANYTHING) or _DID.get(action, action)
    return _DID.get(action) or f"did “{action}”"


def without_silent(values: Mapping[str, object]) -> Mapping[str, object]:
    """The fields of an entry that tell a person something."""
    return {name: value for name, value in values.items() if name not in _SILENT}
