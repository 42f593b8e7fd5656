"""What is done to an organization: its own settings and connections, and by whoever operates the installation."""

from typing import Final

from lib.access.permissions import Permission, Role
from lib.backup import history
from lib.connections import defaults, offers, trying
from lib.connections import service as connections
from lib.connections.integrations import service as integrations
from lib.health import service as health
from lib.models.organization import Tier
from lib.organizations import creation, operator
from lib.organizations import service as organizations
from lib.providers.base import ModelChoice
from lib.samples import service as samples
from tests.tenancy.deed import OPERATOR, about_own, give, to_a_thing
from tests.tenancy.ground import MODEL

P = Permission
CONNECTIONS: Final = (
    about_own(connections.list_connections, P.CONNECTIONS_VIEW),
    to_a_thing(connections.get_connection, P.CONNECTIONS_VIEW, lambda to: give(to.target.connection_id)),
    about_own(connections.create_connection, P.CONNECTIONS_MANAGE, lambda to: give(to.connection, slug="another")),
    to_a_thing(
        connections.update_connection,
        P.CONNECTIONS_MANAGE,
        lambda to: give(to.connection, seen=to.target.connection),
    ),
    to_a_thing(
        connections.set_models,
        P.CONNECTIONS_MANAGE,
        lambda to: give(("gpt-4o", "gpt-4o-mini"), seen=to.target.connection),
    ),
    to_a_thing(connections.set_active, P.CONNECTIONS_MANAGE, lambda to: give(to.target.connection_id, is_active=False)),
    to_a_thing(connections.delete_connection, P.CONNECTIONS_MANAGE, lambda to: give(to.target.connection_id)),
    to_a_thing(connections.find_uses, P.CONNECTIONS_VIEW, lambda to: give(to.target.connection_id)),
    about_own(integrations.list_integrations, P.CONNECTIONS_VIEW),
    about_own(integrations.list_offered, P.ORCHESTRATIONS_VIEW),
    about_own(
        integrations.create_integration, P.CONNECTIONS_MANAGE, lambda to: give(to.integration, slug="another-way")
    ),
    to_a_thing(
        integrations.update_integration,
        P.CONNECTIONS_MANAGE,
        lambda to: give(to.integration, seen=to.target.integration),
    ),
    to_a_thing(
        integrations.set_active, P.CONNECTIONS_MANAGE, lambda to: give(to.target.integration.id, is_active=False)
    ),
    to_a_thing(integrations.delete_integration, P.CONNECTIONS_MANAGE, lambda to: give(to.target.integration.id)),
    to_a_thing(integrations.count_templates, P.CONNECTIONS_VIEW, lambda to: give(to.target.integration.id)),
    to_a_thing(integrations.try_integration, P.CONNECTIONS_MANAGE, lambda to: give(to.target.integration.id)),
    about_own(offers.read_offers, P.ORCHESTRATIONS_RUN),
    about_own(offers.read_traits, None),
    about_own(offers.list_environment_models, P.CONNECTIONS_VIEW),
    about_own(defaults.read_default, P.CONNECTIONS_VIEW),
    about_own(offers.open_model, P.ORCHESTRATIONS_RUN, lambda _: give(ModelChoice.parse(MODEL))),
    about_own(offers.check_model, P.ORCHESTRATIONS_RUN, lambda _: give(ModelChoice.parse(MODEL))),
    to_a_thing(trying.list_models_there, P.CONNECTIONS_MANAGE, lambda to: give(to.target.connection_id)),
    to_a_thing(trying.test_connection, P.CONNECTIONS_MANAGE, lambda to: give(to.target.connection_id, "gpt-4o-mini")),
)
ORGANIZATION: Final = (
    about_own(organizations.get_frame, None),
    about_own(organizations.get_organization, P.ORGANIZATION_EDIT),
    about_own(
        organizations.change_organization,
        P.ORGANIZATION_EDIT,
        lambda to: give({"name": to.text}, seen={"name": to.own_name}),
    ),
    about_own(
        organizations.change_organization,
        P.ORGANIZATION_EDIT,
        lambda _: give(
            {"security_settings.members_see_own_only": True}, seen={"security_settings.members_see_own_only": False}
        ),
    ),
    about_own(
        organizations.count_locked_out,
        P.ORGANIZATION_EDIT,
        lambda _: give(
            {"security_settings.require_2fa": True, "security_settings.grace_days": 0},
            seen={"security_settings.require_2fa": True, "security_settings.grace_days": 7},
        ),
    ),
    about_own(organizations.ask_deletion, P.ORGANIZATION_EDIT, lambda to: give(slug=to.target.slug)),
    about_own(organizations.take_deletion_back, P.ORGANIZATION_EDIT),
    about_own(organizations.is_own_slug, None, lambda to: give(to.target.slug)),
)
OPERATORS: Final = (
    about_own(operator.require_operator, OPERATOR),
    about_own(operator.list_organizations, OPERATOR),
    about_own(operator.get_organization, OPERATOR, lambda to: give(to.target.organization_id)),
    about_own(operator.find_organization, OPERATOR, lambda to: give(to.target.slug)),
    about_own(operator.change_tier, OPERATOR, lambda to: give(to.target.organization_id, Tier.ENTERPRISE)),
    about_own(operator.set_quota, OPERATOR, lambda to: give(to.target.organization_id, None)),
    about_own(operator.suspend_organization, OPERATOR, lambda to: give(to.target.organization_id, reason="unpaid")),
    about_own(operator.resume_organization, OPERATOR, lambda to: give(to.target.organization_id)),
    about_own(operator.delete_organization, OPERATOR, lambda to: give(to.target.organization_id)),
    about_own(operator.restore_organization, OPERATOR, lambda to: give(to.target.organization_id)),
    about_own(
        creation.create_organization,
        OPERATOR,
        lambda to: give(name=to.text, slug="dorado", tier=Tier.FREE, email="dora@new.example"),
    ),
    about_own(
        creation.invite_first_admin,
        OPERATOR,
        lambda to: give(to.target.organization_id, email="dora@new.example"),
    ),
    about_own(health.read_health, OPERATOR),
    about_own(health.read_growth, OPERATOR),
    about_own(health.list_removals, OPERATOR),
    about_own(health.sum_removals, OPERATOR),
    about_own(history.read_history, OPERATOR),
    about_own(health.list_statements, OPERATOR),
    about_own(health.count_statements, OPERATOR),
    about_own(health.explain_statement, OPERATOR, lambda _: give("SELECT 1")),
    about_own(samples.find_sample, OPERATOR),
    about_own(samples.make_sample, OPERATOR),
    about_own(samples.remove_sample, OPERATOR),
    about_own(samples.visit_sample, OPERATOR, lambda _: give(Role.ADMIN)),
    about_own(samples.leave_sample, None),
)
