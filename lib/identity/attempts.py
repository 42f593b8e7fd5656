"""Wrong passwords and wrong codes, counted by account and by the address they come from, by the database's clock.

An attempt is counted before its password is looked at, so that many at once get no more than one after another, and
taken back when the password was right. The same statements are made for every name, whether it is anybody's or not.
A code of a second factor is an attempt in the same count, and only a right one begins that anew: whoever has the
password gets no more guesses at the code by typing it again.
"""

import logging
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_network
from typing import Final
from uuid import UUID

from sqlalchemy import case, delete, func, literal, or_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from lib.errors import InvalidInput
from lib.identity import queries
from lib.identity.fields import clean_email, is_text
from lib.identity.queries import Person
from lib.models.identity import SignInNetwork, UserCredential

logger = logging.getLogger(__name__)

#: By account, until the right one comes.
MOST_WRONG_PASSWORDS: Final = 5
#: By address, within `LOCKED_FOR`: an office has one address and people who mistype; a list of names has thousands.
MOST_WRONG_FROM_ONE_ADDRESS: Final = 30
LOCKED_FOR: Final = timedelta(minutes=15)

_LONGEST_NAME: Final = 255
_KEPT_AFTER_ITS_END: Final = timedelta(days=1)
#: Whose address nobody can tell; they are counted as one.
_UNKNOWN_ADDRESS: Final = "0.0.0.0/32"
#: One subscriber of IPv6 has at least this much, RFC 6177.
_IPV6_PREFIX: Final = 64
_NOBODY: Final = UUID(int=0)
_SHOWN_LETTERS: Final = 2


@dataclass(frozen=True, slots=True)
class Held:
    """What an account proves itself by."""

    password_hash: str
    #: Sealed; None without a second factor.
    totp_secret: bytes | None
    #: Whether this attempt, if it is wrong, is the one that locks the account.
    is_last: bool = False

    @property
    def has_second_factor(self) -> bool:
        """Whether a right password is half of the proof only."""
        return self.totp_secret is not None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt, counted. Where nothing is held there is nothing to be right about."""

    person: Person | None
    held: Held | None
    #: As `find_network` says.
    network: str
    is_address_locked: bool = False


def find_network(ip_address: str | None) -> str:
    """What is counted as one address: one of IPv4, a /64 of IPv6."""
    if ip_address is None:
        return _UNKNOWN_ADDRESS
    prefix = _IPV6_PREFIX if ":" in ip_address else 32
    return str(ip_network(f"{ip_address}/{prefix}", strict=False))


def take(session: Session, name: str, *, ip_address: str | None) -> Attempt:
    """Count an attempt to sign in, and say whom the name belongs to and what to compare with.

    There is nothing for an unknown name, a locked one, a person without a password, and from a locked address.
    """
    network = find_network(ip_address)
    if not take_for_address(session, network):
        return Attempt(None, None, network, is_address_locked=True)
    person, held = take_for_account(session, name)
    return Attempt(person, held, network)


def take_for_link(session: Session, name: str, *, ip_address: str | None) -> Attempt:
    """Count the wish for a link by mail as an attempt from its address, and say whom the name belongs to.

    It locks no account: whoever can ask for a link to somebody's address could keep them out.
    """
    network = find_network(ip_address)
    if not take_for_address(session, network):
        return Attempt(None, None, network, is_address_locked=True)
    return Attempt(queries.find_person(session, _readable(name)), None, network)


def take_for_address(session: Session, network: str) -> bool:
    """Count an attempt by address only; whether it may be made."""
    return _count_for_address(session, network) <= MOST_WRONG_FROM_ONE_ADDRESS


def take_for_account(session: Session, name: str) -> tuple[Person | None, Held | None]:
    """The same by account only, for somebody who is signed in."""
    person = queries.find_person(session, _readable(name))
    return person, take_for_person(session, person.user_id if person else _NOBODY)


def take_for_person(session: Session, user_id: UUID) -> Held | None:
    """The same for somebody who is known; None when they are locked, or have no password."""
    # a lock that is over starts the count anew
    attempts = case((UserCredential.locked_until.is_(None), UserCredential.failed_attempts + 1), else_=1)
    is_enabled = UserCredential.totp_enabled_at.is_not(None)
    row = session.execute(
        update(UserCredential)
        .where(
            UserCredential.user_id == user_id,
            or_(UserCredential.locked_until.is_(None), UserCredential.locked_until <= func.now()),
        )
        .values(
            failed_attempts=attempts,
            locked_until=case((attempts >= MOST_WRONG_PASSWORDS, func.now() + LOCKED_FOR), else_=None),
        )
        .returning(
            UserCredential.password_hash,
            case((is_enabled, UserCredential.totp_secret)),
            UserCredential.locked_until.is_not(None),
        )
    ).one_or_none()
    return None if row is None else Held(*row)


def forgive_account(session: Session, user_id: UUID, held: Held) -> bool:
    """Take the attempt back whose password was right; whether it still is the person's.

    The wrong ones before it are forgotten too, unless a code is still to come, and with it the proof.
    """
    left = UserCredential.failed_attempts - 1 if held.has_second_factor else literal(0)
    forgiven = session.scalars(
        update(UserCredential)
        .where(UserCredential.user_id == user_id, UserCredential.password_hash == held.password_hash)
        .values(
            failed_attempts=func.greatest(left, 0),
            # kept where others made it meanwhile
            locked_until=case((left >= MOST_WRONG_PASSWORDS, UserCredential.locked_until), else_=None),
        )
        .returning(UserCredential.user_id)
    )
    return forgiven.one_or_none() is not None


def forgive_address(session: Session, network: str) -> None:
    """Take the attempt back by which somebody got in. The others stay: one's own account buys no guesses."""
    session.execute(
        update(SignInNetwork)
        .where(SignInNetwork.network == network, SignInNetwork.attempts > 0)
        .values(attempts=SignInNetwork.attempts - 1)
    )


def note_unknown(session: Session, attempt: Attempt, name: str, *, what: str = "A sign-in") -> None:
    """Keep for the operator that nobody has this name: counted by address, and in the log."""
    session.execute(
        update(SignInNetwork)
        .where(SignInNetwork.network == attempt.network)
        .values(unknown_names=SignInNetwork.unknown_names + 1)
    )
    logger.warning("%s from %s was refused: nobody is called %s.", what, attempt.network, _masked(_readable(name)))


def _count_for_address(session: Session, network: str) -> int:
    """How many attempts of the address this makes, since the first one of a quarter of an hour."""
    is_over = SignInNetwork.began_at <= func.now() - LOCKED_FOR
    made = insert(SignInNetwork).values(network=network, attempts=1)
    count: int = session.execute(
        made.on_conflict_do_update(
            index_elements=[SignInNetwork.network],
            set_={
                "attempts": case((is_over, 1), else_=SignInNetwork.attempts + 1),
                "began_at": case((is_over, func.now()), else_=SignInNetwork.began_at),
            },
        ).returning(SignInNetwork.attempts)
    ).scalar_one()
    if count == 1:
        old = queries.list_old_networks(session, older_than=_KEPT_AFTER_ITS_END)
        session.execute(delete(SignInNetwork).where(SignInNetwork.network.in_(old)))
    if count == MOST_WRONG_FROM_ONE_ADDRESS + 1:
        logger.warning("%s is locked: %d sign-ins from there were refused.", network, MOST_WRONG_FROM_ONE_ADDRESS)
    return count


def _readable(name: str) -> str:
    """A name as it is kept; empty, and so nobody's, when it can't be one."""
    typed = name.strip().lower()
    if "@" in typed and not typed.isascii():
        with suppress(InvalidInput):
            typed = clean_email(typed)
    return typed if len(typed) <= _LONGEST_NAME and is_text(typed) else ""


def _masked(name: str) -> str:
    """An e-mail address as it is; of anything else its first letters: it may be a password in the wrong field."""
    return ascii(name) if "@" in name else f"{name[:_SHOWN_LETTERS]!a}…"
