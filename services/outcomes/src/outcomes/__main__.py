"""A process of `outcomes`, or what an operator asks of it: see `python -m outcomes --help`."""

from outcomes.main import MIGRATIONS, compose
from outcomes.operating import TOTALS
from shared.process import main

if __name__ == "__main__":
    main(compose, MIGRATIONS, TOTALS)
