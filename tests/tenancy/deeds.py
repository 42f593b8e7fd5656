"""Every use case of a person: what a test of all of them goes through."""

from typing import Final

from lib.users import changes, invitations
from tests.tenancy.deeds_of_archives import ARCHIVES
from tests.tenancy.deeds_of_audit import AUDIT
from tests.tenancy.deeds_of_budgets import BUDGETS
from tests.tenancy.deeds_of_organizations import CONNECTIONS, OPERATORS, ORGANIZATION
from tests.tenancy.deeds_of_people import ONESELF, PEOPLE
from tests.tenancy.deeds_of_retention import RETENTION
from tests.tenancy.deeds_of_runs import OPERATIONS, RUNS, SCHEDULES
from tests.tenancy.deeds_of_templates import PROJECTS, TEMPLATES
from tests.tenancy.deeds_of_usage import USAGE
from tests.tenancy.deeds_of_webhooks import WEBHOOKS

DEEDS: Final = (
    *PROJECTS,
    *TEMPLATES,
    *RUNS,
    *SCHEDULES,
    *OPERATIONS,
    *PEOPLE,
    *CONNECTIONS,
    *WEBHOOKS,
    *USAGE,
    *BUDGETS,
    *ARCHIVES,
    *AUDIT,
    *RETENTION,
    *ORGANIZATION,
    *ONESELF,
    *OPERATORS,
)
_GIVING: Final = (changes.change_rights, changes.deactivate, invitations.invite, invitations.renew_invitation)
#: Few among many, and the ones that matter most.
GIVING: Final = tuple(deed for deed in PEOPLE if deed.use_case in _GIVING)
#: What takes an actor and is no deed: rules that read nothing but what they are given.
PURE: Final = frozenset(
    {
        "lib.users.rights.rights_of",
        "lib.users.rights.beyond",
        "lib.users.rights.may_change",
        "lib.users.rights.may_invite",
        "lib.users.rights.roles_to_give",
        "lib.users.rights.roles_to_invite",
        "lib.users.rights.permissions_to_give",
        "lib.organizations.operator.actions_for",
        "lib.organizations.operator.door",  # tried through each of the operator's deeds, like the other one
        "lib.organizations.operator.identity_door",
        "lib.runs.phases.make_phases",
        "lib.reviews.queries.is_reviewer",
        "lib.reviews.inbox.queries.list_waiting",
        "lib.runs.launch.check_models",  # tried through launch_run and retry_run
        "lib.budgets.refusal.told_by_budget",  # says in words what the database has refused; so do both of these
        "lib.connections.turns.take_turn",  # tried through begin_try and test_connection; the database asks as well
        "lib.runs.estimating.service.estimate_plan",  # tried through each launch and retry
        "lib.templates.access.read_data",  # tried through each launch, retry and copy
        "lib.templates.access.require_publisher",
        "lib.templates.gallery.summary_of",
        "lib.templates.queries.is_launchable",
        "lib.templates.queries.scope_of",
    }
)
