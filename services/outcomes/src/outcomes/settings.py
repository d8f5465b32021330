"""Environment to settings."""

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """`outcomes` needs nothing beyond what every service has."""
