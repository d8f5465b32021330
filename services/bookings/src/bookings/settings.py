"""Environment to settings."""

from pydantic import Field, SecretStr

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """What `bookings` needs beyond what every service has."""

    pseudonym_secret: SecretStr = Field(description="Keys the digest that makes a learner's pseudonym")
    roster_private_key: SecretStr = Field(
        description="EC P-256 private key (JWK, JSON), or several as a set (`keys`): rows are sealed to one"
    )
