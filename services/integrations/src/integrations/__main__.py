"""`python -m integrations api | worker | migrate | replay | parked | announce | restored | openapi`."""

from integrations.main import MIGRATIONS, compose
from shared.process import main

if __name__ == "__main__":
    main(compose, MIGRATIONS)
