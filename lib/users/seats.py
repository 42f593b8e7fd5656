"""How many people an organization may have."""

from collections.abc import Mapping

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lib.access.actor import Actor
from lib.errors import Conflict
from lib.models.organization import Tier
from lib.users import queries

#: None is as many as they like.
MOST_PEOPLE: Mapping[Tier, int | None] = dict.fromkeys(Tier)


def check_seats(session: Session, actor: Actor) -> None:
    """Raise `Conflict` unless the organization's tier lets one more person in; those who are invited count.

    Two at once are asked one after the other: the lock ends with the transaction.
    """
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"seats {actor.organization_id}"))))
    tier, _ = queries.read_organization(session, actor.organization_id)
    most = MOST_PEOPLE[Tier(tier)]
    if most is not None and queries.count_seats(session, actor.organization_id) >= most:
        message = (
            f"Your organization has all of the {most:,} people that its tier allows, those who are invited among them. "
            "Take an invitation back, deactivate somebody, or ask the installation's operator for another tier."
        )
        raise Conflict(message)
