"""Who answers for a run's models: the organization's connections as they stand now, or the installation's own."""

from uuid import UUID

from lib.config import Settings
from lib.connections.opening import is_of_environment, open_connection, open_environment
from lib.engine.store import Store
from lib.providers.base import ModelChoice, Provider
from lib.providers.catalog import get_provider


async def find_provider(store: Store, organization_id: UUID, choice: ModelChoice, *, settings: Settings) -> Provider:
    """Who answers. Raises `ModelCallError` that says why nobody does.

    Looked up for each attempt and kept nowhere, so that one changed or switched off a moment ago is noticed: one round
    trip beside seconds of a model's time. Where everybody is offered the environment's models nothing is looked up.
    """
    if is_of_environment(choice) and settings.offers_environment_models_to_all:
        return get_provider(choice.provider, settings=settings)
    slug, connection = await store.find_connection(organization_id, choice.provider)
    if is_of_environment(choice):
        return open_environment(choice, organization_slug=slug, settings=settings)
    return open_connection(connection, choice, settings=settings)
