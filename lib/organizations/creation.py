"""A new organization and the invitation of its first admin, by the installation's operator.

Nobody is in an organization before its first admin has accepted. Until then the operator may invite anew; from then on
the organization's own people do, and a link of the operator's opens nothing any more (api.find_invitation).
"""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lib.access.permissions import Role
from lib.db.constraints import constraint_of
from lib.errors import Conflict, NotFound
from lib.identity import fields, registration, tokens
from lib.identity.fields import Field
from lib.identity.invitations import INVITING_OPERATOR
from lib.models.organization import Tier
from lib.organizations.operator import Operator, door, get_row, identity_door
from lib.organizations.views import Standing
from lib.users.links import hand_out
from lib.users.views import InviteOutcome

_HAS_PEOPLE: Final = "Somebody has come to this organization already. Its own admins invite everybody else."
_IS_CLOSED: Final = "Nobody can come to an organization that is suspended or deleted. End that first, then invite."


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrganization:
    """An organization that was just made, and its first admin's invitation."""

    id: UUID
    invited: InviteOutcome


def create_organization(operator: Operator, *, name: str, slug: str, tier: Tier, email: str) -> NewOrganization:
    """Make an organization and invite its first admin, both or neither.

    Raises `NotPermitted`, `InvalidInput`, `AlreadyTaken` for the short name. Whether the address is somebody's already
    is not asked: whoever accepts is told.
    """
    try:
        with identity_door(operator) as session:
            clean_name, clean_slug = fields.clean_name(name, field=Field.ORGANIZATION_NAME), fields.clean_slug(slug)
            clean_email = fields.clean_email(email)
            organization_id = registration.insert_organization(session, name=clean_name, slug=clean_slug, tier=tier)
            invited = _invite(session, organization_id, name=clean_name, email=clean_email)
    except IntegrityError as error:
        raise registration.in_words(error) from error
    return NewOrganization(id=organization_id, invited=invited)


def invite_first_admin(operator: Operator, organization_id: UUID, *, email: str, by_mail: bool = True) -> InviteOutcome:
    """Invite somebody to be the first admin of an organization that nobody has come to; earlier links are worthless.

    Raises `NotPermitted`, `InvalidInput`, `NotFound`, and `Conflict` once somebody has come, or where nobody can.
    """
    try:
        with door(operator) as session:
            clean_email = fields.clean_email(email)
            found = get_row(session, organization_id)
            if found.people:
                raise Conflict(_HAS_PEOPLE)
            if found.standing in {Standing.SUSPENDED, Standing.DELETED}:
                raise Conflict(_IS_CLOSED)
            return _invite(session, found.id, name=found.name, email=clean_email, by_mail=by_mail)
    except IntegrityError as error:
        if constraint_of(error) == "invitations_first_admin":  # they have come since
            raise Conflict(_HAS_PEOPLE) from error
        raise


def _invite(session: Session, organization_id: UUID, *, name: str, email: str, by_mail: bool = True) -> InviteOutcome:
    secret = tokens.new_secret()
    made = select(func.api.invite_first_admin(organization_id, email, tokens.hash_secret(secret)))
    expires_at = session.execute(made).scalar_one()
    if expires_at is None:  # suspended or deleted since it was read
        raise NotFound("organization")
    return hand_out(
        session,
        secret,
        email=email,
        role=Role.ADMIN,
        organization_id=organization_id,
        organization_name=name,
        inviter=INVITING_OPERATOR,
        expires_at=expires_at,
        by_mail=by_mail,
    )
