"""Composition root: the service on one page."""

from pathlib import Path
from typing import Any

from bookings.announcements import ANNOUNCEMENTS
from bookings.attendance import api as attendance
from bookings.attendance.queries import AttendanceQueries
from bookings.attendance.reads import AttendanceReads
from bookings.capacity import api as capacity
from bookings.capacity.queries import PlacesQueries
from bookings.capacity.reads import PlacesReads
from bookings.capacity.rule_packs import place_rules
from bookings.copies.rule_packs import site_trust_rules
from bookings.counting import COUNTING
from bookings.learners import api as learners
from bookings.learners.queries import LearnerQueries
from bookings.learners.reads import LearnerReads
from bookings.learners.roster import Keys
from bookings.reservations import api as reservations
from bookings.reservations.queries import BookingQueries
from bookings.reservations.reads import BookingReads
from bookings.reservations.rule_packs import eligibility_rules
from bookings.restoring import OWN_EVENTS
from bookings.settings import Settings
from bookings.subscriptions import DEADLINES, SUBSCRIPTIONS
from bookings.unit_of_work import BookingsUnitOfWork, Rules
from shared.bus.transaction import Transaction
from shared.kernel import Clock
from shared.persistence.database import Database
from shared.rulepacks import RulePacks
from shared.runtime import Service

MIGRATIONS = Path(__file__).parents[2] / "migrations"
RULES = Path(__file__).parent / "rules"


def compose(settings: Settings | None = None, clock: Clock | None = None) -> Service[BookingsUnitOfWork]:
    """Learners, places, bookings, waiting lists and attendance."""
    settings = settings or Settings()
    packs = RulePacks(RULES)
    rules = Rules(site_trust_rules(packs), eligibility_rules(packs), place_rules(packs))
    keys = Keys(settings.roster_private_key.get_secret_value(), settings.pseudonym_secret.get_secret_value())

    def open_unit_of_work(transaction: Transaction) -> BookingsUnitOfWork:
        return BookingsUnitOfWork(transaction, rules, keys)

    return Service(
        name="bookings",
        title="Learners, places and bookings",
        settings=settings,
        open_unit_of_work=open_unit_of_work,
        open_reads=open_reads,
        routers=[
            reservations.fast_routes,
            reservations.routes,
            attendance.routes,
            capacity.routes,
            learners.cohorts,
            learners.routes,
            reservations.erasures,
        ],
        subscriptions=SUBSCRIPTIONS,
        deadlines=DEADLINES,
        announcements=ANNOUNCEMENTS,
        counting=COUNTING,
        own_events=OWN_EVENTS,
        clock=clock,
    )


def open_reads(database: Database) -> dict[type, Any]:
    """What answers each protocol of queries."""
    bookings = BookingReads(database)
    return {
        LearnerQueries: LearnerReads(database),
        PlacesQueries: PlacesReads(database),
        BookingQueries: bookings,
        AttendanceQueries: AttendanceReads(database, bookings),
    }
