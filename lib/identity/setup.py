"""The first-time set-up: an empty installation is taken by whoever holds the link that its start printed."""

from collections.abc import Callable, Mapping
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from lib.access.actor import Origin
from lib.access.permissions import Role
from lib.db.session import identity_session
from lib.errors import LinkExpired
from lib.identity import fields, passwords, queries, tokens
from lib.identity.fields import Field
from lib.identity.policy import SecurityPolicy
from lib.identity.registration import NewPerson, insert_organization, insert_person
from lib.identity.tokens import TokenKind

#: One set-up, or one new link, at a time.
SETUP_LOCK: Final = 4713

_EXPIRED: Final = (
    "This set-up link was replaced by a newer one or is older than 24 hours. Open the newest one; “orchestrator up” "
    "prints another whenever it starts."
)
_DONE: Final = (
    "This installation is set up already. Open the dashboard and sign in, or ask whoever set it up for an account."
)


def is_set_up() -> bool:
    """Whether there is an organization, so that somebody can sign in."""
    with identity_session(None) as session:
        return not queries.is_empty(session)


def make_setup_link(base_url: str) -> str | None:
    """A link for the first-time set-up, good once and for 24 hours; links made before are worthless from now on.

    None when there is an organization already.
    """
    with identity_session(None) as session:
        _lock(session)
        if not queries.is_empty(session):
            return None
        tokens.spend_kind(session, TokenKind.SET_UP)
        return f"{base_url.rstrip('/')}/set-up?token={tokens.issue(session, TokenKind.SET_UP)}"


def check_setup(token: str) -> None:
    """Raise LinkExpired, saying what to do, unless `set_up` would take this token now."""
    with identity_session(None) as session:
        is_good = queries.find_token(session, TokenKind.SET_UP, token) is not None
        if not queries.is_empty(session):  # asked last: whoever sets up meanwhile uses the token up as well
            raise LinkExpired(_DONE)
        if not is_good:
            raise LinkExpired(_EXPIRED)


def find_faults(
    *, organization_name: str, slug: str, full_name: str, email: str, username: str, password: str
) -> Mapping[str, str]:
    """Every field of the set-up's form that can't be taken, with what is wrong; empty when all is well."""
    minimum = SecurityPolicy().min_password_length
    names = (organization_name, full_name, email, username)
    checks: tuple[Callable[[], object], ...] = (
        lambda: fields.clean_name(organization_name, field=Field.ORGANIZATION_NAME),
        lambda: fields.clean_slug(slug),
        lambda: fields.clean_name(full_name, field=Field.FULL_NAME),
        lambda: fields.clean_email(email),
        lambda: fields.clean_username(username),
        lambda: passwords.check_strength(password, min_length=minimum, names=names),
    )
    return fields.collect_faults(checks)


def set_up(
    token: str,
    *,
    organization_name: str,
    slug: str,
    full_name: str,
    email: str,
    username: str,
    password: str,
    origin: Origin,
) -> UUID:
    """Make the first organization and its person, who is admin and operator, and return the person's id.

    Raises LinkExpired, and InvalidInput with the first of `find_faults`. Of two at once one wins and the other gets
    LinkExpired; nothing is made by halves.
    """
    faults = find_faults(
        organization_name=organization_name,
        slug=slug,
        full_name=full_name,
        email=email,
        username=username,
        password=password,
    )
    fields.refuse_faults(faults)
    check_setup(token)  # before the work of hashing, which strangers shall not be able to ask for
    person = NewPerson(
        full_name=fields.clean_name(full_name, field=Field.FULL_NAME),
        email=fields.clean_email(email),
        username=fields.clean_username(username),
        role=Role.ADMIN,
        password_hash=passwords.hash_password(password),
        is_operator=True,
    )
    name = fields.clean_name(organization_name, field=Field.ORGANIZATION_NAME)
    with identity_session(origin) as session:
        _lock(session)
        if not queries.is_empty(session):
            raise LinkExpired(_DONE)
        if tokens.redeem(session, TokenKind.SET_UP, token) is None:
            raise LinkExpired(_EXPIRED)
        organization_id = insert_organization(session, name=name, slug=fields.clean_slug(slug))
        return insert_person(session, organization_id, person)


def _lock(session: Session) -> None:
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": SETUP_LOCK})
