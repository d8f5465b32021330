"""Writes `docs/settings.md`, the table of every setting: `python deploy/api/settings_table.py`.

Settings come from the pydantic classes of the kit and of each service; `make contracts` runs this. What
the local stack and the set-up read from the environment without such a class is named here.
"""

from importlib import import_module
from pathlib import Path
from typing import Any

from shared.settings import ServiceSettings

REPOSITORY = Path(__file__).resolve().parents[2]
PAGE = REPOSITORY / "docs" / "settings.md"
SERVICES = ("opportunities", "bookings", "safeguarding", "outcomes", "integrations")
HEAD = """# Settings

Every setting is an environment variable. Written by `make contracts` from the settings classes
([shared/settings.py](../shared/src/shared/settings.py) and each service's `settings.py`); a test compares.

*Read by* is the process that acts on it: `api`, `worker`, `migrate`, or both `api` and `worker`, which are
started with the same settings. **Secret**: never printed or logged. **Local only**: a process whose
`WEX_ENVIRONMENT` is `production` does not start with it.
"""
SETTINGS = "| setting | type | default | read by | what it is |"
VARIABLES = "| variable | what it is |"
SET_UP = {
    "WEX_ADMIN_DATABASE_URL": "PostgreSQL, as a superuser: makes databases and roles (**secret**)",
    "WEX_<SERVICE>_OWNER_PASSWORD": "what the owner role of a service is given as password (**secret**)",
    "WEX_<SERVICE>_APP_PASSWORD": "the same for the app role (**secret**)",
    "WEX_<SERVICE>_RELAY_PASSWORD": "the same for the relay role (**secret**)",
    "WEX_KAFKA_BOOTSTRAP": "host:port of a broker: makes topics",
}
LOCAL_STACK = {
    "WEX_STATE": "folder of the platform's data, logs and secrets; default `.wex`",
    "WEX_CACHE": "folder of downloads, shared by the platforms of a checkout; default `.wex/cache`",
    "WEX_POSTGRES_URL": "a PostgreSQL server to use instead of starting one, as a superuser (**secret**)",
    "WEX_KAFKA_BOOTSTRAP": "a broker to use instead of starting one",
    "WEX_PREFIX": "set before the names of databases and topics, to share engines",
    "WEX_JAVA_HOME": "a Java runtime to use instead of the one that is installed with the packages",
    "WEX_MAVEN_REPOSITORY": "where Kafka's jars are fetched from instead of the usual place",
    "WEX_FORK": "`no`: start each service as an ordinary process; only Linux forks them",
    "WEX_LOG_FORMAT": "`json` or `console`; default `console` here",
}


def page() -> str:
    """The whole page."""
    common = rows_of(ServiceSettings)
    parts = [HEAD, section("Every service", SETTINGS, list(common.values()))]
    for service in SERVICES:
        own = rows_of(import_module(f"{service}.settings").Settings)
        if added := [row for name, row in own.items() if name not in common]:
            parts.append(section(f"`{service}` alone", SETTINGS, added))
    parts.append(section("Set-up: `python -m shared.setup databases | topics`", VARIABLES, plain(SET_UP)))
    parts.append(section("The local stack: `wex`, `make run`, `make test`", VARIABLES, plain(LOCAL_STACK)))
    return "\n".join(parts)


def section(title: str, columns: str, rows: list[str]) -> str:
    """A heading and its table."""
    line = "|---" * (columns.count("|") - 1) + "|"
    return "\n".join([f"## {title}", "", columns, line, *rows]) + "\n"


def plain(variables: dict[str, str]) -> list[str]:
    """Rows of variables that have no class."""
    return [f"| `{name}` | {words} |" for name, words in variables.items()]


def rows_of(settings: type[ServiceSettings]) -> dict[str, str]:
    """A row for each setting of a class, by the setting's name."""
    schema = settings.model_json_schema()
    required = set(schema.get("required", ()))
    prefix = settings.model_config.get("env_prefix", "")
    found = {}
    for name, member in schema["properties"].items():
        kind, secret = type_of(member)
        marks = ["**Secret.**"] * secret + ["**Local only.**"] * (name in settings.local_only())
        words = " ".join([f"{member['description']}.", *marks])
        default = "required" if name in required else default_of(member)
        row = (f"`{prefix}{name.upper()}`", kind, default, member.get("read_by", "api, worker"), words)
        found[name] = f"| {' | '.join(row)} |"
    return found


def type_of(member: dict[str, Any]) -> tuple[str, bool]:
    """The type as a reader needs it, and whether it is a secret."""
    given = next((each for each in member.get("anyOf", ()) if each.get("type") != "null"), member)
    secret = given.get("format") == "password"
    if "enum" in given:
        return ", ".join(f"`{value}`" for value in given["enum"]), secret
    kind = {"string": "text", "integer": "integer", "number": "number", "boolean": "boolean"}[given["type"]]
    if given.get("format") == "path":
        kind = "path"
    if "minimum" in given:
        kind += f", {given['minimum']:,} to {given['maximum']:,}"
    return kind, secret


def default_of(member: dict[str, Any]) -> str:
    """The default as it would be written into the environment; none is empty."""
    value = member.get("default")
    if value in (None, ""):
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


if __name__ == "__main__":
    PAGE.write_text(page())
