"""Tells, once a minute, how many differences stand."""

import asyncio
from typing import Any

from outcomes.totals.reads import TotalsReads
from shared.messaging.heartbeat import Heartbeat, go_round
from shared.runtime import Runtime
from shared.telemetry import metrics

TICK = 60.0


class DifferencesWatch:
    """A figure for each measure, also where it is nought: an alert is over when it is."""

    def __init__(self, runtime: Runtime[Any]) -> None:
        self._reads = TotalsReads(runtime.database)
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.heartbeat = Heartbeat("differences watch", limit=3 * TICK)

    async def start(self) -> None:
        work = go_round(self._stopping, self.heartbeat, self.look, lambda: TICK)
        self._task = asyncio.create_task(work, name=self.heartbeat.name)

    async def stop(self) -> None:
        self._stopping.set()
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)

    async def look(self) -> bool:
        for measure, found in (await self._reads.found()).items():
            metrics.total_differences.set(found, {"measure": measure})
        return False
