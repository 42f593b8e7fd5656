"""Running again for tests, as the dialog proposes it."""

from typing import Any
from uuid import UUID

from lib.access.actor import Actor
from lib.runs.retry import open_retry, retry_run
from lib.runs.retry_views import RetryRequest


def go_on(actor: Actor, run_id: UUID, **chosen: Any) -> UUID:
    """A run that goes on where the one before stopped, unless `chosen` says otherwise; its id."""
    begins_with = open_retry(actor, run_id).begins_with
    return retry_run(actor, RetryRequest(run_id=run_id, **{"begins_with": begins_with} | chosen))
