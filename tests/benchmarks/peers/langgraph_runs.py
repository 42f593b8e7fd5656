"""LangGraph with its PostgreSQL checkpointer, every step on the disk before the next: prints runs a second.

Run by an environment of its own, which knows nothing of us.
"""

import asyncio
import os
import sys
import time
from typing import TypedDict

from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.graph import END, START, StateGraph
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool


class State(TypedDict):
    """What one run has written so far."""

    topic: str
    answers: list[str]


async def main(runs: int, phases: int, at_once: int, answer: str) -> None:
    """The same walk as ours: so many phases one after the other, so many runs at once."""

    async def write(state: State) -> dict[str, list[str]]:
        return {"answers": [*state["answers"], answer]}

    graph = StateGraph(State)
    names = [f"phase-{number}" for number in range(phases)]
    for name in names:
        graph.add_node(name, write)
    for before, after in zip([START, *names], [*names, END], strict=True):
        graph.add_edge(before, after)
    kwargs = {"autocommit": True, "prepare_threshold": 0, "row_factory": dict_row}
    async with AsyncConnectionPool(os.environ["PEERS_DSN"], min_size=at_once, max_size=at_once, kwargs=kwargs) as pool:
        saver = AsyncPostgresSaver(pool)
        await saver.setup()
        walker = graph.compile(checkpointer=saver)
        turns = asyncio.Semaphore(at_once)

        async def walk(name: str) -> None:
            async with turns:
                config = {"configurable": {"thread_id": name}}
                ended = await walker.ainvoke({"topic": "bicycle", "answers": []}, config, durability="sync")
                assert len(ended["answers"]) == phases

        token = f"{os.getpid()}-{time.time()}"
        await asyncio.gather(*(walk(f"{token}-warm-{number}") for number in range(at_once)))
        began = time.perf_counter()
        await asyncio.gather(*(walk(f"{token}-{number}") for number in range(runs)))
        print(runs / (time.perf_counter() - began))


asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]))
