"""What docker-compose.yml promises, held without a Docker engine."""

import json
import re
from collections import Counter
from importlib import import_module
from pathlib import Path
from urllib.parse import urlsplit

import jsonschema
import pytest
import yaml

from shared.messaging.topics import TOPICS_FILE
from shared.persistence.provision import role_names
from shared.settings import ServiceSettings
from shared.telemetry.tracing import HIDDEN
from tests.deploy.composition import (
    OWN,
    SERVERS,
    VARIABLE,
    dependencies,
    env_values,
    environment,
    raw,
    services,
)
from wex.folders import REPOSITORY
from wex.ports import SERVICES, USUAL_PORTS

# As published with compose-go 2.16.2, under the Apache License beside it.
SCHEMA = Path(__file__).parent / "compose_spec" / "compose-spec.json"
PINNED = re.compile(r"[\w./-]+:v?\d+\.\d+(\.\d+)?(-[a-z]+)?")


def settings_of(service: str) -> type[ServiceSettings]:
    found: type[ServiceSettings] = import_module(f"{service}.settings").Settings
    return found


def test_it_is_a_valid_compose_file() -> None:
    jsonschema.validate(raw(), json.loads(SCHEMA.read_text()))


@pytest.mark.parametrize("name", SERVERS)
def test_a_process_is_given_just_what_its_settings_know_and_need(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, given = settings_of(name.rpartition("-")[0]), environment(name)
    assert set(given) <= {f"WEX_{field.upper()}" for field in settings.model_fields}
    for variable in settings.model_fields:
        monkeypatch.delenv(f"WEX_{variable.upper()}", raising=False)
    for variable, value in given.items():
        monkeypatch.setenv(variable, value)
    assert settings().environment == "production"


@pytest.mark.parametrize("service", SERVICES)
def test_only_migrate_knows_the_owner_and_knows_nothing_else(service: str) -> None:
    assert set(environment(f"{service}-migrate")) == {"WEX_OWNER_DATABASE_URL"}


@pytest.mark.parametrize("service", SERVICES)
def test_each_role_connects_with_the_password_that_databases_gives_it(service: str) -> None:
    made = environment("databases")
    urls = {
        "OWNER": environment(f"{service}-migrate")["WEX_OWNER_DATABASE_URL"],
        "APP": environment(f"{service}-api")["WEX_DATABASE_URL"],
        "RELAY": environment(f"{service}-worker")["WEX_RELAY_DATABASE_URL"],
    }
    for name, (role, url) in zip(role_names(service), urls.items(), strict=True):
        parts = urlsplit(url)
        assert (parts.username, parts.path) == (name, f"/wex_{service}")
        assert parts.password == made[f"WEX_{service.upper()}_{role}_PASSWORD"]
    assert service in services()["databases"]["command"]


def test_secrets_are_those_of_the_example_no_two_alike() -> None:
    used = set(VARIABLE.findall((REPOSITORY / "docker-compose.yml").read_text()))
    assert {name for name, _ in used} == set(env_values())
    assert all(must for _, must in used), "each must be given: `${NAME:?}`"
    assert max(Counter(env_values().values()).values()) == 1


def test_the_example_holds_no_secret() -> None:
    lines = (REPOSITORY / ".env.example").read_text().splitlines()
    assert all(not line or line.startswith("#") or line.endswith("=") for line in lines)


def test_nothing_waits_for_what_is_not_there_or_never_tells() -> None:
    for name, service in services().items():
        for other, how in service.get("depends_on", {}).items():
            needed = services()[other]
            if how["condition"] == "service_healthy":
                assert "healthcheck" in needed, f"{name} waits for {other}"
            else:
                assert how["condition"] == "service_completed_successfully"
                assert needed["restart"] == "no", f"{name} waits for {other}"


@pytest.mark.parametrize("service", SERVICES)
def test_processes_start_after_migrations_and_workers_after_topics(service: str) -> None:
    api, worker = dependencies(f"{service}-api"), dependencies(f"{service}-worker")
    assert {f"{service}-migrate", "databases", "postgres"} == set(api)
    assert {*api, "topics", "kafka"} == set(worker)


def test_servers_tell_their_health_by_the_image_s_own_check() -> None:
    for name in SERVERS:
        assert services()[name]["healthcheck"]["test"] == ["CMD", "python", "/app/health.py"]
        assert services()[name]["init"], (
            f"{name}: the check kills the server, not the container's first process"
        )


def test_every_other_container_tells_its_health_but_those_whose_images_have_no_program_to_ask() -> None:
    silent = {name for name in services() if name not in OWN and "healthcheck" not in services()[name]}
    assert silent == {"otel-collector", "jaeger"}


def test_images_are_pinned_or_built_here() -> None:
    for service in services().values():
        if build := service.get("build"):
            assert (REPOSITORY / build["context"] / build.get("dockerfile", "Dockerfile")).is_file()
            assert service["image"].endswith(":local")
        else:
            assert PINNED.fullmatch(service["image"]), service["image"]
    assert all("build" in services()[name] for name in OWN)


def test_no_container_may_write_to_its_root_or_has_a_capability_or_gets_one() -> None:
    for name, service in services().items():
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert "cap_add" not in service, name
        assert service["security_opt"] == ["no-new-privileges:true"], name


def test_no_container_runs_as_root() -> None:
    for name, service in services().items():  # the images of ours say it themselves: test_images.py
        assert name in OWN or re.fullmatch(r"[1-9]\d+:\d+", service["user"]), name


def test_a_worker_has_a_name_that_its_group_knows_again_and_an_api_has_none() -> None:
    named = {name: environment(name).get("WEX_INSTANCE") for name in SERVERS}
    assert named == {name: name if name.endswith("-worker") else None for name in SERVERS}


def test_every_container_has_bounds_and_comes_back() -> None:
    for name, service in services().items():
        assert service["mem_limit"], name
        assert service["pids_limit"], name
        assert name not in OWN or service["cpus"] == 1, name
        assert service["logging"]["options"]["max-size"], name
        one_shot = name not in SERVERS and name in OWN
        assert service["restart"] == ("no" if one_shot else "unless-stopped"), name


def test_ports_are_published_once_on_the_loopback_address_as_in_the_local_stack() -> None:
    published = {(name, port) for name, service in services().items() for port in service.get("ports", [])}
    ports = [port.split(":")[1] for _, port in published]
    assert all(port.startswith("127.0.0.1:") for _, port in published)
    assert len(ports) == len(set(ports))
    for service in SERVICES:
        assert (f"{service}-api", f"127.0.0.1:{USUAL_PORTS[f'{service}-api']}:8000") in published


def test_one_process_alone_has_a_way_out() -> None:
    networks = raw()["networks"]
    assert networks["inside"] == {"internal": True}
    assert [name for name, service in services().items() if "outside" in service["networks"]] == [
        "integrations-worker"
    ]
    for name, service in services().items():
        assert "inside" in service["networks"], name
        assert ("front" in service["networks"]) == ("ports" in service), name


def test_everything_mounted_is_there() -> None:
    for name, service in services().items():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("./"):
                assert (REPOSITORY / source).is_file(), name
                assert volume.endswith(":ro"), name
            else:
                assert source in raw()["volumes"], name


def test_topics_come_from_the_platforms_one_file() -> None:
    topics = services()["topics"]
    source, target, _ = topics["volumes"][0].split(":")
    assert (REPOSITORY / source).resolve() == TOPICS_FILE
    assert topics["command"] == ["topics", "--file", target]


def test_postgres_takes_every_connection_the_pools_may_open() -> None:
    pools = sum(
        settings_of(name.rpartition("-")[0]).model_fields["database_pool_size"].default for name in SERVERS
    )
    beside = 4 * len(SERVERS)  # relay, waker, advisory locks
    command = services()["postgres"]["command"]
    allowed = next(int(part.split("=")[1]) for part in command if part.startswith("max_connections="))
    assert pools + beside < allowed


def test_prometheus_reads_every_process() -> None:
    config = yaml.safe_load((REPOSITORY / "deploy/compose/prometheus.yml").read_text())
    targets = config["scrape_configs"][0]["static_configs"][0]["targets"]
    assert sorted(targets) == sorted(f"{name}:8000" for name in SERVERS)


def test_every_alert_is_about_a_figure_there_is_and_has_its_runbook() -> None:
    config = yaml.safe_load((REPOSITORY / "deploy/compose/prometheus.yml").read_text())
    mounted = {volume.partition(":")[0] for volume in services()["prometheus"]["volumes"]}
    told = (REPOSITORY / "shared/src/shared/telemetry/metrics.py").read_text()
    for name in config["rule_files"]:
        assert f"./deploy/compose/{name}" in mounted
        groups = yaml.safe_load((REPOSITORY / "deploy/compose" / name).read_text())["groups"]
        for rule in (rule for group in groups for rule in group["rules"]):
            assert all(f'"{figure}"' in told for figure in re.findall(r"wex_\w+", rule["expr"]))
            assert rule["alert"] in (REPOSITORY / rule["annotations"]["runbook"]).read_text()


def test_traces_reach_the_viewer_without_what_may_name_a_person() -> None:
    config = yaml.safe_load((REPOSITORY / "deploy/compose/otel-collector.yaml").read_text())
    pipeline = config["service"]["pipelines"]["traces"]
    for room in ("receivers", "processors", "exporters"):
        assert set(pipeline[room]) == set(config[room])
    taken = {action["key"] for action in config["processors"]["attributes/personal"]["actions"]}
    assert taken >= set(HIDDEN)
    port = urlsplit(environment("bookings-api")["WEX_OTLP_ENDPOINT"]).port
    assert config["receivers"]["otlp"]["protocols"]["http"]["endpoint"].endswith(f":{port}")
