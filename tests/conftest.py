"""Every test's fixtures come from tests/infra."""

pytest_plugins = ["tests.infra.fixtures", "tests.infra.running"]
