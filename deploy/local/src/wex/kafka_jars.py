"""Apache Kafka's jars: fetched once, each held to the hash committed in `kafka.lock.toml`."""

import fcntl
import hashlib
import os
import threading
import tomllib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from wex.processes import ProcessError

LOCK = Path(__file__).with_name("kafka.lock.toml")
_STAMP = "checked"
# Called while jars are downloaded, with jars done, jars in all and bytes so far.
Progress = Callable[[int, int, int], None]


@dataclass(frozen=True)
class Jar:
    """One artifact of the lock."""

    artifact: str
    version: str
    sha256: str

    @property
    def path(self) -> Path:
        """Where it lies below a Maven repository."""
        group, name = self.artifact.split(":")
        return Path(*group.split("."), name, self.version, f"{name}-{self.version}.jar")


class JarError(ProcessError):
    """A jar could not be had, or is not the one that was locked."""


def locked_jars(lock: Path = LOCK) -> list[Jar]:
    """The jars one Kafka node needs."""
    return [Jar(**row) for row in tomllib.loads(lock.read_text())["jars"]]


def fetch_jars(cache: Path, progress: Progress, jars: list[Jar] | None = None) -> list[Path]:
    """The checked jars on disk, downloading those that are missing."""
    wanted = jars if jars is not None else locked_jars()
    repository = cache / "jars"
    stamp = repository / f"{_STAMP}-{_digest(wanted)}"
    paths = [repository / jar.path for jar in wanted]
    if stamp.exists() and all(path.exists() for path in paths):
        return paths
    repository.mkdir(parents=True, exist_ok=True)
    with (cache / "jars.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # of two starts with an empty cache one downloads, the other waits
        missing = [jar for jar in wanted if not is_intact(repository / jar.path, jar)]
        if missing:
            _download(missing, repository, progress)
        for jar in wanted:
            check(repository / jar.path, jar)
        stamp.touch()
    return paths


def is_intact(path: Path, jar: Jar) -> bool:
    """Whether the file is there and is the locked one."""
    return path.exists() and hashlib.sha256(path.read_bytes()).hexdigest() == jar.sha256


def check(path: Path, jar: Jar) -> None:
    """Refuse a jar that differs from the lock, and remove it so that the next start fetches it again."""
    if not is_intact(path, jar):
        path.unlink(missing_ok=True)
        raise JarError(f"{jar.artifact} {jar.version} does not match its hash in {LOCK.name}: not used")


def _digest(jars: list[Jar]) -> str:
    return hashlib.sha256("".join(sorted(jar.sha256 for jar in jars)).encode()).hexdigest()[:16]


def _download(jars: list[Jar], repository: Path, progress: Progress) -> None:
    # These cost half a second to import, which a warm start does not need.
    import truststore  # noqa: PLC0415
    from jgo.maven import MavenContext, PythonResolver  # noqa: PLC0415

    done, received, counting = 0, 0, threading.Lock()

    @contextmanager
    def count(_name: str, _size: int) -> Iterator[Callable[[int], None]]:
        def more(size: int) -> None:
            nonlocal received
            with counting:
                received += size
                progress(done, len(jars), received)

        yield more

    mirror = os.environ.get("WEX_MAVEN_REPOSITORY")
    context = MavenContext(
        resolver=PythonResolver(progress_callback=count),
        repo_cache=repository,
        remote_repos={"mirror": mirror} if mirror else None,
        timeout=60,
    )

    def fetch(jar: Jar) -> None:
        nonlocal done
        (repository / jar.path).unlink(missing_ok=True)
        group, name = jar.artifact.split(":")
        context.project(group, name).at_version(jar.version).artifact().resolve()
        with counting:
            done += 1
            progress(done, len(jars), received)

    truststore.inject_into_ssl()  # a machine behind a proxy of its own trusts that proxy's certificate
    try:
        with ThreadPoolExecutor(max_workers=6) as pool:
            list(pool.map(fetch, jars))
    except (OSError, RuntimeError) as error:
        raise JarError(
            f"Apache Kafka's jars could not be downloaded: {error}\n"
            "Give WEX_KAFKA_BOOTSTRAP (a running broker) or WEX_MAVEN_REPOSITORY (a mirror in reach), "
            "or copy a filled cache to WEX_CACHE."
        ) from error
    finally:
        truststore.extract_from_ssl()
