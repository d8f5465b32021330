"""How many of each process a platform runs."""

from dataclasses import dataclass

from wex.ports import SERVICES

ROLES = ("api", "worker")


@dataclass(frozen=True)
class Shape:
    """The n-th of a kind is called `<kind>-<n>`, and the first of it `<kind>`.

    `of_each`: apis and workers of each service. `brokers`: three keep three copies of every topic.
    `standby`: services know a second database server, `postgres-2`, which whoever needs it makes and starts.
    `clusters`: instead of one database server for all, each service has its own, `postgres-<service>`, whose
    write-ahead log is archived.
    `linked`: the engines can also be reached through ports at which nobody listens yet (`kafka-linked`,
    `postgres-linked`); whoever breaks links does, and passes on to `kafka-link` and `postgres`.
    """

    of_each: int = 1
    brokers: int = 1
    standby: bool = False
    clusters: bool = False
    linked: bool = False

    @property
    def databases(self) -> list[str]:
        """The names of the database servers services know."""
        if self.clusters:
            return [cluster_of(service) for service in SERVICES]
        return numbered("postgres", 1 + self.standby)

    @property
    def nodes(self) -> list[str]:
        """The names of the brokers."""
        return numbered("kafka", self.brokers)

    @property
    def links(self) -> list[str]:
        """The names of the links' ports."""
        return ["kafka-link", "kafka-linked", "postgres-linked"] if self.linked else []

    def processes(self, services: tuple[str, ...]) -> list[str]:
        """The names of the services' processes."""
        return [
            name
            for service in services
            for role in ROLES
            for name in numbered(f"{service}-{role}", self.of_each)
        ]


ONE_OF_EACH = Shape()


def cluster_of(service: str) -> str:
    """The name of the database server that is this service's alone."""
    return f"postgres-{service}"


def numbered(kind: str, count: int) -> list[str]:
    """The names of so many of a kind."""
    return [kind, *(f"{kind}-{number}" for number in range(2, count + 1))]
