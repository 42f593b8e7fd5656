"""From a row with a sealed key to somewhere that answers; or the reason why not, as a run would say it."""

import base64
from decimal import Decimal
from functools import lru_cache, partial

from pydantic import SecretStr

from lib.config import Settings
from lib.connections.structures import CallableConnection
from lib.errors import ConfigurationError, SecretUnreadable
from lib.providers.base import ModelChoice, Provider
from lib.providers.catalog import ENVIRONMENT_PROVIDERS, get_provider
from lib.providers.errors import ErrorKind, ModelCallError
from lib.providers.http_client import safe_client
from lib.providers.pricing import Prices
from lib.providers.remote import RemoteModels
from lib.providers.vendors import ConnectionSpec, connect
from lib.secrets.vault import unseal

#: What the key of a connection is sealed for.
KEY_PURPOSE = "provider_connections.encrypted_key"


def key_purpose(vendor: str, base_url: str) -> str:
    """What a key is sealed for: at any other address nothing opens it, wherever somebody copies it to."""
    return f"{KEY_PURPOSE}:{vendor}:{base_url}"


def is_of_environment(choice: ModelChoice) -> bool:
    """Whether the installation's own settings say who answers, and no connection of the organization."""
    return choice.provider in ENVIRONMENT_PROVIDERS


def open_environment(choice: ModelChoice, *, organization_slug: str, settings: Settings) -> Provider:
    """The provider that the environment sets up. Raises `ModelCallError`, also where it is not offered to them."""
    if not settings.offers_environment_models_to(organization_slug):
        message = (
            "The models of this installation are not offered to your organization. Choose one of your own "
            "connections, or ask whoever runs the installation."
        )
        raise _not_configured(choice, message)
    return get_provider(choice.provider, settings=settings)


def open_connection(connection: CallableConnection | None, choice: ModelChoice, *, settings: Settings) -> Provider:
    """Who answers for `choice`. Raises `ModelCallError` that says why nobody does, and what to do."""
    if connection is None:
        message = f"There is no connection “{choice.provider}” any more. Choose another model, or set it up again."
        raise _not_configured(choice, message)
    if not connection.is_active:
        message = f"The connection “{connection.name}” is deactivated. Choose another model, or ask an admin."
        raise _not_configured(choice, message)
    if choice.model not in connection.models:
        message = (
            f"The connection “{connection.name}” does not offer “{choice.model}”. Choose another model, or ask an "
            "admin to add it."
        )
        raise _not_configured(choice, message)
    return open_for_test(connection, choice, settings=settings)


def open_for_test(connection: CallableConnection, choice: ModelChoice, *, settings: Settings) -> Provider:
    """The same for whoever sets it up: also while it is not active, and for any model."""
    try:
        return _connect(_spec(connection, settings))
    except (ConfigurationError, SecretUnreadable) as error:
        raise _not_configured(choice, error.message) from error


@lru_cache(maxsize=64)
def _connect(spec: ConnectionSpec) -> RemoteModels:
    """The same for the same address, key and prices: the SDK's own client takes a millisecond to make."""
    return connect(spec, client=partial(safe_client, spec.allowed_hosts))


def _spec(connection: CallableConnection, settings: Settings) -> ConnectionSpec:
    key = None
    if connection.encrypted_key is not None:
        sealed = base64.b64decode(connection.encrypted_key)
        purpose = key_purpose(connection.vendor, connection.base_url)
        key = SecretStr(unseal(sealed, organization_id=connection.organization_id, purpose=purpose))
    return ConnectionSpec(
        name=connection.slug,
        vendor=connection.vendor,
        base_url=connection.base_url,
        api_key=key,
        api_version=connection.api_version,
        prices=entered_prices(connection.input_usd_per_million, connection.output_usd_per_million),
        is_free=connection.is_free,
        allowed_hosts=settings.allowed_hosts,
    )


def entered_prices(asked: Decimal | None, answered: Decimal | None) -> Prices | None:
    """Both prices, or none."""
    return None if asked is None or answered is None else Prices(asked, answered)


def _not_configured(choice: ModelChoice, message: str) -> ModelCallError:
    return ModelCallError(message, kind=ErrorKind.NOT_CONFIGURED, provider=choice.provider, model=choice.model)
