"""Kafka's jars: only the locked ones are used."""

import hashlib
from pathlib import Path

import pytest

from wex.kafka_jars import Jar, JarError, check, fetch_jars, locked_jars

JAR = Jar("org.example:tool", "1.0", hashlib.sha256(b"the real one").hexdigest())


def put(cache: Path, content: bytes) -> Path:
    """A jar in the cache as a download would leave it."""
    path = cache / "jars" / JAR.path
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    return path


def test_a_jar_in_the_cache_is_used_without_a_download(tmp_path: Path) -> None:
    path = put(tmp_path, b"the real one")
    assert fetch_jars(tmp_path, lambda *_: None, [JAR]) == [path]


def test_a_changed_jar_is_refused_and_removed(tmp_path: Path) -> None:
    path = put(tmp_path, b"another one")
    with pytest.raises(JarError, match=r"org\.example:tool 1\.0 does not match its hash"):
        check(path, JAR)
    assert not path.exists()


def test_a_missing_jar_is_refused(tmp_path: Path) -> None:
    with pytest.raises(JarError):
        check(tmp_path / "absent.jar", JAR)


def test_what_cannot_be_downloaded_names_the_alternatives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEX_MAVEN_REPOSITORY", "http://127.0.0.1:9")
    with pytest.raises(JarError, match="WEX_KAFKA_BOOTSTRAP"):
        fetch_jars(tmp_path, lambda *_: None, [JAR])


def test_the_lock_names_one_kafka_and_every_jar_once() -> None:
    jars = locked_jars()
    names = [jar.artifact for jar in jars]
    assert len(names) == len(set(names))
    assert [jar.version for jar in jars if jar.artifact == "org.apache.kafka:kafka_2.13"] == ["4.3.1"]
    assert all(len(jar.sha256) == 64 for jar in jars)
