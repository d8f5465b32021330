"""The example service of the kit's tests, for violations planted in its database."""

from tests.shared.conftest import example

__all__ = ["example"]
