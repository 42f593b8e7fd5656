"""What our layer adds to a call: each vendor's bare SDK against `answer`, in turn, at a server that answers at once."""

import asyncio
import base64
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import Any
from uuid import uuid4

import httpx2

from lib import clock
from lib.config import get_settings
from lib.connections.opening import key_purpose, open_connection
from lib.connections.structures import CallableConnection
from lib.providers.base import ModelCall, ModelChoice, Provider
from lib.providers.http_client import close_shared_client
from lib.secrets.vault import seal
from tests.benchmarks.ground import Ground, settings_with
from tests.benchmarks.instant_model import process_of, response, serve
from tests.benchmarks.measuring import Figure
from tests.lib.providers.dialects import DIALECTS, MODEL, Dialect

ROUNDS, WARM_UP = 150, 10  # imports, connections, caches of types
#: In how many pieces the answer comes: as from the instant model of the other benchmarks, and as a short one does.
ONE, MANY = 1, 41
PROMPT = "Ideas for a bicycle"
MOST_ADDED_MS = 2.0
KEY = "key-of-the-benchmarks"

BARE = "bare"

Ask = Callable[[], AsyncIterator[str]]
#: Gives the provider for one attempt.
Opened = Callable[[], Provider]


@dataclass(frozen=True, slots=True)
class Spent:
    """Milliseconds by the clock, and of them CPU of this process."""

    wall: float
    cpu: float


@dataclass(frozen=True, slots=True)
class Compared:
    """A call of the bare SDK, and what we add to it, by whose connection it is."""

    bare: Spent
    added: Mapping[str, Spent]


def main(ground: Ground) -> list[Figure]:
    """A call by each vendor's bare SDK and one by us, in turn; the medians of each and of their differences."""
    allowed = {"ORCHESTRATOR_ALLOWED_PRIVATE_HOSTS": "127.0.0.0/8"}  # a network: so an address is judged all the same
    with (
        ground.database(),  # for the key of the installation, by which an organization's own keys are sealed
        settings_with(allowed),
        process_of("tests.benchmarks.providers") as address,
    ):
        return [figure for dialect in DIALECTS for figure in _figures(dialect, address)]


def _figures(dialect: Dialect, address: str) -> list[Figure]:
    to_one = asyncio.run(_measure(dialect, f"{address}/{dialect.name}-{ONE}"))
    to_many = asyncio.run(_measure(dialect, f"{address}/{dialect.name}-{MANY}"))
    bare = to_one.bare
    figures = [Figure(name=f"{dialect.name}: the bare SDK", value=bare.wall, unit="ms", note=f"{bare.cpu:.1f} ms CPU")]
    for whose, added in to_one.added.items():
        a_piece = 1000 * (to_many.added[whose].cpu - added.cpu) / (MANY - ONE)
        name = f"{dialect.name}, {whose}"
        figures += [
            Figure(name=f"{name}: added", value=added.wall, unit="ms", most=MOST_ADDED_MS),
            Figure(name=f"{name}: added CPU", value=added.cpu, unit="ms", most=MOST_ADDED_MS),
            Figure(name=f"{name}: added CPU a further piece", value=a_piece, unit="µs"),
        ]
    return figures


async def _measure(dialect: Dialect, address: str) -> Compared:
    """One after the other in each round, so that a disturbance meets all of them."""
    call = ModelCall(MODEL, PROMPT, 30)
    ours = {"environment's": _of_environment(dialect, address), "own connection": _of_organization(dialect, address)}
    rounds: dict[str, list[Spent]] = {BARE: [], **{whose: [] for whose in ours}}
    async with httpx2.AsyncClient() as client:
        ask = _BARE[dialect.vendor.value](dialect, address, client)
        try:
            for _ in range(WARM_UP + ROUNDS):
                rounds[BARE].append(await _spend(lambda: _read(ask())))
                for whose, opened in ours.items():
                    rounds[whose].append(await _spend(lambda opened=opened: opened().answer(call, on_text=_ignore)))
        finally:
            await close_shared_client()
    bare, *mine = (spent[WARM_UP:] for spent in rounds.values())
    return Compared(
        Spent(median(one.wall for one in bare), median(one.cpu for one in bare)),
        {whose: _added(spent, bare) for whose, spent in zip(ours, mine, strict=True)},
    )


def _added(ours: Sequence[Spent], bare: Sequence[Spent]) -> Spent:
    """What a call of ours takes more than the bare one of the same round."""
    pairs = list(zip(ours, bare, strict=True))
    return Spent(median(one.wall - its.wall for one, its in pairs), median(one.cpu - its.cpu for one, its in pairs))


def _of_environment(dialect: Dialect, address: str) -> Opened:
    """The installation's own: made once, as the catalogue keeps it."""
    provider = dialect.provider(address, key=KEY)
    return lambda: provider


def _of_organization(dialect: Dialect, address: str) -> Opened:
    """An organization's own, through the safe client: its key is unsealed and its provider made for every attempt."""
    organization_id, base_url = uuid4(), address + dialect.base_path
    sealed = seal(KEY, organization_id=organization_id, purpose=key_purpose(dialect.vendor, base_url))
    connection = CallableConnection(
        id=uuid4(),
        organization_id=organization_id,
        slug="own",
        name="Of our own",
        vendor=dialect.vendor,
        base_url=base_url,
        api_version=dialect.api_version,
        models=(MODEL,),
        encrypted_key=base64.b64encode(sealed).decode(),
        is_free=False,
        input_usd_per_million=None,
        output_usd_per_million=None,
        is_active=True,
        updated_at=clock.now(),
    )
    return partial(open_connection, connection, ModelChoice("own", MODEL), settings=get_settings())


async def _spend(begin: Callable[[], Awaitable[object]]) -> Spent:
    began, cpu = time.perf_counter(), time.process_time()
    await begin()
    return Spent(1000 * (time.perf_counter() - began), 1000 * (time.process_time() - cpu))


async def _read(pieces: AsyncIterator[str]) -> str:
    return "".join([piece async for piece in pieces])


def _ignore(_piece: str) -> None:
    """Whoever asks does with the pieces what it likes; that is not measured."""


def _openai(dialect: Dialect, address: str, client: httpx2.AsyncClient) -> Ask:
    from openai import AsyncAzureOpenAI, AsyncOpenAI

    details: Any = {"api_key": KEY, "http_client": client, "max_retries": 0}
    sdk: AsyncOpenAI
    if dialect.api_version:
        sdk = AsyncAzureOpenAI(azure_endpoint=address, api_version=dialect.api_version, **details)
    else:
        sdk = AsyncOpenAI(base_url=f"{address}{dialect.target.removesuffix('/chat/completions')}", **details)

    async def ask() -> AsyncIterator[str]:
        stream = await sdk.chat.completions.create(
            model=MODEL,
            messages=[{"role": "user", "content": PROMPT}],
            stream=True,
            stream_options={"include_usage": True},
        )
        async for chunk in stream:
            if chunk.choices and chunk.choices[0].delta.content:
                yield chunk.choices[0].delta.content

    return ask


def _anthropic(dialect: Dialect, address: str, client: httpx2.AsyncClient) -> Ask:
    from anthropic import AsyncAnthropic

    sdk = AsyncAnthropic(base_url=address, api_key=KEY, http_client=client, max_retries=0)

    async def ask() -> AsyncIterator[str]:
        stream = await sdk.messages.create(
            model=MODEL, messages=[{"role": "user", "content": PROMPT}], max_tokens=1000, stream=True
        )
        async for event in stream:
            if event.type == "content_block_delta" and event.delta.type == "text_delta":
                yield event.delta.text

    return ask


def _google(dialect: Dialect, address: str, client: httpx2.AsyncClient) -> Ask:
    from google.genai import Client
    from google.genai.types import HttpOptions

    sdk = Client(api_key=KEY, http_options=HttpOptions(base_url=address, httpx_async_client=client))

    async def ask() -> AsyncIterator[str]:
        async for chunk in await sdk.aio.models.generate_content_stream(model=MODEL, contents=PROMPT):
            if chunk.text:
                yield chunk.text

    return ask


_BARE: dict[str, Callable[[Dialect, str, httpx2.AsyncClient], Ask]] = {
    "openai": _openai,
    "openai_compatible": _openai,
    "azure_openai": _openai,
    "anthropic": _anthropic,
    "google": _google,
}


if __name__ == "__main__":
    answers = {
        f"{dialect.name}-{count}".encode(): response(
            b"".join(map(bytes, dialect.answer(*[f"word{number} " for number in range(count)]))), "text/event-stream"
        )
        for dialect in DIALECTS
        for count in (ONE, MANY)
    }
    asyncio.run(serve(int(sys.argv[1]), lambda head: answers[head.split(b"/", 2)[1]]))
