"""The toy service of the kit's tests, for violations planted in its database."""

from tests.shared.conftest import toy

__all__ = ["toy"]
