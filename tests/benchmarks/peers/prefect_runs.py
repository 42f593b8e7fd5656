"""Prefect 3 with its server on PostgreSQL: a flow of tasks, prints runs a second.

Run by an environment of its own, which knows nothing of us.
"""

import asyncio
import sys
import time

from prefect import flow, task


@task
async def write(answers: list[str], answer: str) -> list[str]:
    """One phase."""
    return [*answers, answer]


@flow
async def walk(phases: int, answer: str) -> int:
    """One run."""
    answers: list[str] = []
    for _ in range(phases):
        answers = await write(answers, answer)
    return len(answers)


async def main(runs: int, phases: int, at_once: int, answer: str) -> None:
    """The same walk as ours: so many phases one after the other, so many runs at once."""
    turns = asyncio.Semaphore(at_once)

    async def one() -> None:
        async with turns:
            assert await walk(phases, answer) == phases

    await one()
    began = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(runs)))
    print(runs / (time.perf_counter() - began))


asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]))
