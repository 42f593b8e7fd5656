"""New organizations and people, for the first set-up, the operator and the command line."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lib.access.actor import command_line
from lib.access.permissions import Role
from lib.db.constraints import constraint_of
from lib.db.session import identity_session
from lib.errors import AlreadyTaken, InvalidInput
from lib.identity import fields, passwords, queries
from lib.identity.fields import Field
from lib.models.identity import UserCredential
from lib.models.organization import Tier
from lib.organizations import queries as organizations
from lib.organizations.seats import check_seats
from lib.organizations.tiers import ALLOWANCES

#: Constraint -> the field, and what to do about it.
_TAKEN: Final = {
    "organizations_slug_key": (Field.SLUG, "Another organization has or had this short name. Choose another one."),
    "users_email_key": (Field.EMAIL, "Somebody has this e-mail address already. Each address is one person's."),
    "users_username_key": (Field.USERNAME, "Somebody has this user name already. Choose another one."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPerson:
    """A person to be made. The values are clean, the password is hashed."""

    email: str
    username: str
    full_name: str
    role: Role
    password_hash: str
    is_operator: bool


def create_user(
    *,
    organization_slug: str,
    email: str,
    username: str,
    full_name: str,
    role: Role,
    password: str,
    is_operator: bool = False,
) -> UUID:
    """Make a person who can sign in at once. Raises InvalidInput, AlreadyTaken for e-mail and user name.

    Conflict where the organization's tier has no room for one more.
    """
    names = fields.clean_name(full_name, field=Field.FULL_NAME), fields.clean_email(email)
    person = NewPerson(
        full_name=names[0],
        email=names[1],
        username=fields.clean_username(username),
        role=Role(role),
        password_hash=passwords.hash_password(password),
        is_operator=is_operator,
    )
    try:
        with identity_session(command_line("users create")) as session:
            organization_id = queries.find_organization(session, organization_slug.strip())
            if organization_id is None:
                message = (
                    f"There is no organization with the short name “{organization_slug}”. "
                    "`orchestrator organizations create` makes one."
                )
                raise InvalidInput(message, field=Field.SLUG)
            check_seats(session, organization_id)
            user_id = insert_person(session, organization_id, person)
            found = queries.find_person(session, person.email)
            assert found is not None  # noqa: S101 made a moment ago; brings the organization's rules
            fields.check_domain(person.email, found.policy.email_domains)
            passwords.check_strength(
                password,
                min_length=found.policy.min_password_length,
                names=(person.email, person.username, person.full_name),
            )
            return user_id
    except IntegrityError as error:
        raise in_words(error) from error


def read_tier(tier: str) -> Tier:
    """The tier of that name. Raises InvalidInput, which names those that there are."""
    if tier not in set(Tier):
        raise InvalidInput(f"There is no tier “{tier}”. Known are {', '.join(Tier)}.", field="Tier")
    return Tier(tier)


def insert_organization(session: Session, *, name: str, slug: str, tier: Tier = Tier.FREE) -> UUID:
    """Make an organization of clean values, with its tier's quota. Raises IntegrityError when the slug is taken."""
    made = text("SELECT api.create_organization(:name, :slug, :tier)")
    organization_id: UUID = session.execute(made, {"name": name, "slug": slug, "tier": tier.value}).scalar_one()
    if tier is not Tier.FREE:  # a new organization has the quota of that one
        organizations.govern(session, organization_id, {"quota_limit": ALLOWANCES[tier].monthly_calls})
    return organization_id


def insert_person(session: Session, organization_id: UUID, person: NewPerson) -> UUID:
    """Make a person with a password. Raises IntegrityError when the e-mail address or the user name is taken."""
    made = text("SELECT api.create_user(:organization_id, :email, :username, :full_name, :role, :is_operator)")
    values = {
        "organization_id": organization_id,
        "email": person.email,
        "username": person.username,
        "full_name": person.full_name,
        "role": person.role.value,
        "is_operator": person.is_operator,
    }
    user_id: UUID = session.execute(made, values).scalar_one()
    session.add(UserCredential(user_id=user_id, password_hash=person.password_hash))
    session.flush()
    return user_id


def in_words(error: IntegrityError) -> Exception:
    """What to raise for it: `AlreadyTaken` where it is about what is one person's or one organization's alone."""
    constraint = constraint_of(error)
    if constraint not in _TAKEN:
        return error
    field, message = _TAKEN[constraint]
    return AlreadyTaken(message, field=field)
