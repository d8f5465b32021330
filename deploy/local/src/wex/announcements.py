"""What a platform announces while it starts, runs and stops."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Announcement:
    """Something that happened to one process.

    The kind is `starting`, `fetching`, `ready`, `died`, `stopped` or `note`.
    """

    name: str
    kind: str
    detail: str = ""
