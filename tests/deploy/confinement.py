"""What a running container may do, from Docker's account of it and from its first process in /proc."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Confinement:
    """How far one container is confined."""

    user: str
    capabilities: str
    may_gain: bool
    writes_root: bool
    memory: int
    processes: int
    cpus: float
    restarts: str
    health: str

    def faults(self, *, own: bool) -> list[str]:
        """What is not as it must be; `own` containers are bounded in processor time too."""
        found = {
            "runs as root": self.user == "0",
            "has capabilities": bool(self.capabilities.strip("0")),
            "may gain privileges": self.may_gain,
            "may write to its root": self.writes_root,
            "has no bound of memory": self.memory <= 0,
            "has no bound of processes": self.processes <= 0,
            "has no bound of processor time": own and self.cpus <= 0,
            "does not come back": self.restarts != "unless-stopped",
            "is not healthy": self.health not in ("healthy", "unasked"),
        }
        return [fault for fault, is_so in found.items() if is_so]


def confinement(inspected: dict[str, Any], status: str, root: str) -> Confinement:
    """From `docker inspect`, and of the first process its status and its root's line in `mountinfo`."""
    host = inspected["HostConfig"]
    process = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    return Confinement(
        user=process["Uid"].split()[1],
        capabilities=process["CapEff"] + process["CapPrm"] + process["CapBnd"],
        may_gain=process["NoNewPrivs"] != "1",
        writes_root="ro" not in root.split()[5].split(","),
        memory=host["Memory"],
        processes=host["PidsLimit"] or 0,
        cpus=host["NanoCpus"] / 1e9,
        restarts=host["RestartPolicy"]["Name"],
        health=inspected["State"].get("Health", {}).get("Status", "unasked"),
    )
