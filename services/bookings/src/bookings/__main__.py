"""A process of `bookings`, or what an operator asks of it: see `python -m bookings --help`."""

from bookings.main import MIGRATIONS, compose
from shared.process import main

if __name__ == "__main__":
    main(compose, MIGRATIONS)
