"""A process of `opportunities`, or what an operator asks of it: see `python -m opportunities --help`."""

from opportunities.main import MIGRATIONS, compose
from shared.process import main

if __name__ == "__main__":
    main(compose, MIGRATIONS)
