"""Environment to settings."""

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """`opportunities` needs nothing beyond what every service has."""
