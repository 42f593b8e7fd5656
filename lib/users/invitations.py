"""Inviting people: several addresses at once, a new link, taking one back.

Whoever holds a link can become what it invites to, so nobody gets one for more than they may give. Nothing here asks
whether an address belongs to somebody of another organization: it is invited like any other.
"""

import re
from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from lib.access.actor import Actor
from lib.access.permissions import Permission, Role
from lib.audit.exports import export_list
from lib.db.paging import Page
from lib.db.session import tenant_session
from lib.errors import BeyondOwnRights, Conflict, InvalidInput, NotFound
from lib.exports import Column, ExportFormat, Kind
from lib.identity import tokens
from lib.identity.fields import check_domain, clean_email
from lib.models.invitation import Invitation
from lib.organizations.queries import read_settings
from lib.organizations.seats import check_seats
from lib.users import queries, refusals
from lib.users.links import hand_out
from lib.users.rights import Rights, may_invite
from lib.users.views import SOME_OPERATOR, InvitationStatus, InvitationSummary, InviteOutcome, Person

#: More at once are somebody's mistake, or their misuse.
MOST_AT_ONCE: Final = 50

#: The columns of a file, as `queries.export_invitations` finds them.
COLUMNS: Final = (
    Column("id", Kind.WORD),
    Column("email", Kind.TEXT),
    Column("role", Kind.WORD),
    Column("permissions", Kind.WORD),
    Column("invited_by_id", Kind.WORD),
    Column("created_at", Kind.MOMENT),
    Column("expires_at", Kind.MOMENT),
)

_IN_THE_SAMPLE: Final = (
    "The people of the sample workspace are made up, and nobody can be invited to it. Go back to your own organization."
)
_ALREADY_INVITED: Final = "Is invited already. Make a new link in the list of those who are invited."


def invite(actor: Actor, addresses: str, *, role: str, permissions: Iterable[str] = ()) -> tuple[InviteOutcome, ...]:
    """Invite each address, one a line or by commas, to that role; each has its own outcome, in the order given.

    Raises `NotPermitted` where the role or the permissions are not this person's to give, and `InvalidInput`.
    """
    rights = Rights.enter(role, permissions)
    actor.require(Permission.USERS_VIEW)
    actor.require(Permission.USERS_INVITE)
    if actor.is_sample:
        raise Conflict(_IN_THE_SAMPLE)
    if not may_invite(actor, rights):
        raise BeyondOwnRights(Permission.USERS_INVITE, who=actor)
    parts = re.split("[,;]", ",".join(addresses.splitlines()))
    lines = list(dict.fromkeys(part.strip() for part in parts if part.strip()))
    if not lines:
        raise InvalidInput("No address is there. Type at least one, each on a line of its own.", field="E-mail")
    if len(lines) > MOST_AT_ONCE:
        raise InvalidInput(f"These are {len(lines):,} addresses; {MOST_AT_ONCE} is the most at once.", field="E-mail")
    with refusals.in_words(Permission.USERS_INVITE), tenant_session(actor) as session:
        domains = _read_domains(session, actor)
        return tuple(_invite_one(session, actor, line, rights=rights, domains=domains) for line in lines)


def renew_invitation(actor: Actor, invitation_id: UUID, *, by_mail: bool = True) -> InviteOutcome:
    """Make a new link, good for a week; the one before is worthless. Not `by_mail` it is there to be handed over.

    Raises `NotFound`, also for an invitation that is over, `NotPermitted`, and `Conflict` where it was too old and
    there is no room any more.
    """
    actor.require(Permission.USERS_INVITE)
    with refusals.in_words(Permission.USERS_INVITE), tenant_session(actor) as session:
        row = _find_own(session, actor, invitation_id)
        if row.is_expired:  # its seat may be somebody else's by now
            check_seats(session, actor.organization_id)
        return _issue(session, actor, row.id, email=row.email, role=row.role, by_mail=by_mail)


def revoke_invitation(actor: Actor, invitation_id: UUID) -> None:
    """Take an invitation back; its link is worthless. Raises `NotFound`, `NotPermitted`."""
    actor.require(Permission.USERS_INVITE)
    with refusals.in_words(Permission.USERS_INVITE), tenant_session(actor) as session:
        _revoke(session, _find_own(session, actor, invitation_id).id)


def list_invitations(
    actor: Actor, *, search: str = "", role: Role | None = None, cursor: str | None = None, limit: int = 10
) -> Page[InvitationSummary]:
    """A page of open invitations, the newest first, those that are too old among them."""
    actor.require(Permission.USERS_VIEW)
    with tenant_session(actor) as session:
        page = queries.list_invitations(
            session, actor.organization_id, search=search, role=role, cursor=cursor, limit=limit
        )
        return Page(tuple(_summary(actor, row) for row in page.rows), page.newer, page.older)


def count_invitations(actor: Actor, *, search: str, role: Role | None, most: int) -> int:
    """How many open invitations the filters leave, counted no further than `most`."""
    actor.require(Permission.USERS_VIEW)
    with tenant_session(actor) as session:
        return queries.count_invitations(session, actor.organization_id, search=search, role=role, most=most)


def export_invitations(actor: Actor, *, search: str, role: Role | None, file_format: ExportFormat) -> bytes:
    """The open invitations that the filters leave, without their links, as a file; recorded as `invitations.export`."""
    actor.require(Permission.USERS_VIEW)
    with tenant_session(actor, is_one_moment=True) as session:
        return export_list(
            session,
            queries.export_invitations(actor.organization_id, search=search, role=role),
            order=queries.INVITED_ORDER,
            columns=COLUMNS,
            file_format=file_format,
            resource_type="invitations",
            filters={"search": search, "role": role},
        )


def _invite_one(
    session: Session, actor: Actor, line: str, *, rights: Rights, domains: tuple[str, ...]
) -> InviteOutcome:
    try:
        email = clean_email(line)
        check_domain(email, domains)
        _check_unknown(session, actor, email)
        check_seats(session, actor.organization_id)
    except (InvalidInput, Conflict) as error:
        return InviteOutcome(email=line, problem=error.message)
    values = {
        "organization_id": actor.organization_id,
        "email": email,
        "role": rights.role,
        "permissions": sorted(rights.permissions),
        "invited_by": actor.user_id,
    }
    made = insert(Invitation).values(values).on_conflict_do_nothing().returning(Invitation.id)
    row = session.execute(made).one_or_none()
    if row is None:  # somebody else has invited them a moment ago
        return InviteOutcome(email=email, problem=_ALREADY_INVITED)
    return _issue(session, actor, row.id, email=email, role=rights.role)


def _check_unknown(session: Session, actor: Actor, email: str) -> None:
    """Raise `Conflict` for the organization's own people, and for who is invited already; a link too old is let go."""
    own = queries.find_address(session, actor.organization_id, email)
    if own is not None:
        known = "Is one of your people already."
        if own.deactivated_at is not None:
            known = "Is one of your people, and deactivated. Reactivate them instead."
        if own.deleted_at is not None:
            known = "Belonged to somebody who was deleted; their address stays theirs."
        raise Conflict(known)
    pending = queries.find_open_address(session, actor.organization_id, email)
    if pending is not None and not pending.is_expired:
        raise Conflict(_ALREADY_INVITED)
    if pending is not None:
        _revoke(session, pending.id)


def _read_domains(session: Session, actor: Actor) -> tuple[str, ...]:
    return read_settings(session, actor.organization_id).security_settings.email_domains


def _find_own(session: Session, actor: Actor, invitation_id: UUID) -> Row[*tuple[Any, ...]]:
    """An open invitation that is this person's to deal with."""
    row = queries.find_open(session, actor.organization_id, invitation_id)
    if row is None:
        raise NotFound("invitation")
    if not may_invite(actor, Rights.read(row.role, row.permissions)):
        raise BeyondOwnRights(Permission.USERS_INVITE, who=actor)
    return row


def _issue(
    session: Session, actor: Actor, invitation_id: UUID, *, email: str, role: str, by_mail: bool = True
) -> InviteOutcome:
    secret = tokens.new_secret()
    issued = select(func.api.issue_invitation(invitation_id, tokens.hash_secret(secret)))
    expires_at = session.execute(issued).scalar_one()
    if expires_at is None:  # accepted or taken back since it was read
        raise NotFound("invitation")
    return hand_out(
        session,
        secret,
        email=email,
        role=role,
        organization_id=actor.organization_id,
        organization_name=actor.organization_name,
        inviter=actor.full_name,
        expires_at=expires_at,
        by_mail=by_mail,
    )


def _revoke(session: Session, invitation_id: UUID) -> None:
    session.execute(
        update(Invitation)
        .where(Invitation.id == invitation_id, Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None))
        .values(revoked_at=func.now())
        .execution_options(synchronize_session=False)
    )


def _summary(actor: Actor, row: Row[*tuple[Any, ...]]) -> InvitationSummary:
    rights = Rights.read(row.role, row.permissions)
    return InvitationSummary(
        id=row.id,
        email=row.email,
        role=rights.role,
        permissions=rights.permissions,
        invited_by=Person(**row.invited_by) if row.invited_by else SOME_OPERATOR,
        status=InvitationStatus.EXPIRED if row.is_expired else InvitationStatus.INVITED,
        created_at=row.created_at,
        expires_at=row.expires_at,
        may_manage=may_invite(actor, rights),
    )
