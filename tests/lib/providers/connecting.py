"""A connection in one line."""

from typing import Any

from pydantic import SecretStr

from lib.config import Settings
from lib.providers.environment import find_connection
from lib.providers.remote import RemoteModels
from lib.providers.vendors import ConnectionSpec, Vendor, connect

KEY = "sk-test-0123456789"


def compatible(
    url: str, *, name: str = "openai", api_key: str | None = None, is_free: bool = False, **more: Any
) -> RemoteModels:
    """An OpenAI-compatible endpoint, with the words of the environment's."""
    spec = ConnectionSpec(name, Vendor.OPENAI_COMPATIBLE, url, SecretStr(api_key) if api_key else None, is_free=is_free)
    environment = find_connection("openai", Settings(openai_base_url="http://127.0.0.1:9"))
    assert environment
    return connect(spec, places=environment.places, **more)
