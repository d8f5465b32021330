"""Composition root: the service on one page."""

from pathlib import Path

from bookings.adapters.reads import BookingsReads
from bookings.adapters.rulebook import Rulebook
from bookings.api import attendance, bookings, sessions
from bookings.application.ports import UnitOfWork
from bookings.application.queries import Reads
from bookings.learners import api as learners
from bookings.learners.queries import LearnerQueries
from bookings.learners.reads import LearnerReads
from bookings.learners.roster import Keys
from bookings.settings import Settings
from bookings.subscriptions import DEADLINES, SUBSCRIPTIONS
from bookings.unit_of_work import BookingsUnitOfWork
from shared.bus.transaction import Transaction
from shared.kernel import Clock
from shared.runtime import Service

MIGRATIONS = Path(__file__).parents[2] / "migrations"


def compose(settings: Settings | None = None, clock: Clock | None = None) -> Service[UnitOfWork]:
    """Learners, places, bookings, waiting lists and attendance."""
    settings = settings or Settings()
    rulebook = Rulebook()
    keys = Keys(settings.roster_private_key.get_secret_value(), settings.pseudonym_secret.get_secret_value())

    def open_unit_of_work(transaction: Transaction) -> UnitOfWork:
        return BookingsUnitOfWork(transaction, rulebook, keys)

    return Service(
        name="bookings",
        title="Learners, places and bookings",
        settings=settings,
        open_unit_of_work=open_unit_of_work,
        open_reads=lambda database: {
            LearnerQueries: LearnerReads(database),
            Reads: BookingsReads(database),
        },
        routers=[
            bookings.rush,
            bookings.routes,
            attendance.routes,
            sessions.routes,
            learners.cohorts,
            learners.routes,
            bookings.erasures,
        ],
        subscriptions=SUBSCRIPTIONS,
        deadlines=DEADLINES,
        clock=clock,
    )
