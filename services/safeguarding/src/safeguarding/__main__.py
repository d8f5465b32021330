"""A process of `safeguarding`, or what an operator asks of it: see `python -m safeguarding --help`."""

from safeguarding.main import MIGRATIONS, compose
from shared.process import main

if __name__ == "__main__":
    main(compose, MIGRATIONS)
