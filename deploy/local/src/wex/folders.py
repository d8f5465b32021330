"""Where the local stack keeps its things."""

import os
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[4]


@dataclass(frozen=True)
class Folders:
    """The places below one state folder; everything but the cache belongs to one platform."""

    state: Path

    @property
    def data(self) -> Path:
        """What `wex reset` deletes: the databases, the broker's log and the clock."""
        return self.state / "data"

    @property
    def logs(self) -> Path:
        """One log file per process."""
        return self.state / "logs"

    @property
    def run(self) -> Path:
        """Records of running processes and the supervisor's lock."""
        return self.state / "run"

    @property
    def traces(self) -> Path:
        """Spans received from the services."""
        return self.state / "traces"

    @property
    def issuer(self) -> Path:
        """The development issuer's signing key."""
        return self.state / "issuer"

    @property
    def clock(self) -> Path:
        """By how many seconds the services' business clock runs ahead."""
        return self.data / "clock"

    def log(self, name: str) -> Path:
        """The log file of a process."""
        return self.logs / f"{name}.log"

    @property
    def secrets(self) -> Path:
        """Secrets made for this platform, kept from start to start."""
        return self.state / "secrets.json"

    def make(self) -> "Folders":
        """Create the folders that are missing."""
        for folder in (self.data, self.logs, self.run, self.traces, self.issuer):
            folder.mkdir(parents=True, exist_ok=True)
        return self


def usual_state() -> Path:
    """The state folder of `wex up`: `WEX_STATE`, else `.wex` in the repository."""
    return Path(os.environ.get("WEX_STATE") or REPOSITORY / ".wex").absolute()


def usual() -> Folders:
    """The folders of the platform that `wex up` starts."""
    return Folders(usual_state())


def cache() -> Path:
    """Downloads, shared by every platform of this checkout: `WEX_CACHE`, else `.wex/cache`."""
    return Path(os.environ.get("WEX_CACHE") or REPOSITORY / ".wex" / "cache").absolute()
