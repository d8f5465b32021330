"""Bookings saved: rows, learners' days, places and deadlines together, for one or a thousand alike."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from asyncpg import IntegrityConstraintViolationError
from pydantic_core import to_json

from bookings.capacity.domain import Holding, PlacesChange, total_changes
from bookings.capacity.ports import Places
from bookings.copies.domain import AssuredSite, ProviderStanding
from bookings.reservations.domain.booking import Booking
from bookings.reservations.domain.eligibility import BookedLearner, LearnerAlreadyBooked, LearnerBusy
from bookings.reservations.domain.lifecycle import State
from bookings.reservations.publishing import publish
from bookings.reservations.repository import statements as sql
from bookings.reservations.repository.loading import load
from shared.bus.transaction import Transaction
from shared.kernel import ConcurrentChange, NotFound

_LIVE = [state.value for state in State if not state.ended]


class _Saved(NamedTuple):
    """What the database holds of a booking, as it was read."""

    version: int
    holding: Holding
    learners: tuple[BookedLearner, ...]
    deadline: tuple[str, datetime] | None


def _saved(booking: Booking, now: datetime) -> _Saved:
    return _Saved(booking.version, booking.holding, booking.learners, booking.deadline(now))


class BookingRepository:
    """Bookings with what they take; statements are the same number for any number of bookings."""

    def __init__(self, transaction: Transaction, places: Places) -> None:
        self._transaction = transaction
        self._db = transaction.db
        self._places = places
        self._read: dict[UUID, _Saved] = {}

    async def get(self, booking_id: UUID, parties: Collection[UUID]) -> Booking:
        found = await self._load(sql.ONE, booking_id=booking_id, parties=list(parties))
        if not found:
            raise NotFound("There is no such booking, or it is not yours")
        return found[0]

    async def waiting_for(self, session_id: UUID, limit: int) -> list[Booking]:
        return await self._load(sql.WAITING_FOR_SESSION, session_id=session_id, limit=limit)

    async def of_session(self, session_id: UUID) -> list[Booking]:
        return await self._load(sql.OF_SESSION, session_id=session_id, states=_LIVE)

    async def of_site(self, site: AssuredSite, states: Collection[State]) -> list[Booking]:
        return await self._load(
            sql.OF_SITE,
            provider_id=site.provider_id,
            site_id=site.site_id,
            activity_band=site.activity_band,
            states=sorted(states),
            now=self._transaction.now,
        )

    async def of_provider(self, standing: ProviderStanding, states: Collection[State]) -> list[Booking]:
        return await self._load(
            sql.OF_PROVIDER,
            provider_id=standing.provider_id,
            site_id=standing.site_id,
            states=sorted(states),
            today=self._transaction.today,
        )

    async def trusted_again(self, standing: ProviderStanding, states: Collection[State]) -> list[Booking]:
        return await self._load(
            sql.TRUSTED_AGAIN,
            provider_id=standing.provider_id,
            site_id=standing.site_id,
            states=sorted(states),
            today=self._transaction.today,
            now=self._transaction.now,
        )

    async def of_learner(self, institution_id: UUID, learner_id: UUID) -> list[Booking]:
        return await self._load(
            sql.OF_LEARNER, institution_id=institution_id, learner_id=learner_id, states=_LIVE
        )

    async def forget_learner(self, institution_id: UUID, learner_id: UUID) -> None:
        values = {"institution_id": institution_id, "learner_id": learner_id}
        await self._db.execute(sql.FORGET_INPUT, values | {"learner_id": str(learner_id)})
        await self._db.execute(sql.FORGET_LEARNER, values)

    async def reserve_days(self, booking: Booking) -> bool:
        of = {"booking_id": booking.id}
        complete = bool(await self._db.scalar(sql.RESERVE_DAYS, of))
        if not complete:
            await self._db.execute(sql.FREE_DAYS, of)
        return complete

    async def save(self, *bookings: Booking) -> None:
        happened = [(booking, event) for booking in bookings for event in booking.take_events()]
        touched = list({booking.id: booking for booking, _ in happened}.values())
        await self._insert([booking for booking in touched if booking.id not in self._read])
        known = [booking for booking in touched if booking.id in self._read]
        await self._update(known)
        await self._correct_ages([booking for booking in known if self._has_other_ages(booking)])
        await self._release([booking for booking in known if self._has_shrunk(booking)])
        await self._set_deadlines(touched)
        await self._settle_places(touched)
        publish(self._transaction, [event for _, event in happened])
        self._remember(touched)

    async def _load(self, clauses: str, **values: Any) -> list[Booking]:
        found = await load(self._db, clauses, **values)
        self._remember(found)
        return found

    def _remember(self, bookings: Iterable[Booking]) -> None:
        now = self._transaction.now
        self._read.update((booking.id, _saved(booking, now)) for booking in bookings)

    async def _insert(self, bookings: Sequence[Booking]) -> None:
        if not bookings:
            return
        rows = to_json([_values(booking) for booking in bookings]).decode()
        try:
            await self._db.execute(sql.INSERT, {"rows": rows})
        except IntegrityConstraintViolationError as error:
            match error.constraint_name:
                case sql.ONE_LIVE_BOOKING_PER_SESSION:
                    raise LearnerAlreadyBooked from None
                case sql.ONE_PLACE_AT_A_TIME:
                    raise LearnerBusy from None
            raise

    async def _update(self, bookings: Sequence[Booking]) -> None:
        if not bookings:
            return
        rows = [
            {
                "booking_id": booking.id,
                "state": booking.state,
                "places": len(booking.learners),
                "held_until": booking.held_until,
                "referred": booking.referred,
                "reason_codes": booking.reason_codes,
                "conditions": booking.conditions,
                "clearance_sequence": booking.clearance_sequence,
                "version": booking.version,
                "read_at": self._read[booking.id].version,
            }
            for booking in bookings
        ]
        result: Any = await self._db.execute(sql.UPDATE, {"rows": to_json(rows).decode()})
        if result.rowcount != len(rows):
            raise ConcurrentChange

    def _has_shrunk(self, booking: Booking) -> bool:
        was = self._read[booking.id]
        return booking.state.ended or len(booking.learners) < len(was.learners)

    def _has_other_ages(self, booking: Booking) -> bool:
        return not set(booking.learners) <= set(self._read[booking.id].learners)

    async def _correct_ages(self, bookings: Sequence[Booking]) -> None:
        if not bookings:
            return
        rows = [
            {"booking_id": booking.id, **_learner(each)} for booking in bookings for each in booking.learners
        ]
        await self._db.execute(sql.CORRECT_AGES, {"rows": to_json(rows).decode()})

    async def _release(self, bookings: Sequence[Booking]) -> None:
        if not bookings:
            return
        rows = [
            {
                "booking_id": booking.id,
                "live": not booking.state.ended,
                "learner_ids": booking.learner_ids,
            }
            for booking in bookings
        ]
        await self._db.execute(sql.RELEASE, {"rows": to_json(rows).decode()})

    async def _set_deadlines(self, bookings: Sequence[Booking]) -> None:
        lifted, waits = defaultdict(list), []
        for booking in bookings:
            was = self._read[booking.id].deadline if booking.id in self._read else None
            is_now = booking.deadline(self._transaction.now)
            if was is not None and (is_now is None or is_now[0] != was[0]):
                lifted[was[0]].append(booking.id)
            if is_now is not None and is_now != was:
                name, due_at = is_now
                waits.append((name, booking.id, booking.institution_id, due_at))
        for name, subject_ids in lifted.items():
            await self._transaction.stop_waiting_each(name, subject_ids)
        await self._transaction.wait_until_each(waits)

    async def _settle_places(self, bookings: Iterable[Booking]) -> None:
        changes = []
        for booking in bookings:
            new = booking.id not in self._read
            change = booking.holding if new else booking.holding.minus(self._read[booking.id].holding)
            newcomer = new and booking.state.holds_places
            changes.append(PlacesChange(booking.session_id, change, newcomer))
        await self._places.settle(total_changes(changes))


def _values(booking: Booking) -> dict[str, Any]:
    return {
        "booking_id": booking.id,
        "institution_id": booking.institution_id,
        "provider_id": booking.provider_id,
        "session_id": booking.session_id,
        "opportunity_id": booking.opportunity_id,
        "cohort_id": booking.cohort_id,
        "state": booking.state,
        "places": len(booking.learners),
        "first_day": booking.first_day,
        "last_day": booking.last_day,
        "begins_at": booking.begins_at,
        "asked_at": booking.asked_at,
        "held_until": booking.held_until,
        "referred": booking.referred,
        "reason_codes": booking.reason_codes,
        "decision": {
            "rule_pack": booking.decision.rule_pack,
            "version": booking.decision.version,
            "reason_codes": booking.decision.reason_codes,
            "inputs": booking.decision.inputs,
        },
        "version": booking.version,
        "holds": booking.state.holds_places,
        "learners": [_learner(each) for each in booking.learners],
    }


def _learner(learner: BookedLearner) -> dict[str, Any]:
    return {
        "learner_id": learner.learner_id,
        "under_16": learner.under_16_on_every_day,
        "compulsory": learner.of_compulsory_school_age,
        "under_16_days": learner.under_16_days,
        "last_two_years": learner.in_last_two_compulsory_years,
        "needs_review": learner.needs_review,
    }
