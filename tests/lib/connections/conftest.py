from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from llmock.testing import LLMockServer

from lib.access.actor import Actor
from lib.connections.service import create_connection
from tests.own_endpoint import entry_for, llm

__all__ = ["llm"]

Make = Callable[..., UUID]


@pytest.fixture
def make(llm: LLMockServer) -> Make:
    """Sets up a connection to the organization's own endpoint, as this person."""

    def make(actor: Actor, *, slug: str = "acme-llm", **changes: Any) -> UUID:
        return create_connection(actor, entry_for(llm, **changes), slug=slug)

    return make
