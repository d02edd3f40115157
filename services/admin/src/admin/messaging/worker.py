"""Work that goes on until the service stops: tried again after any failure, with growing pauses."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable

_log = logging.getLogger("admin.worker")
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 10.0


async def keep_running(name: str, work: Callable[[], Awaitable[None]], stopping: asyncio.Event) -> None:
    """`work` returns when `stopping` is set; what it throws is logged once a try and it starts afresh."""
    attempt = 0
    while not stopping.is_set():
        began = asyncio.get_running_loop().time()
        try:
            await work()
        except asyncio.CancelledError:
            raise
        except Exception as error:
            if asyncio.get_running_loop().time() - began > 60:
                attempt = 0
            attempt += 1
            _log.warning(
                "%s failed, starts again: %s: %s", name, type(error).__name__, error, extra={"attempt": attempt}
            )
            await pause(stopping, backoff(attempt))


def backoff(attempt: int) -> float:
    longest: float = min(FIRST_PAUSE_SECONDS * 2 ** (attempt - 1), LONGEST_PAUSE_SECONDS)
    return longest * random.uniform(0.5, 1)  # noqa: S311  spreads replicas, no secret


async def pause(stopping: asyncio.Event, seconds: float) -> None:
    """Waits, less where the service stops meanwhile."""
    try:
        async with asyncio.timeout(seconds):
            await stopping.wait()
    except TimeoutError:
        pass
