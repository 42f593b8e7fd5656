"""What the database holds, row by row, and what of it a person may change, by its state of that moment.

Written from docs/security.md and the permission table, and from none of the code that it judges.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from lib.access.permissions import GRANTS, Permission, Role, Scope
from tests.doors import Connection
from tests.tenancy.tables import NAMES

P = Permission
Row = Mapping[str, Any]
#: Table -> key -> row, as JSON.
Rows = Mapping[str, Mapping[str, Row]]
_KEYS: Final = ("id", "user_id", "phase_execution_id", "connection_id", "run_id")
_REACH: Final = {None: 0, Scope.OWN: 1, Scope.ORGANIZATION: 2}
#: Columns that say when something happened, and nothing else.
_TIMES: Final = frozenset({"updated_at", "last_seen_at", "expires_at"})

_READ: Final = " UNION ALL ".join(f"SELECT '{name}', to_jsonb(t)::text FROM {name} t" for name in NAMES)


def read_rows(connection: Connection) -> Rows:
    """Everything that is there, as the superuser sees it."""
    found: dict[str, dict[str, Row]] = {name: {} for name in NAMES}
    for table, text in connection.execute(_READ.encode()):
        row = _parse(text)
        found[table][next(str(row[key]) for key in _KEYS if row.get(key))] = row
    return found


@lru_cache(10_000)  # most rows are as they were a step before
def _parse(text: str) -> Row:
    row: Row = json.loads(text)
    return row


@dataclass(frozen=True, slots=True)
class Doer:
    """Who somebody is by the database, whatever their page says."""

    user_id: str
    organization_id: str
    role: Role
    scopes: Mapping[Permission, Scope]
    #: Neither they nor their organization is gone.
    is_alive: bool
    sees_own_only: bool

    @classmethod
    def read(cls, rows: Rows, user_id: UUID) -> "Doer":
        user = rows["users"][str(user_id)]
        organization = rows["organizations"][user["organization_id"]]
        ends = (user["deactivated_at"], user["deleted_at"], organization["deleted_at"], organization["suspended_at"])
        security = organization["settings"].get("security_settings", {})
        return cls(
            user_id=user["id"],
            organization_id=user["organization_id"],
            role=Role(user["role"]),
            scopes=scopes_of(user),
            is_alive=not any(ends),
            sees_own_only=user["role"] == Role.MEMBER and security.get("members_see_own_only", False),
        )

    def may(self, permission: Permission, made_by: str | None = None) -> bool:
        """Whether they may do it now, to a row that somebody made."""
        scope = self.scopes.get(permission)
        return self.is_alive and (scope is Scope.ORGANIZATION or (scope is Scope.OWN and made_by == self.user_id))

    def covers(self, row: Row) -> bool:
        """Whether they hold everything that a person or an invitation holds."""
        return all(_REACH[self.scopes.get(each)] >= _REACH[scope] for each, scope in scopes_of(row).items())


def scopes_of(row: Row) -> Mapping[Permission, Scope]:
    """What the role and the permissions of a person or an invitation come to."""
    return GRANTS[Role(row["role"])] | {P(word): Scope.ORGANIZATION for word in row["permissions"]}


@dataclass(frozen=True, slots=True)
class Change:
    """A row before and after a deed, and everything beside it."""

    table: str
    old: Row | None
    new: Row | None
    rows: Rows

    @property
    def row(self) -> Row:
        found = self.new or self.old
        assert found is not None
        return found

    @property
    def columns(self) -> frozenset[str]:
        """What changed of a row that stays; `{"*"}` for one that came or went."""
        if self.old is None or self.new is None:
            return frozenset({"*"})
        return frozenset(name for name, value in self.new.items() if value != self.old.get(name))

    @property
    def organization_id(self) -> str | None:
        """Whose the row is."""
        row = self.row
        if self.table == "organizations":
            return str(row["id"])
        if row.get("organization_id"):
            return str(row["organization_id"])
        if row.get("user_id"):
            return str(self.rows["users"][row["user_id"]]["organization_id"])
        return str(self.rows["invitations"][row["invitation_id"]]["organization_id"])


def read_changes(before: Rows, after: Rows) -> Iterator[Change]:
    """Every row that came, went or is another one."""
    for table, rows in after.items():
        for key in before[table].keys() | rows.keys():
            change = Change(table, before[table].get(key), rows.get(key), after)
            if change.old != change.new:
                yield change


def is_allowed(doer: Doer, change: Change) -> bool:
    """Whether this person may have changed this row. A table without a rule is nobody's to change."""
    rule = _RULES.get(change.table)
    return rule is not None and change.organization_id == doer.organization_id and rule(doer, change)


def _project(doer: Doer, change: Change) -> bool:
    maker = change.row["created_by"]
    if change.old is None:
        return doer.may(P.PROJECTS_CREATE) and maker == doer.user_id
    if change.columns <= {"last_run_at", "spent_millionths"}:  # what a run that they launch or end adds up to
        return any(doer.may(each) for each in (P.ORCHESTRATIONS_RUN, P.ORCHESTRATIONS_CANCEL, P.ORCHESTRATIONS_REVIEW))
    archives = change.new is not None and "archived" in {change.old["status"], change.new["status"]}
    return change.new is not None and doer.may(P.PROJECTS_ARCHIVE if archives else P.PROJECTS_EDIT, maker)


def _run(doer: Doer, change: Change) -> bool:
    maker = change.row["user_id"]
    if change.old is None:
        return doer.may(P.ORCHESTRATIONS_RUN) and maker == doer.user_id
    if change.columns == {"admitted_at"} and change.old["admitted_at"] is None:
        # its turn has come, by a place that they gave up or made, or it was before the one that they let go on
        may_steer = doer.may(P.ORCHESTRATIONS_CANCEL, doer.user_id) or doer.may(P.ORCHESTRATIONS_REVIEW)
        return may_steer or doer.may(P.ORGANIZATION_EDIT)
    return change.new is not None and (
        doer.may(P.ORCHESTRATIONS_CANCEL, maker) or _reviews(doer, change.row["id"], change)
    )


def _reviews(doer: Doer, run_id: str, change: Change) -> bool:
    """Whether they may have said a word that moved the run."""
    asked = {row["run_id"] for row in change.rows["review_requests"].values()}
    return run_id in asked and doer.may(P.ORCHESTRATIONS_REVIEW)


def _schedule(doer: Doer, change: Change) -> bool:
    """In one's own name; whoever changes what another one's launches, or when, takes it over."""
    old, new = change.old, change.new
    if new is None or not doer.may(P.ORCHESTRATIONS_RUN):
        return False
    if old is None:
        return new["created_by"] == new["user_id"] == doer.user_id
    is_steered = change.columns - _TIMES <= {"is_active", "next_run_at", "deleted_at", "refusals", "stopped_at"}
    return doer.may(P.ORCHESTRATIONS_CANCEL, old["user_id"]) and (is_steered or new["user_id"] == doer.user_id)


def _phase(doer: Doer, change: Change) -> bool:
    return _reviews(doer, change.row["run_id"], change) or _run(
        doer, Change("", change.old, change.rows["orchestration_runs"][change.row["run_id"]], change.rows)
    )


def _operation(doer: Doer, change: Change) -> bool:
    """Whoever may review decides; whoever ends the run ends it as well."""
    run = change.rows["orchestration_runs"][change.row["run_id"]]
    return change.old is not None and (
        doer.may(P.ORCHESTRATIONS_REVIEW) or doer.may(P.ORCHESTRATIONS_CANCEL, run["user_id"])
    )


def _reviewed(doer: Doer, change: Change) -> bool:
    """A word is one's own; what it comes to is a reviewer's, and what a run's end does to it is who ends the run's."""
    run = change.rows["orchestration_runs"][change.row["run_id"]]
    if change.table == "run_reviews":
        return doer.may(P.ORCHESTRATIONS_REVIEW) and bool(change.row["reviewer_id"] == doer.user_id)
    return change.old is not None and (
        doer.may(P.ORCHESTRATIONS_REVIEW) or doer.may(P.ORCHESTRATIONS_CANCEL, run["user_id"])
    )


def _comment(doer: Doer, change: Change) -> bool:
    """In one's own name; one's own to change, and for who governs the organization to delete."""
    is_own = bool(change.row["created_by"] == doer.user_id)
    if change.old is None:
        return doer.may(P.ORCHESTRATIONS_REVIEW) and is_own
    is_deleted = change.row["deleted_at"] is not None
    return change.new is not None and doer.is_alive and (is_own or (is_deleted and doer.may(P.ORGANIZATION_EDIT)))


def _template(doer: Doer, change: Change) -> bool:
    """One's own to make; what others rely on is changed by those who publish, and counted by who launches."""
    old, new = change.old, change.new
    if new is None:
        return False
    if old is None:
        return doer.may(P.TEMPLATES_CREATE) and new["created_by"] == doer.user_id and new["status"] == "draft"
    if change.columns <= {"usage_count", "updated_at"}:
        return doer.may(P.ORCHESTRATIONS_RUN)
    is_relied_on = "published" in {old["status"], new["status"]} or old["is_public"] or new["is_public"]
    may_edit = doer.may(P.TEMPLATES_EDIT, old["created_by"])
    return may_edit and (doer.may(P.TEMPLATES_PUBLISH) or not is_relied_on)


def _version(doer: Doer, change: Change) -> bool:
    template = change.rows["orchestration_templates"][change.row["template_id"]]
    is_ones_own = change.old is None and change.row["created_by"] == doer.user_id
    return is_ones_own and doer.may(P.TEMPLATES_EDIT, template["created_by"])


def _review(doer: Doer, change: Change) -> bool:
    template = change.rows["orchestration_templates"][change.row["template_id"]]
    is_ones_own = bool(change.row["requested_by"] == doer.user_id)
    if change.old is None:
        return is_ones_own and doer.may(P.TEMPLATES_EDIT, template["created_by"])
    if change.row["decided_by"] != doer.user_id or change.old["decision"] is not None:
        return False
    return is_ones_own if change.row["decision"] == "withdrawn" else doer.may(P.TEMPLATES_PUBLISH) and not is_ones_own


def _user(doer: Doer, change: Change) -> bool:
    if change.old is None or change.new is None:
        return False
    columns, is_oneself = change.columns - _TIMES, change.row["id"] == doer.user_id
    is_within = doer.covers(change.old) and doer.covers(change.new)
    rules = {
        "full_name": doer.is_alive and is_oneself,
        "preferences": doer.is_alive and is_oneself,
        "role": doer.may(P.USERS_EDIT) and is_within,
        "permissions": doer.may(P.USERS_EDIT) and is_within,
        "deactivated_at": doer.may(P.USERS_DEACTIVATE) and is_within and not is_oneself,
    }
    return all(rules.get(column, False) for column in columns)


def _session(doer: Doer, change: Change) -> bool:
    if change.columns - _TIMES != {"revoked_at"}:
        return False
    may_end = doer.may(P.USERS_EDIT) or doer.may(P.USERS_DEACTIVATE)
    whose = change.rows["users"][change.row["user_id"]]
    return whose["id"] == doer.user_id or (may_end and doer.covers(whose))


def _invitation(doer: Doer, change: Change) -> bool:
    """Beyond members and viewers it takes `users.edit` too; what is there is renewed or taken back, and no more."""
    row = change.row
    is_anybodys = row["role"] in {Role.MEMBER, Role.VIEWER} and not row["permissions"]
    is_in_own_name = row["invited_by"] == doer.user_id  # whoever renews it answers for it from then on
    is_new, columns = change.old is None and is_in_own_name, {"invited_by"} if is_in_own_name else set()
    return (
        (is_new or change.columns <= columns | {"revoked_at", "expires_at"})
        and doer.may(P.USERS_INVITE)
        and (is_anybodys or doer.may(P.USERS_EDIT))
        and doer.covers(row)
    )


def _token(doer: Doer, change: Change) -> bool:
    if invitation := change.rows["invitations"].get(change.row["invitation_id"]):
        return _invitation(doer, Change("", invitation, invitation, change.rows))
    whose = change.rows["users"][change.row["user_id"]]
    if whose["id"] == doer.user_id or change.row["kind"] != "password_reset":
        return bool(whose["id"] == doer.user_id)
    if change.columns == {"used_at"}:  # a link ends with the rights of its person as well
        return (doer.may(P.USERS_EDIT) or doer.may(P.USERS_DEACTIVATE)) and doer.covers(whose)
    return change.old is None and doer.may(P.USERS_EDIT) and doer.covers(whose) and not whose["is_operator"]


def _spending(doer: Doer, _: Change) -> bool:
    """What is spent, and what was told of it, is written with usage, and as a budget is made or moved."""
    return any(doer.may(each) for each in (P.BUDGETS_MANAGE, P.ORCHESTRATIONS_RUN, P.CONNECTIONS_MANAGE))


def _usage(doer: Doer, change: Change) -> bool:
    """Of the test of a connection, or of one's own try of a prompt, which is written as it begins and as it ends."""
    is_ones_own_try = change.row["user_id"] == doer.user_id and change.row["run_id"] is None
    return (doer.may(P.CONNECTIONS_MANAGE) and change.old is None) or (
        doer.may(P.ORCHESTRATIONS_RUN) and is_ones_own_try
    )


def _organization(doer: Doer, change: Change) -> bool:
    if change.columns - _TIMES <= {"api_quota_used", "quota_resets_at"}:
        return doer.may(P.ORCHESTRATIONS_RUN)
    governed = {"name", "slug", "settings", "deletes_at", "second_factor_required_at"}
    return doer.may(P.ORGANIZATION_EDIT) and change.columns - _TIMES <= governed


def _event(doer: Doer, change: Change) -> bool:
    """Whatever happens is told, whoever makes it happen; what is on its way is for who manages webhooks to change."""
    return change.old is None or doer.may(P.WEBHOOKS_MANAGE)


def _mail(doer: Doer, change: Change) -> bool:
    row = change.row
    return change.old is None and (doer.may(P.USERS_INVITE) if row["kind"] == "invitation" else True)


def _trail(doer: Doer, change: Change) -> bool:
    return change.old is None and change.row["user_id"] == doer.user_id


_RULES: Final[Mapping[str, Callable[[Doer, Change], bool]]] = {
    "projects": _project,
    "orchestration_runs": _run,
    "schedules": _schedule,
    "phase_executions": _phase,
    "review_requests": _reviewed,
    "run_reviews": _reviewed,
    "run_comments": _comment,
    "orchestration_templates": _template,
    "template_versions": _version,
    "template_reviews": _review,
    "saved_views": lambda doer, change: doer.is_alive and bool(change.row["user_id"] == doer.user_id),
    "export_jobs": lambda doer, change: doer.is_alive and bool(change.row["user_id"] == doer.user_id),
    "usage_reports": lambda doer, change: doer.is_alive and bool(change.row["user_id"] == doer.user_id),
    "template_drafts": lambda doer, change: doer.is_alive and bool(change.row["created_by"] == doer.user_id),
    "template_statistics": lambda doer, _: doer.may(P.ORCHESTRATIONS_RUN),
    "users": _user,
    "user_sessions": _session,
    "user_credentials": lambda doer, change: bool(change.row["user_id"] == doer.user_id),
    "user_tokens": _token,
    "invitations": _invitation,
    "organizations": _organization,
    "organization_slugs": lambda doer, change: doer.may(P.ORGANIZATION_EDIT) and change.old is None,
    "provider_connections": lambda doer, _: doer.may(P.CONNECTIONS_MANAGE),
    "integration_connections": lambda doer, _: doer.may(P.CONNECTIONS_MANAGE),
    "integration_operations": _operation,
    "connection_turns": lambda doer, _: doer.may(P.CONNECTIONS_MANAGE) or doer.may(P.ORCHESTRATIONS_RUN),
    "webhooks": lambda doer, _: doer.may(P.WEBHOOKS_MANAGE),
    "webhook_events": _event,
    "webhook_deliveries": _event,
    "webhook_attempts": lambda doer, change: change.new is None and doer.may(P.WEBHOOKS_MANAGE),
    **dict.fromkeys(("budgets", "budget_raises", "spending_watches"), lambda doer, _: doer.may(P.BUDGETS_MANAGE)),
    "archives": lambda doer, _: doer.may(P.PROJECTS_ARCHIVE),
    "legal_holds": lambda doer, _: doer.may(P.ORGANIZATION_EDIT),
    "budget_periods": _spending,
    "budget_alerts": _spending,
    "api_usage": _usage,
    "mail_outbox": _mail,
    "audit_logs": _trail,
}
