"""`python -m outcomes api | worker | migrate | replay | parked | announce | restored | openapi`."""

from outcomes.main import MIGRATIONS, compose
from shared.process import main

if __name__ == "__main__":
    main(compose, MIGRATIONS)
