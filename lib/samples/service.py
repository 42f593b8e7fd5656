"""Making the sample workspace, looking around in it as one of its people, and removing it."""

import json
import secrets
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lib import clock
from lib.access.actor import Actor
from lib.access.permissions import Role
from lib.db.constraints import constraint_of
from lib.db.session import identity_session
from lib.errors import Conflict, NotFound, NotSignedIn
from lib.identity import passwords, second_factor, sessions
from lib.models.identity import UserCredential
from lib.organizations.operator import identity_door
from lib.samples.content import read_workspace
from lib.samples.generate import make_rows

_THERE: Final = "There is a sample workspace already. Look around in it, or remove it first."
_NAMES_TAKEN: Final = (
    "The sample workspace can't be made: an organization or a person here has a name that it would need. It is called "
    "“{slug}”, and its people's user names end with “.sample”."
)
_GONE: Final = "sample workspace"
#: A minute's work of a slow machine that has much else to do: no page's query.
_PATIENCE: Final = text("SET LOCAL statement_timeout = '2min'")


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplePersonView:
    """Somebody as whom one can look around."""

    user_id: UUID
    username: str
    full_name: str
    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The sample workspace, as whoever runs the installation sees it."""

    organization_id: UUID
    name: str
    made_at: datetime
    #: Those who are not deactivated, the most entitled role first.
    people: tuple[SamplePersonView, ...]

    def find_first(self, role: Role) -> SamplePersonView | None:
        """As whom one looks around in that role."""
        return next((person for person in self.people if person.role is role), None)


def find_sample(actor: Actor) -> Sample | None:
    """The sample workspace, or None. Raises `NotPermitted`."""
    with identity_door(actor) as session:
        return _find(session)


def make_sample(actor: Actor) -> Sample:
    """Make it, in a few seconds. Raises `NotPermitted`, and `Conflict` when there is one."""
    return _load(identity_door(actor))


def remove_sample(actor: Actor) -> None:
    """Remove it with everything in it; nothing real is touched. Raises `NotPermitted`, `NotFound`."""
    with identity_door(actor) as session:
        if not _drop(session):
            raise NotFound(_GONE)


def visit_sample(actor: Actor, role: Role) -> SamplePersonView:
    """Look around as the first of that role: the operator's session stands for that person until it leaves.

    It is the same session as before: it ends when it would have ended, and whatever ends it ends the visit. Raises
    `NotPermitted`, `NotFound`.
    """
    with identity_door(actor) as session:
        sample = _find(session)
        person = sample.find_first(role) if sample else None
        if person is None:
            raise NotFound(_GONE)
        if sessions.visit(session, actor.session_id, person.user_id) is None:
            raise NotSignedIn
        for user_id in (actor.user_id, person.user_id):  # in both trails
            sessions.record(session, user_id, "identity.visit")
    return person


def leave_sample(actor: Actor) -> None:
    """End the visit: the session is its own person's again. Whoever visits nobody stays who they are."""
    if not actor.is_visiting:
        return
    with identity_session(actor.origin, user_id=actor.user_id) as session:
        own = sessions.visit(session, actor.session_id, None)
        if own is None:
            raise NotSignedIn
        for user_id in (actor.user_id, own):
            sessions.record(session, user_id, "identity.leave")


def load_sample() -> Sample:
    """`make_sample` for the first set-up and the command line. Nobody can sign in with a password yet."""
    return _load(identity_session(None))


def _load(door: AbstractContextManager[Session]) -> Sample:
    workspace = read_workspace()
    rows = make_rows(workspace, now=clock.now().replace(microsecond=0))
    try:
        with door as session:
            session.execute(_PATIENCE)
            session.execute(text("SELECT api.load_sample(:rows)"), {"rows": json.dumps(rows, default=str)})
            sample = _find(session)
    except IntegrityError as error:
        if constraint_of(error) == "organizations_sample_key":
            raise Conflict(_THERE) from error
        raise Conflict(_NAMES_TAKEN.format(slug=workspace.organization.slug)) from error
    assert sample is not None  # noqa: S101 made a moment ago
    return sample


def open_to_passwords() -> tuple[str, Sample]:
    """Give everybody in the sample one password, a new one, and no second factor; end their sessions.

    Raises `NotFound`.
    """
    password = "-".join(secrets.token_hex(2) for _ in range(4))
    password_hash = passwords.hash_password(password)
    with identity_session(None) as session:
        sample = _find(session)
        if sample is None:
            raise NotFound(_GONE)
        for person in sample.people:
            session.merge(
                UserCredential(
                    user_id=person.user_id,
                    password_hash=password_hash,
                    password_changed_at=func.now(),
                    failed_attempts=0,
                    locked_until=None,
                    **second_factor.OFF,
                )
            )
            sessions.end_all(session, person.user_id)
        return password, sample


def is_there() -> bool:
    """Whether there is a sample workspace, for the command line."""
    with identity_session(None) as session:
        return _find(session) is not None


def drop_sample() -> bool:
    """`remove_sample` for the command line; whether there was one."""
    with identity_session(None) as session:
        return _drop(session)


def _drop(session: Session) -> bool:
    return bool(session.scalar(text("SELECT api.remove_sample()")))


def _find(session: Session) -> Sample | None:
    found = session.execute(text("SELECT * FROM api.find_sample()")).mappings().all()
    if not found:
        return None
    roles = list(Role)
    people = [
        SamplePersonView(
            user_id=row["user_id"], username=row["username"], full_name=row["full_name"], role=Role(row["role"])
        )
        for row in found
    ]
    people.sort(key=lambda person: roles.index(person.role))
    first = found[0]
    return Sample(
        organization_id=first["organization_id"], name=first["name"], made_at=first["made_at"], people=tuple(people)
    )
