"""Environment to settings."""

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """`safeguarding` needs nothing beyond what every service has."""
