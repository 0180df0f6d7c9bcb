"""What a distributed engine does now and then, done always: `--chaos SEED`.

Every activity is delivered twice, as at-least-once delivery may, and every turn of an orchestration is run twice, from
its full history, and must come out the same. Which way an activity is delivered follows from the seed, the
instance id and the task's number.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable

_LOG = logging.getLogger("localhost.chaos")


class Chaos:
    """The choices of one seed."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    async def deliver[Result](
        self,
        instance_id: str,
        task_id: int,
        run: Callable[[], Awaitable[Result]],
        report: Callable[[Result], None],
    ) -> None:
        """Run an activity twice and report one result."""
        ways = (_together, _again, _late)
        # S311: a repeatable choice, no secret.
        way = random.Random(f"{self._seed}/{instance_id}/{task_id}").choice(ways)  # noqa: S311
        _LOG.debug("task %d of %s is delivered %s", task_id, instance_id, way.__name__.strip("_"))
        await way(run, report)


async def _together[Result](run: Callable[[], Awaitable[Result]], report: Callable[[Result], None]) -> None:
    """Two deliveries at the same time: the first result counts."""
    runs = [asyncio.ensure_future(run()), asyncio.ensure_future(run())]
    done, _ = await asyncio.wait(runs, return_when=asyncio.FIRST_COMPLETED)
    report(done.pop().result())
    await asyncio.wait(runs)


async def _again[Result](run: Callable[[], Awaitable[Result]], report: Callable[[Result], None]) -> None:
    """The process ended after the work and before its result was recorded."""
    await run()
    report(await run())


async def _late[Result](run: Callable[[], Awaitable[Result]], report: Callable[[Result], None]) -> None:
    """Delivered once more after the result was recorded: the second result is late and counts for nothing."""
    report(await run())
    await run()
