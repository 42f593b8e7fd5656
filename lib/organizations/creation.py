"""A new organization with its first admin, by the installation's operator."""

from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lib.access.actor import Actor
from lib.access.permissions import Role
from lib.db.session import identity_session
from lib.identity import fields, passwords, registration
from lib.identity.fields import Field
from lib.identity.policy import SecurityPolicy
from lib.identity.registration import NewPerson
from lib.models.organization import Tier
from lib.organizations.operator import require_operator


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstAdmin:
    """Who is to govern a new organization, as entered."""

    full_name: str
    email: str
    username: str
    password: str = field(repr=False)


def create_organization(operator: Actor, *, name: str, slug: str, tier: Tier, admin: FirstAdmin) -> UUID:
    """Make an organization and its first admin, both or neither, and return its id.

    Raises `NotPermitted`, `InvalidInput`, `AlreadyTaken`.
    """
    require_operator(operator)
    clean_name, clean_slug = fields.clean_name(name, field=Field.ORGANIZATION_NAME), fields.clean_slug(slug)
    person = _check(admin, organization_name=clean_name)
    try:
        with identity_session(operator.origin, user_id=operator.user_id) as session:
            organization_id = registration.insert_organization(session, name=clean_name, slug=clean_slug, tier=tier)
            _invite_first_admin(session, organization_id, person)
            return organization_id
    except IntegrityError as error:
        raise registration.in_words(error) from error


def _invite_first_admin(session: Session, organization_id: UUID, person: NewPerson) -> None:
    """The one place that knows how a first admin gets in: by the password that the operator hands over."""
    registration.insert_person(session, organization_id, person)


def _check(admin: FirstAdmin, *, organization_name: str) -> NewPerson:
    names = (organization_name, admin.full_name, admin.email, admin.username)
    full_name = fields.clean_name(admin.full_name, field=Field.FULL_NAME)
    email, username = fields.clean_email(admin.email), fields.clean_username(admin.username)
    passwords.check_strength(admin.password, min_length=SecurityPolicy().min_password_length, names=names)
    return NewPerson(
        full_name=full_name,
        email=email,
        username=username,
        role=Role.ADMIN,
        password_hash=passwords.hash_password(admin.password),
        is_operator=False,
    )
