"""A call that a person makes beside every run takes its turn at a connection that has a limit, as a phase does."""

import time
from typing import Final

from sqlalchemy import func, select

from lib.access.actor import Actor
from lib.db.session import tenant_session
from lib.errors import Conflict

#: Nobody sits in front of a page for longer before the call has even begun.
_MOST_WAIT_SECONDS: Final = 5.0


def take_turn(actor: Actor, slug: str) -> None:
    """Come back when the call may be made. Raises `Conflict` where that would take long.

    No transaction is open while it waits. A connection without a limit, and the installation's own, never wait.
    """
    ends = time.monotonic() + _MOST_WAIT_SECONDS
    while True:
        with tenant_session(actor) as session:
            wait_seconds = (session.scalar(select(func.api.take_turn(slug))) or 0) / 1000
        if not wait_seconds:
            return
        if time.monotonic() + wait_seconds > ends:
            message = (
                f"The connection “{slug}” has reached its limit of calls a minute, with what runs ask of it. Try again "
                f"in {max(round(wait_seconds), 1)} s."
            )
            raise Conflict(message)
        time.sleep(wait_seconds)
