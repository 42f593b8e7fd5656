import asyncio
from collections.abc import Callable
from uuid import uuid4

import pytest

from lib.integrations.base import Kind, Occasion, OpenConnection, Parameters, Performed
from tests.receiver import Receiver, receiver

__all__ = ["receiver"]


@pytest.fixture
def occasion(receiver: Receiver) -> Occasion:
    """With the receiver let through, and nothing else."""
    hosts = frozenset({receiver.host})
    return Occasion(
        organization_id=uuid4(), run_id=uuid4(), operation_id=uuid4(), idempotency_key=uuid4(), allowed_hosts=hosts
    )


@pytest.fixture
def perform(occasion: Occasion) -> Callable[..., Performed]:
    """Perform an operation of a kind, as a worker does, but for the database."""

    def do(kind: Kind, params: Parameters, connection: OpenConnection | None = None) -> Performed:
        kind.check(params)
        return asyncio.run(kind.perform(params, connection, occasion))

    return do
