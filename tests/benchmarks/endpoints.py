"""Endpoints in a process of their own, some of them dead, that note when each event came. Not what is measured."""

import asyncio
import json
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

TAKEN = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\ntaken"
BROKEN = b"HTTP/1.1 500 Broken\r\nContent-Length: 6\r\n\r\nbroken"
#: How an endpoint is dead: it hangs, trickles, breaks, hangs up.
DEAD = ("hang", "drip", "500", "drop", "hang")


async def serve(count: int, dead: int) -> list[tuple[str, float]]:
    """Answer on `count` ports, the first `dead` of them badly; say their numbers, and return who came by SIGTERM."""
    arrivals: list[tuple[str, float]] = []
    servers = []
    for number in range(count):
        how = DEAD[number % len(DEAD)] if number < dead else ""

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, how: str = how) -> None:
            with suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
                while head := await reader.readuntil(b"\r\n\r\n"):
                    lines = head.lower().split(b"\r\n")
                    found = {line.partition(b":")[0]: line.partition(b":")[2].strip() for line in lines}
                    await reader.readexactly(int(found[b"content-length"]))
                    if not how:
                        arrivals.append((found[b"webhook-id"].decode(), time.time()))
                    await _say(writer, how)
            writer.close()

        servers.append(await asyncio.start_server(answer, "127.0.0.1", 0))
    print(json.dumps([server.sockets[0].getsockname()[1] for server in servers]), flush=True)
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    await ended.wait()
    return arrivals


async def _say(writer: asyncio.StreamWriter, how: str) -> None:
    if how == "hang":
        await asyncio.sleep(3600)
    if how == "drop":
        raise ConnectionError
    if how == "drip":
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while True:
            writer.write(b".")
            await writer.drain()
            await asyncio.sleep(0.1)
    writer.write(BROKEN if how == "500" else TAKEN)
    await writer.drain()


if __name__ == "__main__":
    Path(sys.argv[3]).write_text(json.dumps(asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2])))))
