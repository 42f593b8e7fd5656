"""A connection to a real endpoint on this machine, which the operator lets through."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from llmock.testing import LLMockServer

from lib.access.actor import Actor
from lib.config import get_settings
from lib.connections.entry import ConnectionEntry
from lib.connections.service import create_connection
from tests.conftest import Installation

#: Searched for wherever it must not be.
KEY = "sk-planted-9f3b1c7d5e2a4860"
MODEL = "gpt-4o-mini"

Make = Callable[..., UUID]


@pytest.fixture
def llm(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> Iterator[LLMockServer]:
    """The endpoint; the installation has no models of its own."""
    with LLMockServer() as server:
        monkeypatch.setenv("ORCHESTRATOR_ALLOWED_PRIVATE_HOSTS", "127.0.0.1")
        get_settings.cache_clear()
        yield server


@pytest.fixture
def make(llm: LLMockServer) -> Make:
    """Sets up a connection to it, as this person."""

    def make(actor: Actor, *, slug: str = "acme-llm", **changes: Any) -> UUID:
        return create_connection(actor, entry_for(llm, **changes), slug=slug)

    return make


def entry_for(llm: LLMockServer, **changes: Any) -> ConnectionEntry:
    """What a person enters."""
    entered = {
        "name": "Acme models",
        "vendor": "openai_compatible",
        "base_url": llm.base_url(),
        "api_key": KEY,
        "models": [MODEL],
    }
    return ConnectionEntry(**(entered | changes))
