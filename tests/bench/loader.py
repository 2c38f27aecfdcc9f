"""A small load generator, for where wrk is not installed. In: a plan in JSON on standard input. Out: JSON.

The plan: {"host", "port", "requests": [text of a whole request, …], "connections", "seconds"}. Each connection stays
open and sends its next request when the answer to the one before is complete.
"""

import asyncio
import json
import sys
from itertools import cycle, islice
from time import perf_counter
from typing import Any


async def _connection(plan: dict[str, Any], requests: list[bytes], first: int, taken: list[float]) -> int:
    """Ask until the time, which begins when the connection is open, is over. Returns how many requests failed."""
    reader, writer = await asyncio.open_connection(plan["host"], plan["port"])
    until = perf_counter() + plan["seconds"]
    errors = 0
    try:
        for request in islice(cycle(requests), first, None):
            started = perf_counter()
            writer.write(request)
            errors += not await _answered(reader)
            taken.append(perf_counter() - started)
            if perf_counter() > until:
                break
    finally:
        writer.close()
    return errors


async def _answered(reader: asyncio.StreamReader) -> bool:
    """Read one answer whole. Whether it is a good one."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    status = int(head[9:12])
    _, found, rest = head.partition(b"content-length:")
    if found and status != 304:
        await reader.readexactly(int(rest.split(b"\r\n", 1)[0]))
    return status < 400


async def load(plan: dict[str, Any]) -> dict[str, float]:
    """Requests a second, milliseconds of an answer, failures."""
    requests = [text.encode() for text in plan["requests"]]
    taken: list[float] = []
    started = perf_counter()
    connections: int = plan["connections"]
    errors = await asyncio.gather(
        *(_connection(plan, requests, place * len(requests) // connections, taken) for place in range(connections))
    )
    seconds = perf_counter() - started
    ordered = sorted(taken)
    return {
        "rate": len(taken) / seconds,
        "p50_ms": ordered[len(ordered) // 2] * 1e3,
        "p99_ms": ordered[min(len(ordered) - 1, int(0.99 * len(ordered)))] * 1e3,
        "errors": sum(errors),
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(load(json.load(sys.stdin)))))
