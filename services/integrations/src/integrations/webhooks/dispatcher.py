"""The dispatcher: sends what is due, outside of any transaction, and records what came of it."""

import asyncio
import contextlib
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID

from opentelemetry import metrics

from integrations.egress.client import Egress, Reply
from integrations.webhooks.cipher import SecretCipher
from integrations.webhooks.commands import RecordAttempt
from integrations.webhooks.domain.delivery import Attempt
from integrations.webhooks.handlers import record_attempt
from integrations.webhooks.queue import Claimed, DueDeliveries, Parcel
from shared import failpoints
from shared.bus.command_bus import OutcomeUnknown
from shared.bus.inbox import InFlight, Message
from shared.bus.wake import CHANNEL
from shared.kernel import ConcurrentChange, new_id
from shared.messaging.heartbeat import Heartbeat
from shared.persistence.database import is_transient
from shared.runtime import Runtime
from shared.telemetry.logs import logger

SLOTS = 256  # attempts under way in one worker; each is a task that mostly waits
PER_ENDPOINT = 4
PER_FAILING_ENDPOINT = 1  # a failing endpoint is probed, it does not fill the slots of others
LEASE = timedelta(seconds=60)  # above an attempt's deadline and the recording of it
POLL_SECONDS = 0.25
RECORD_TRIES = 5
log = logger(__name__)
_meter = metrics.get_meter("wex")
_attempts = _meter.create_counter("wex_webhook_attempts", description="Webhook attempts by what came of them")


class Dispatcher:
    """Attempts deliveries at least once: what was sent but not recorded is sent again, under the same id.

    Any number may run. They promise no order: a receiver compares `sequence`.
    """

    def __init__(
        self,
        runtime: Runtime[Any],
        egress: Egress,
        cipher: SecretCipher,
        *,
        lease: timedelta = LEASE,
    ) -> None:
        self._runtime = runtime
        self._egress = egress
        self._cipher = cipher
        self._lease = lease
        self._due = DueDeliveries(runtime.database)
        self._in_flight: Counter[UUID] = Counter()
        self._failing: set[UUID] = set()
        self._sending: set[asyncio.Task[None]] = set()
        self._woken = asyncio.Event()
        self._stopping = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self.heartbeat = Heartbeat("dispatcher")

    async def start(self) -> None:
        self._tasks = [
            asyncio.create_task(self._keep_listening(), name="dispatcher listen"),
            asyncio.create_task(self._keep_dispatching(), name="dispatcher"),
        ]

    async def stop(self) -> None:
        """Finish and record the attempts under way; what is claimed besides is due again after its lease."""
        self._stopping.set()
        self._woken.set()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._sending:
            _, late = await asyncio.wait(self._sending, timeout=5)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self._egress.close()

    async def _keep_dispatching(self) -> None:
        while not self._stopping.is_set():
            self._woken.clear()
            try:
                claimed = await self._claim()
            except Exception as error:
                claimed = []
                if is_transient(error):
                    log.warning("dispatch_interrupted", error=type(error).__name__)
                else:
                    log.exception("dispatch_failed")
            self.heartbeat.beat()
            for each in claimed:
                self._begin(each)
            if not claimed:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._woken.wait(), POLL_SECONDS)

    async def _claim(self) -> list[Claimed]:
        free = SLOTS - len(self._sending)
        if free <= 0:
            return []
        rooms = {
            endpoint: (PER_FAILING_ENDPOINT if endpoint in self._failing else PER_ENDPOINT)
            - self._in_flight[endpoint]
            for endpoint in self._failing | set(self._in_flight)
        }
        return await self._due.claim(free=free, room=PER_ENDPOINT, rooms=rooms, lease=self._lease)

    def _begin(self, claimed: Claimed) -> None:
        self._in_flight[claimed.endpoint_id] += 1
        task = asyncio.create_task(self._deliver(claimed))
        self._sending.add(task)

        def done(finished: asyncio.Task[None]) -> None:
            self._sending.discard(finished)
            self._in_flight[claimed.endpoint_id] -= 1
            if not self._in_flight[claimed.endpoint_id]:
                del self._in_flight[claimed.endpoint_id]
            self._woken.set()

        task.add_done_callback(done)

    async def _deliver(self, claimed: Claimed) -> None:
        """One attempt. Whatever fails here leaves the delivery to be claimed again."""
        try:
            parcel = await self._due.load(claimed, self._runtime.clock.now())
            if parcel is None:
                await self._due.drop(claimed)
                return
            failpoints.reach("W1")
            reply = await self._send(claimed, parcel)
            failpoints.reach("W2")
            await self._record(claimed, reply)
        except Exception as error:  # noqa: BLE001 - the lease brings it back
            log.warning("delivery_interrupted", error=type(error).__name__)

    async def _send(self, claimed: Claimed, parcel: Parcel) -> Reply:
        headers = self._cipher.sign(parcel.secrets, claimed.endpoint_id, claimed.delivery_id, parcel.payload)
        reply = await self._egress.post(parcel.url, parcel.payload.encode(), headers)
        status = reply.status_code
        taken = status is not None and 200 <= status < 300
        _attempts.add(1, {"outcome": f"{status // 100}xx" if status else str(reply.error)})
        (self._failing.discard if taken else self._failing.add)(claimed.endpoint_id)
        return reply

    async def _record(self, claimed: Claimed, reply: Reply) -> None:
        """Execute the command under the attempt's own id: recorded once, however often it is tried."""
        attempt = Attempt(
            new_id(),
            self._runtime.clock.now(),
            reply.milliseconds,
            reply.status_code,
            reply.error,
            reply.retry_after,
        )
        message = Message("dispatcher", str(attempt.id), frozenset({claimed.organisation_id}))
        command = RecordAttempt(claimed.delivery_id, claimed.organisation_id, attempt)
        tries = 1
        while True:
            try:
                await self._runtime.bus.execute(message, record_attempt, command)
            except Exception as error:
                passing = isinstance(error, ConcurrentChange | OutcomeUnknown | InFlight) or is_transient(
                    error
                )
                if not passing or tries == RECORD_TRIES:
                    raise
            else:
                return
            await asyncio.sleep(0.1 * 2**tries)
            tries += 1

    async def _keep_listening(self) -> None:
        """Be woken by commits that queued something; without this the poll finds it a little later."""
        while not self._stopping.is_set():
            try:
                connection = await self._runtime.database.connect()
            except Exception as error:  # noqa: BLE001 - the poll goes on without it
                log.warning("dispatcher_not_listening", error=type(error).__name__)
                await self._pause(1.0)
                continue
            try:
                await connection.add_listener(CHANNEL, self._on_wake)
                while not connection.is_closed() and not self._stopping.is_set():
                    await self._pause(1.0)
            finally:
                connection.terminate()

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)

    def _on_wake(self, *_: Any) -> None:
        self._woken.set()
