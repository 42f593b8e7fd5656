"""A run walked inside the test's own process, with the real database and real sockets: as fast as its answers are."""

import asyncio
from typing import Any
from uuid import UUID

from lib.config import get_settings
from lib.db.logins import Login
from lib.engine.models import find_provider
from lib.engine.segment import Segment
from lib.engine.store import RunKey, Store
from lib.providers.base import ModelChoice, Provider
from lib.providers.catalog import close_providers
from tests.conftest import Installation
from tests.engine.conftest import Bench


def walk(bench: Bench, installation: Installation, *run_ids: UUID) -> list[str]:
    """Walk these runs side by side, each as a worker of its own does, and say where each came to."""

    async def walk_all() -> list[str]:
        settings = get_settings()
        async with Store(installation.database.url(Login.WORKER)) as store:

            async def find(choice: ModelChoice) -> Provider:
                return await find_provider(store, bench.cast.organization_a, choice, settings=settings)

            try:
                segments = [Segment(RunKey(bench.cast.organization_a, each), store, provider=find) for each in run_ids]
                return await asyncio.gather(*(segment.walk() for segment in segments))
            finally:
                await close_providers(settings=settings)

    return asyncio.run(walk_all())


def attempts_of(bench: Bench, run_id: UUID, code: str) -> list[Any]:
    """The attempts at a phase, as a page sees them, the newest last."""
    (phase,) = (phase for phase in bench.see(run_id).phases if phase.code == code)
    return list(phase.attempts)
