"""Connections of an organization: whose protocol each of them speaks."""

from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from pydantic import SecretStr

from lib.errors import ConfigurationError
from lib.providers.base import Provider
from lib.providers.errors import ErrorKind, ModelCallError
from lib.providers.http_client import safe_client
from lib.providers.openai_compatible import OpenAICompatible
from lib.providers.pricing import Prices


class Vendor(StrEnum):
    """Who is asked, and so in which protocol."""

    OPENAI = "openai"
    ANTHROPIC = "anthropic"
    GOOGLE = "google"
    AZURE_OPENAI = "azure_openai"
    OPENAI_COMPATIBLE = "openai_compatible"


@dataclass(frozen=True, slots=True)
class ConnectionSpec:
    """All that a call to a connection needs."""

    #: The part of a `ModelChoice` before the colon.
    name: str
    vendor: Vendor
    base_url: str
    api_key: SecretStr | None
    api_version: str = ""
    #: None asks the public price lists.
    prices: Prices | None = None
    is_free: bool = False
    #: Hosts that the operator lets through although they are private.
    allowed_hosts: frozenset[str] = frozenset()


def connect(spec: ConnectionSpec) -> Provider:
    """The provider of a connection. Asks nobody. Raises `ModelCallError` where there can be none."""
    if spec.vendor not in {Vendor.OPENAI, Vendor.OPENAI_COMPATIBLE}:
        message = f"This version can't speak to {spec.vendor} yet. Choose another connection."
        raise ModelCallError(message, kind=ErrorKind.NOT_CONFIGURED, provider=spec.name, model="")
    try:
        return OpenAICompatible(
            spec.name,
            spec.base_url,
            api_key=spec.api_key.get_secret_value() if spec.api_key else None,
            is_free=spec.is_free,
            prices=spec.prices,
            client=partial(safe_client, spec.allowed_hosts),
            is_connection=True,
        )
    except ConfigurationError as error:
        raise ModelCallError(error.message, kind=ErrorKind.NOT_CONFIGURED, provider=spec.name, model="") from error
