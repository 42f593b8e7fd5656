"""What our layer adds to a call: each vendor's bare SDK against `answer`, in turn, at a server that answers at once."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

from lib.providers.base import ModelCall
from lib.providers.http_client import close_shared_client, shared_client
from tests.benchmarks.ground import Ground
from tests.benchmarks.instant_model import process_of, response, serve
from tests.benchmarks.measuring import Figure
from tests.lib.providers.dialects import DIALECTS, MODEL, Dialect

ROUNDS, WARM_UP = 150, 10  # imports, connections, caches of types
#: In how many pieces the answer comes: as from the instant model of the other benchmarks, and as a short one does.
ONE, MANY = 1, 41
PROMPT = "Ideas for a bicycle"
MOST_ADDED_MS = 2.0
KEY = "key-of-the-benchmarks"

Ask = Callable[[], AsyncIterator[str]]


@dataclass(frozen=True, slots=True)
class Spent:
    """Milliseconds by the clock, and of them CPU of this process."""

    wall: float
    cpu: float


def main(ground: Ground) -> list[Figure]:
    """A call by each vendor's bare SDK and one by us, in turn; the medians of each and of their differences."""
    with process_of("tests.benchmarks.providers") as address:
        return [figure for dialect in DIALECTS for figure in _figures(dialect, address)]


def _figures(dialect: Dialect, address: str) -> list[Figure]:
    bare, added = asyncio.run(_measure(dialect, f"{address}/{dialect.name}-{ONE}"))
    _, added_to_many = asyncio.run(_measure(dialect, f"{address}/{dialect.name}-{MANY}"))
    a_piece = 1000 * (added_to_many.cpu - added.cpu) / (MANY - ONE)
    return [
        Figure(name=f"{dialect.name}: the bare SDK", value=bare.wall, unit="ms", note=f"{bare.cpu:.1f} ms CPU"),
        Figure(name=f"{dialect.name}: added", value=added.wall, unit="ms", most=MOST_ADDED_MS),
        Figure(name=f"{dialect.name}: added CPU", value=added.cpu, unit="ms", most=MOST_ADDED_MS),
        Figure(name=f"{dialect.name}: added CPU a further piece", value=a_piece, unit="µs"),
    ]


async def _measure(dialect: Dialect, address: str) -> tuple[Spent, Spent]:
    """The bare SDK, and what we add to it."""
    try:
        provider = dialect.provider(address, key=KEY)
        bare, call = _BARE[dialect.vendor.value](dialect, address), ModelCall(MODEL, PROMPT, 30)
        pairs = [
            (await _spend(_read(bare())), await _spend(provider.answer(call, on_text=_ignore)))
            for _ in range(WARM_UP + ROUNDS)
        ][WARM_UP:]
    finally:
        await close_shared_client()
    return (
        Spent(median(its.wall for its, _ in pairs), median(its.cpu for its, _ in pairs)),
        Spent(median(ours.wall - its.wall for its, ours in pairs), median(ours.cpu - its.cpu for its, ours in pairs)),
    )


async def _spend(work: Any) -> Spent:
    began, cpu = time.perf_counter(), time.process_time()
    await work
    return Spent(1000 * (time.perf_counter() - began), 1000 * (time.process_time() - cpu))


async def _read(pieces: AsyncIterator[str]) -> str:
    return "".join([piece async for piece in pieces])


def _ignore(_piece: str) -> None:
    """Whoever asks does with the pieces what it likes; that is not measured."""


def _openai(dialect: Dialect, address: str) -> Ask:
    from openai import AsyncAzureOpenAI, AsyncOpenAI

    details: Any = {"api_key": KEY, "http_client": shared_client(), "max_retries": 0}
    client: AsyncOpenAI
    if dialect.api_version:
        client = AsyncAzureOpenAI(azure_endpoint=address, api_version=dialect.api_version, **details)
    else:
        client = AsyncOpenAI(base_url=f"{address}{dialect.target.removesuffix('/chat/completions')}", **details)

    async def ask() -> AsyncIterator[str]:
        stream = await client.chat.completions.create(
            model=MODEL,
            messages=[{"role": "user", "content": PROMPT}],
            stream=True,
            stream_options={"include_usage": True},
        )
        async for chunk in stream:
            if chunk.choices and chunk.choices[0].delta.content:
                yield chunk.choices[0].delta.content

    return ask


def _anthropic(dialect: Dialect, address: str) -> Ask:
    from anthropic import AsyncAnthropic

    client = AsyncAnthropic(base_url=address, api_key=KEY, http_client=shared_client(), max_retries=0)

    async def ask() -> AsyncIterator[str]:
        stream = await client.messages.create(
            model=MODEL, messages=[{"role": "user", "content": PROMPT}], max_tokens=1000, stream=True
        )
        async for event in stream:
            if event.type == "content_block_delta" and event.delta.type == "text_delta":
                yield event.delta.text

    return ask


def _google(dialect: Dialect, address: str) -> Ask:
    from google.genai import Client
    from google.genai.types import HttpOptions

    client = Client(api_key=KEY, http_options=HttpOptions(base_url=address, httpx_async_client=shared_client()))

    async def ask() -> AsyncIterator[str]:
        async for chunk in await client.aio.models.generate_content_stream(model=MODEL, contents=PROMPT):
            if chunk.text:
                yield chunk.text

    return ask


_BARE: dict[str, Callable[[Dialect, str], Ask]] = {
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
