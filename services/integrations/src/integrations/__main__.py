"""A process of `integrations`, or what an operator asks of it: see `python -m integrations --help`."""

from integrations.main import MIGRATIONS, compose
from shared.process import main

if __name__ == "__main__":
    main(compose, MIGRATIONS)
