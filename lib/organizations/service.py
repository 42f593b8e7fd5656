"""What people see of their organization around every page."""

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.db.session import tenant_session
from lib.errors import NotSignedIn
from lib.models.organization import Tier
from lib.organizations import queries
from lib.organizations.views import MOST_COUNTED, Frame


def get_frame(actor: Actor) -> Frame:
    """The tier, and how many runs wait for this person. Raises `NotSignedIn` when they are gone by now."""
    may_run = actor.may_some(Permission.ORCHESTRATIONS_RUN)
    with tenant_session(actor) as session:
        found = queries.read_frame(
            session,
            actor.organization_id,
            actor.user_id,
            steers_all=may_run and actor.may(Permission.ORCHESTRATIONS_CANCEL),
            steers_own=may_run and actor.may_some(Permission.ORCHESTRATIONS_CANCEL),
        )
    if found is None:
        raise NotSignedIn
    tier, waiting = found
    return Frame(tier=Tier(tier), waiting_runs=min(waiting, MOST_COUNTED + 1))
