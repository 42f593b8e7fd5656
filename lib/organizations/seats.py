"""Room for one more person."""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from lib.errors import Conflict
from lib.models.organization import Tier
from lib.organizations.tiers import ALLOWANCES


def check_seats(session: Session, organization_id: UUID) -> None:
    """Raise `Conflict`, which says what to do, where the tier has no room for one person more.

    For whoever adds or reactivates somebody, in the transaction that does so: until it ends nobody else is counted.
    """
    row = session.execute(text("SELECT tier, people FROM api.take_seat(:id)"), {"id": organization_id}).one_or_none()
    most = ALLOWANCES[Tier(row.tier)].people if row else None
    if row is not None and most is not None and row.people >= most:
        message = (
            f"The tier {row.tier.capitalize()} has room for {most:,} people; {row.people:,} have an account or are "
            "invited. Take an invitation back, deactivate somebody who has left, or ask the installation's operator "
            "for another tier."
        )
        raise Conflict(message)
