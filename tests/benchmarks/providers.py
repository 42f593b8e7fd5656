"""What our layer adds to a call: each vendor's bare SDK against `answer`, in turn, at a server that answers at once."""

import asyncio
import statistics
import sys
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

from lib.providers.base import ModelCall
from lib.providers.http_client import close_shared_client, shared_client
from tests.benchmarks.ground import Ground
from tests.benchmarks.instant_model import process_of, response, serve
from tests.benchmarks.measuring import Figure
from tests.lib.providers.dialects import DIALECTS, MODEL, Dialect

ROUNDS = 200
#: A short answer, in as many pieces as vendors send it.
PIECES = [f"word{number} " for number in range(40)]
PROMPT = "Ideas for a bicycle"
MOST_ADDED_MS = 2.0
KEY = "key-of-the-benchmarks"

Ask = Callable[[], AsyncIterator[str]]


def main(ground: Ground) -> list[Figure]:
    """A call of 40 pieces by each vendor's bare SDK, and by us; the median of each and of their differences."""
    with process_of("tests.benchmarks.providers") as address:
        return [figure for dialect in DIALECTS for figure in asyncio.run(_measure(dialect, address))]


async def _measure(dialect: Dialect, address: str) -> list[Figure]:
    try:
        address = f"{address}/{dialect.name}"
        provider = dialect.provider(address, key=KEY)
        bare, call = _BARE[dialect.vendor.value](dialect, address), ModelCall(MODEL, PROMPT, 30)
        alone, ours = [], []
        for round_ in range(ROUNDS + 10):
            took = await _milliseconds(_read(bare())), await _milliseconds(provider.answer(call, on_text=_ignore))
            if round_ >= 10:  # imports, connections, caches of types
                alone.append(took[0])
                ours.append(took[1])
    finally:
        await close_shared_client()
    added = statistics.median(mine - its for mine, its in zip(ours, alone, strict=True))
    return [
        Figure(name=f"{dialect.name}: the bare SDK", value=statistics.median(alone), unit="ms"),
        Figure(name=f"{dialect.name}: by us", value=statistics.median(ours), unit="ms"),
        Figure(name=f"{dialect.name}: added", value=added, unit="ms", most=MOST_ADDED_MS),
    ]


async def _milliseconds(work: Any) -> float:
    began = time.perf_counter()
    await work
    return 1000 * (time.perf_counter() - began)


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
        dialect.name.encode(): response(b"".join(map(bytes, dialect.answer(*PIECES))), "text/event-stream")
        for dialect in DIALECTS
    }
    asyncio.run(serve(int(sys.argv[1]), lambda head: answers[head.split(b"/", 2)[1]]))
