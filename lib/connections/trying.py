"""Asking a connection: which models it has, and whether one of them answers. No transaction is open meanwhile.

A test is noted in the usage before its call is made, and closed when that has ended: a process that dies in between
leaves what a worker's death leaves of a phase.
"""

import time
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, literal, select, text
from sqlalchemy.dialects.postgresql import JSONB

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.budgets.refusal import told_by_budget
from lib.config import get_settings
from lib.connections import queries
from lib.connections.entry import check_models
from lib.connections.opening import open_for_test
from lib.connections.service import get_row
from lib.connections.structures import CallableConnection, LastTest
from lib.connections.turns import take_turn
from lib.db.session import tenant_session
from lib.errors import InvalidInput, NotFound
from lib.providers.base import NO_ENDPOINT, ModelCall, ModelChoice, ModelParameters
from lib.providers.errors import NOT_CHARGED, ModelCallError
from lib.providers.http_client import run_now
from lib.validation import read_stored

TEST_PROMPT = "Answer with one word: ready."
#: Models that think before they answer need some of it for that.
_TEST_PARAMETERS = ModelParameters(max_tokens=256)
_TEST_SECONDS = 30.0


def list_models_there(actor: Actor, connection_id: UUID) -> tuple[str, ...]:
    """What the endpoint itself lists, by name. Raises `ModelCallError`, `NotFound`, `NotPermitted`."""
    connection, _ = _load(actor, connection_id)
    provider = open_for_test(connection, ModelChoice(connection.slug, ""), settings=get_settings())
    return run_now(provider.models())


def test_connection(actor: Actor, connection_id: UUID, model: str) -> LastTest:
    """Ask a model of the connection for one word, in earnest, and keep how it went.

    The call is in the usage and in the trail, whether an answer came or not. Raises `InvalidInput`, `NotFound`,
    `NotPermitted`, `BudgetUsedUp`, and `Conflict` where the connection's limit is reached: then no call is made. What
    goes wrong with the call is in the answer.
    """
    connection, parameters = _load(actor, connection_id)
    (name,) = check_models([model]) or [""]
    if not name:
        message = "Choose the model to ask."
        raise InvalidInput(message, field="Model")
    choice = ModelChoice(connection.slug, name)
    take_turn(actor, connection.slug)
    usage_id = _count(actor, connection_id, name)
    tested = _ask(connection, choice, _TEST_PARAMETERS.over(parameters))
    with tenant_session(actor) as session:
        session.execute(text("SET LOCAL lock_timeout = 0"))  # it was paid for
        values = literal(tested.model_dump(mode="json"), JSONB())
        session.execute(select(func.api.finish_connection_test(connection_id, usage_id, values)))
    return tested


def _count(actor: Actor, connection_id: UUID, model: str) -> UUID:
    with told_by_budget(actor), tenant_session(actor) as session:
        usage_id: UUID | None = session.scalar(select(func.api.begin_connection_test(connection_id, model)))
    if usage_id is None:  # deleted meanwhile
        raise NotFound("connection")
    return usage_id


def _load(actor: Actor, connection_id: UUID) -> tuple[CallableConnection, ModelParameters]:
    actor.require(Permission.CONNECTIONS_MANAGE)
    with tenant_session(actor) as session:
        row = get_row(session, connection_id)
        connection = queries.find_callable(session, row.slug)
    if connection is None:  # deleted between the two
        raise NotFound("connection")
    return connection, read_stored(ModelParameters, row.parameters, what="The connection's parameters")


def _ask(connection: CallableConnection, choice: ModelChoice, parameters: ModelParameters) -> LastTest:
    started, endpoint = time.perf_counter(), NO_ENDPOINT
    call = ModelCall(choice.model, TEST_PROMPT, _TEST_SECONDS, parameters)
    try:
        provider = open_for_test(connection, choice, settings=get_settings())
        endpoint = provider.endpoint_of(choice.model)
        answer = run_now(provider.answer(call, on_text=lambda _: None))
    except ModelCallError as error:
        return LastTest(
            model=choice.model,
            endpoint=endpoint,
            message=error.message,
            kind=error.kind,
            status=error.status,
            time_ms=round((time.perf_counter() - started) * 1000),
            cost_usd=Decimal(0) if connection.is_free or error.kind in NOT_CHARGED else None,
        )
    return LastTest(
        model=answer.model[:255],
        endpoint=endpoint,
        status=answer.status,
        time_ms=answer.execution_time_ms,
        prompt_tokens=answer.prompt_tokens,
        completion_tokens=answer.completion_tokens,
        cost_usd=answer.cost_usd,
    )
