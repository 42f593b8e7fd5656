"""An endpoint of the organization's own on this machine, which the operator lets through; what is entered for it."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from llmock.testing import LLMockServer

from lib.access.actor import Actor
from lib.config import get_settings
from lib.connections.entry import ConnectionEntry
from lib.connections.service import get_connection, update_connection
from tests.conftest import Installation
from tests.mock_endpoint import mock_endpoint

#: Searched for wherever it must not be.
KEY = "sk-planted-9f3b1c7d5e2a4860"
MODEL = "gpt-4o-mini"


@pytest.fixture
def llm(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> Iterator[LLMockServer]:
    """The endpoint. What the installation offers of its own is another test's to set."""
    with mock_endpoint() as server:
        monkeypatch.setenv("ORCHESTRATOR_ALLOWED_PRIVATE_HOSTS", "127.0.0.1")
        get_settings.cache_clear()
        yield server


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


def edit(actor: Actor, connection_id: UUID, entry: ConnectionEntry) -> None:
    """Change a connection as it stands now."""
    update_connection(actor, entry, seen=get_connection(actor, connection_id))
