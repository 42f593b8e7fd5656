"""What people were refused for want of a permission: written, and few of it, whatever they try in a loop."""

import logging

from sqlalchemy import func, select

from lib.access.actor import Actor
from lib.db.session import tenant_session
from lib.errors import NotPermitted, OrchestratorError

log = logging.getLogger(__name__)


def note_refusal(error: NotPermitted) -> None:
    """Write to the trail that somebody was refused, where the error knows who; that they are stays as it is.

    One a permission in ten minutes is written (api.record_refusal). Whatever goes wrong with that is for the log alone:
    who is refused is told why all the same.
    """
    actor = error.who
    if not isinstance(actor, Actor) or actor.is_scheduled or not error.permission:
        return
    try:
        with tenant_session(actor) as session:
            session.execute(select(func.api.record_refusal(error.permission)))
    except OrchestratorError as failure:
        log.warning("a refusal is missing in the trail: %s", failure)
