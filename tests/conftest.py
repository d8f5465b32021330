"""Every test's fixtures come from tests/infra; no test is a matter of how quick the machine is."""

from hypothesis import HealthCheck, settings

settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")
pytest_plugins = ["tests.infra.fixtures", "tests.infra.running"]
