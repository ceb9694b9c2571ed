"""What the node does by itself, without a request: jobs on a timetable, and loops that must not end.

The only importer of APScheduler. A job is one line that calls an operation. A job that fails is logged and tried
again at its next time: this is one of the two places where a broad `except` may stand.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from node.operations.author import Author
from node.operations.decide_request import expire_requests
from node.operations.record_refusal import forget_expired_nonces
from node.store.database import Database

logger = logging.getLogger(__name__)

EXPIRED_MAX = 100
"""Requests answered as expired in one transaction; more wait for the next run."""

EXPIRY_SECONDS = 15
"""Between looks for expired requests. The asker's own node shows the deadline, so nobody waits for this."""

FORGETTING_SECONDS = 60
"""Between sweeps of the replay memory, which holds signatures of at most ten minutes."""

RESTART_SECONDS = 1.0
"""Before a loop that failed is begun again: long enough not to fill the log."""


@dataclass(frozen=True, slots=True)
class Jobs:
    """What jobs work with."""

    database: Database
    author: Author
    clock: Callable[[], datetime]

    async def expire_requests(self) -> None:
        """Answer requests that nobody answered in time."""
        await self._write(partial(expire_requests, author=self.author, now=self.clock(), limit=EXPIRED_MAX))

    async def forget_nonces(self) -> None:
        """Forget signatures too old to be accepted again."""
        await self._write(partial(forget_expired_nonces, now=self.clock()))

    async def _write(self, operation: Callable[..., int]) -> None:
        await asyncio.wrap_future(self.database.write(operation))


def start_scheduler(jobs: Jobs) -> AsyncIOScheduler:
    """A running scheduler on the current event loop; `shutdown` it at the end."""
    # APScheduler tells of every run at level info.
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    # A zone of our own, because APScheduler would read the machine's from a file.
    scheduler = AsyncIOScheduler(timezone=UTC)
    for name, job, seconds in (
        ("expire requests", jobs.expire_requests, EXPIRY_SECONDS),
        ("forget nonces", jobs.forget_nonces, FORGETTING_SECONDS),
    ):
        scheduler.add_job(run_guarded, "interval", (name, job), seconds=seconds, max_instances=1, coalesce=True)
    scheduler.start()
    return scheduler


async def run_guarded(name: str, job: Callable[[], Awaitable[None]]) -> None:
    """Run the job; log what it raises."""
    try:
        await job()
    except Exception:
        logger.exception("the job %r failed; it will be tried again", name)


async def keep_running(name: str, loop: Callable[[], Awaitable[None]]) -> None:
    """Run the loop until cancelled, again after a failure."""
    while True:
        await run_guarded(name, loop)
        await asyncio.sleep(RESTART_SECONDS)
