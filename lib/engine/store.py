"""The engine's side of the database: one round trip a step, through functions of the database, without the ORM."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any, Self
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.types.json import Jsonb
from psycopg_pool import AsyncConnectionPool

from lib.connections.structures import CallableConnection
from lib.engine.performing import OperationState
from lib.engine.steps import Asked, End, Misfit, PhaseState, Skip
from lib.models.run import PhaseStatus
from lib.storable import storable_json
from lib.templates.rendering import Redo


@dataclass(frozen=True, slots=True)
class RunKey:
    """What the queue knows of a run, and no more."""

    organization_id: UUID
    run_id: UUID


@dataclass(frozen=True, slots=True)
class OpenedRun:
    """A run as it stands when a segment of it is opened."""

    is_cancelling: bool
    has_cost_limit: bool
    topic: str
    plan: Mapping[str, Any]
    title: str
    inputs: Mapping[str, Any]
    operations: tuple[OperationState, ...]
    states: Mapping[str, PhaseState]


@dataclass(frozen=True, slots=True)
class Begun:
    """An attempt that was begun and is paid for from the quota."""

    id: UUID
    code: str
    attempt: int


@dataclass(frozen=True, slots=True)
class Held:
    """An attempt that waits for the limit of its connection."""

    code: str
    wait_seconds: float
    #: In a row, this one among them.
    times: int = 1


@dataclass(frozen=True, slots=True)
class Advanced:
    """What a step came to.

    `state` is `running`, `cancelling` or `pausing` (somebody asked for it; nothing was begun), `lost` (another worker
    holds the run; nothing was written), `changed` (the end asked for makes no sense any more; nothing was ended),
    `resting` (it was set aside), or the status that the run ended with.
    """

    state: str
    begun: tuple[Begun, ...] = ()
    held: tuple[Held, ...] = ()
    is_quota_exhausted: bool = False
    #: Why money lets nothing begin: one of `lib.runs.states.COST_STOPS`.
    cost_stop: str | None = None
    #: The hard budget that is used up, as api.hold_budgets says it; `is_quota_exhausted` is said beside it.
    budget: Mapping[str, Any] | None = None
    #: Phases that waited for a review, as they stand now that people have decided.
    decided: tuple[PhaseState, ...] = ()
    #: Those that were made or begun, or that a person has decided about, as they stand.
    operations: tuple[OperationState, ...] = ()


class Store:
    """A pool of autocommit connections: one statement, one transaction, one round trip."""

    def __init__(self, url: str, *, connections: int = 8) -> None:
        self._pool = AsyncConnectionPool(
            url,
            min_size=1,
            max_size=connections,
            open=False,
            configure=_prepare_everything,
            check=AsyncConnectionPool.check_connection,
            kwargs={"autocommit": True, "application_name": "orchestrator-engine", "connect_timeout": 5},
        )

    async def __aenter__(self) -> Self:
        await self._pool.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._pool.close()

    async def open_segment(self, key: RunKey, token: UUID) -> OpenedRun | None:
        """Take the run under `token`; None when there is nothing to walk (it has ended, or waits for a person)."""
        opened = await self._call("SELECT api.open_segment(%s, %s, %s)", key.organization_id, key.run_id, token)
        if opened["state"] == "gone":
            return None
        return OpenedRun(
            is_cancelling=opened["state"] == "cancelling",
            has_cost_limit=opened["has_cost_limit"],
            topic=opened["topic"],
            title=opened["title"] or "",
            operations=tuple(map(OperationState.of, opened["operations"] or ())),
            plan=opened["plan"],
            inputs=opened["inputs"],
            states={phase["code"]: _opened_state(phase) for phase in opened["phases"] or ()},
        )

    async def advance(
        self,
        key: RunKey,
        token: UUID,
        *,
        finish: Sequence[Mapping[str, Any]] = (),
        skip: Sequence[Skip] = (),
        begin: Sequence[Mapping[str, Any]] = (),
        end: End | None = None,
        waiting: Sequence[UUID] = (),
        operate: Mapping[str, Any] | None = None,
        rest_seconds: float | None = None,
    ) -> Advanced:
        """One step: close the attempts that ended, skip what is not asked, begin what is ready, or end the run.

        `waiting` are the attempts that wait for a review, as far as the worker knows; `operate` is of
        `Operations.as_step`. With `rest_seconds` the run is set aside, for there is nothing to do for so long.
        """
        step = {  # whoever has written a text in it: one sign that JSONB can't hold would refuse the whole step
            "finish": list(finish),
            "skip": [{"code": each.code, "error": dict(each.error)} for each in skip],
            "begin": list(begin),
            "end": {"status": end.status, "error": dict(end.error)} if end else None,
            "waiting": [str(attempt_id) for attempt_id in waiting],
            "operate": operate,
            "rest_ms": None if rest_seconds is None else round(rest_seconds * 1000),
        }
        result = await self._call(
            "SELECT api.advance_run(%s, %s, %s, %s)", key.organization_id, key.run_id, token, Jsonb(storable_json(step))
        )
        return Advanced(
            state=result["state"],
            begun=tuple(Begun(UUID(b["id"]), b["code"], b["attempt"]) for b in result.get("begun", ())),
            held=tuple(Held(h["code"], h["wait_ms"] / 1000, h["times"]) for h in result.get("held", ())),
            is_quota_exhausted=result.get("quota_exhausted", False),
            cost_stop=result.get("cost_stop"),
            budget=result.get("budget"),
            decided=tuple(map(_state, result.get("decided") or ())),
            operations=tuple(map(OperationState.of, result.get("operations") or ())),
        )

    async def take_up(self, run_id: UUID) -> None:
        """Put a run that was set aside back into the queue."""
        await self._call("SELECT api.take_up_run(%s)", run_id)

    async def find_connection(self, organization_id: UUID, slug: str) -> tuple[str, CallableConnection | None]:
        """The organization's own slug, and its connection of that slug, the key still sealed."""
        found = await self._call("SELECT api.find_connection(%s, %s)", organization_id, slug)
        connection = found["connection"]
        return found["organization_slug"] or "", connection and CallableConnection.model_validate(connection)

    async def find_integration(self, organization_id: UUID, slug: str) -> Mapping[str, Any] | None:
        """The organization's integration connection of that slug, the secret still sealed."""
        found: Mapping[str, Any] | None = await self._call("SELECT api.find_integration(%s, %s)", organization_id, slug)
        return found

    async def list_cancel_requests(self, run_ids: Sequence[UUID]) -> list[UUID]:
        """Those of the runs that somebody wants cancelled."""
        return await self._call("SELECT array(SELECT api.cancel_requests(%s))", list(run_ids)) if run_ids else []

    async def list_steered(self, run_ids: Sequence[UUID], waiting: Sequence[UUID]) -> list[UUID]:
        """Those of the runs, and of those of the attempts that wait, that somebody has steered otherwise meanwhile."""
        if not run_ids:
            return []
        query = "SELECT array(SELECT api.steered_runs(%s, %s))"
        found: list[UUID] = await self._call(query, list(run_ids), list(waiting))
        return found

    async def write_stream(self, key: RunKey, token: UUID, attempt_id: UUID, text: str) -> None:
        """The answer so far, for whoever watches; nothing where another worker holds the run now."""
        await self._call("SELECT api.write_stream(%s, %s, %s, %s)", key.organization_id, token, attempt_id, text)

    async def _call(self, query: str, *arguments: object) -> Any:
        async with self._pool.connection() as connection:
            row = await (await connection.execute(query, arguments)).fetchone()
        return row[0] if row else None


def _state(phase: Mapping[str, Any]) -> PhaseState:
    """A phase as the database says that it stands."""
    return PhaseState(
        code=phase["code"],
        attempt=phase["attempt"],
        status=PhaseStatus(phase["status"]),
        model=phase["model"] or "",
        response=phase["response"],
        error=phase["error"],
        id=UUID(phase["id"]),
        redo=Redo(**phase["redo"]) if phase["redo"] else None,
    )


def _opened_state(phase: Mapping[str, Any]) -> PhaseState:
    """The same, with what its model was asked by then."""
    misfit = phase["misfit"]
    return replace(
        _state(phase),
        asked=Asked(phase["asked"], phase["lost"], phase["handed_over"], phase["misfits"]),
        misfit=misfit and Misfit(misfit["response"] or "", tuple(misfit["faults"] or ())),
        ended_seconds_ago=(phase["ended_ms_ago"] or 0) / 1000,
    )


async def _prepare_everything(connection: AsyncConnection[Any]) -> None:
    connection.prepare_threshold = 0
