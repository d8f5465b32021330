"""Bookings: a learner's or cohort's places in a session, from the asking to the end."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime, time
from uuid import UUID

from bookings.capacity.domain import Holding, Session
from bookings.capacity.rules import PlaceRules
from bookings.reservations.domain.eligibility import BookedLearner, Decision
from bookings.reservations.domain.events import (
    BookingChanged,
    BookingConfirmed,
    BookingEnded,
    BookingReinstated,
    BookingRequested,
    BookingSuspended,
    BookingWaitlisted,
    ClearanceReceived,
)
from bookings.reservations.domain.lifecycle import State, Trigger, after
from shared.kernel import Aggregate, Conflict, Forbidden, Invalid
from shared.kernel.clock import LONDON

HOLD = "booking-hold"
BEGINNING = "booking-session-begins"
SESSION_CANCELLED = "session-cancelled"
REVOKED = "clearance-revoked"


class BookingStateForbids(Conflict):
    """What was asked is not possible (any more) in the booking's state."""

    slug = "booking-state-forbids"
    title = "The booking's state does not allow this"


class NotTheAsker(Forbidden):
    """Only the institution that asked for a booking takes it back."""

    slug = "not-the-asking-institution"
    title = "Only the institution that asked for the booking may do this"


class LearnerNotOnBooking(Invalid):
    """Only who is on a booking can leave it."""

    slug = "learner-not-on-booking"
    title = "A learner is not on this booking"


@dataclass(slots=True)
class Booking(Aggregate):
    """An institution's places in a session."""

    id: UUID
    session_id: UUID
    opportunity_id: UUID
    institution_id: UUID
    provider_id: UUID
    state: State
    learners: tuple[BookedLearner, ...]
    first_day: date
    last_day: date
    begins_at: datetime
    asked_at: datetime
    decision: Decision
    cohort_id: UUID | None = None
    held_until: datetime | None = None
    referred: bool = False
    reason_codes: tuple[str, ...] = field(default=())
    conditions: tuple[str, ...] = field(default=())
    clearance_sequence: int = 0

    @classmethod
    def request(
        cls,
        booking_id: UUID,
        institution_id: UUID,
        session: Session,
        learners: tuple[BookedLearner, ...],
        decision: Decision,
        now: datetime,
        *,
        rules: PlaceRules,
        join_waiting_list: bool,
        cohort_id: UUID | None = None,
    ) -> "Booking":
        """Ask for places: held at once where there is room, or on the waiting list where that is wished.

        Raises `NoPlacesLeft`.
        """
        room = session.has_room_for(len(learners))
        if not join_waiting_list:
            session.must_have_room_for(len(learners))
        booking = cls(
            id=booking_id,
            session_id=session.id,
            opportunity_id=session.opportunity_id,
            institution_id=institution_id,
            provider_id=session.provider_id,
            state=State.AWAITING_CLEARANCE if room else State.WAITLISTED,
            learners=learners,
            first_day=session.first_day,
            last_day=session.last_day,
            begins_at=session.begins_at,
            asked_at=now,
            decision=decision,
            cohort_id=cohort_id,
        )
        if room:
            booking._hold_places(now, rules)
        else:
            booking.record(BookingWaitlisted(*booking._ids, places=len(learners)))
        return booking

    @property
    def learner_ids(self) -> list[UUID]:
        return [learner.learner_id for learner in self.learners]

    @property
    def holding(self) -> Holding:
        holds = self.state.holds_places
        return Holding(len(self.learners) if holds else 0, int(self.state is State.WAITLISTED))

    def deadline(self, now: datetime) -> tuple[str, datetime] | None:
        """What the booking waits for and until when; a confirmed or ended one waits for nothing.

        Nor does one that is suspended while its session is under way: it took place until then.
        """
        if self.state is State.AWAITING_CLEARANCE and self.held_until is not None:
            return HOLD, self.held_until
        if self.state is State.WAITLISTED:
            return BEGINNING, datetime.combine(self.first_day, time(), LONDON)
        if self.state.suspended and now < self.begins_at:
            return BEGINNING, self.begins_at
        return None

    def must_be_asked_by(self, institutions: Collection[UUID]) -> None:
        """Raises `NotTheAsker` unless one of the institutions asked for the booking."""
        if self.institution_id not in institutions:
            raise NotTheAsker

    def promote(self, now: datetime, rules: PlaceRules) -> None:
        """Its turn has come: places are held for it."""
        self._must_move(Trigger.PLACES_CAME_FREE)
        self._hold_places(now, rules)

    def pass_over(self) -> None:
        """Its turn has come, but its learners have since been booked elsewhere on these days."""
        self._end(Trigger.LEARNERS_ARE_BUSY, "learner-busy")

    def hears_of_clearance(self, sequence: int, today: date) -> bool:
        """Whether what safeguarding decided is news: later than what was heard before, and in time."""
        if self.state.ended or self.last_day < today or sequence <= self.clearance_sequence:
            return False
        self.clearance_sequence = sequence
        return True

    def clear(self, conditions: tuple[str, ...]) -> None:
        """Safeguarding lets it go ahead under these conditions, or under others than before."""
        were, self.conditions = self.conditions, conditions
        if self._move(Trigger.CLEARANCE_GRANTED):
            self.held_until = None
            if self.state is State.CONFIRMED:
                self._confirmed()
            else:
                self.record(ClearanceReceived(*self._ids))
        elif conditions != were:
            self._changed()

    def revoke(self) -> None:
        """Safeguarding takes back that it may go ahead: it keeps its places until the session begins."""
        if self._move(Trigger.CLEARANCE_REVOKED):
            self.held_until = None
            self.conditions = ()
            self.record(BookingSuspended(*self._ids, REVOKED))

    def correct_age(self, learner: BookedLearner) -> None:
        """A birth date was corrected: what follows from it for this booking."""
        learners = tuple(learner if each.learner_id == learner.learner_id else each for each in self.learners)
        if learners != self.learners:
            self.learners = learners
            self._changed()

    def refuse(self, reason_codes: tuple[str, ...]) -> None:
        """Safeguarding refused it."""
        self._end(Trigger.CLEARANCE_REFUSED, *reason_codes)

    def refer(self, now: datetime, rules: PlaceRules) -> None:
        """A person must decide: places are kept for the time a person needs. Once is enough."""
        if self.referred or not self._move(Trigger.CLEARANCE_REFERRED):
            return
        self.referred = True
        if self.held_until is not None:
            self.held_until = self._held_from(now, rules)
        self.record(ClearanceReceived(*self._ids))

    def expire_hold(self, now: datetime, rules: PlaceRules) -> None:
        """The hold's deadline passed, unless it has been moved since.

        The rules decide within moments: where nothing was heard by now the delay is the platform's own. The
        booking keeps its places and is asked for anew, until the session begins.
        """
        if self.held_until is None or self.held_until > now:
            return
        if self.referred or self.begins_at <= now:
            self._end(Trigger.HOLD_RAN_OUT, "hold-ran-out")
        else:
            self._hold_places(now, rules)

    def miss_session(self) -> None:
        """The session begins without it."""
        self._end(Trigger.SESSION_BEGAN, "session-began")

    def withdraw(self) -> None:
        """Taken back before it was confirmed. Raises `BookingStateForbids`."""
        self._must_end(Trigger.WITHDRAWN, "withdrawn-by-institution")

    def cancel(self, reason_code: str, today: date) -> None:
        """Taken back after it was confirmed. Raises `BookingStateForbids`, also when it is over."""
        if self.last_day < today:
            raise BookingStateForbids("The session is over", state=self.state.shown)
        self._must_end(Trigger.CANCELLED, reason_code)

    def cancel_with_session(self, reason_code: str) -> None:
        """The session will not take place."""
        self._end(Trigger.SESSION_CANCELLED, reason_code)

    def end_as_told(self, state: State, reason_codes: tuple[str, ...]) -> None:
        """Others were told that it ended, and a restore forgot it: it has, whatever it stands at now."""
        if not self.state.ended:
            self._ended(state, reason_codes)

    def depart(self, leaving: Collection[UUID], reason_code: str) -> None:
        """Some learners leave; without any left the booking ends.

        Raises `BookingStateForbids`, `LearnerNotOnBooking`.
        """
        if self.state.ended:
            raise BookingStateForbids("The booking has ended", state=self.state.shown)
        if not set(leaving) <= set(self.learner_ids):
            raise LearnerNotOnBooking(field="body.learner_ids")
        self.learners = tuple(each for each in self.learners if each.learner_id not in leaving)
        if self.learners:
            self._changed(tuple(sorted(leaving)))
        elif not self._end(Trigger.WITHDRAWN, reason_code):
            self._end(Trigger.CANCELLED, reason_code)

    def suspend(self, reason_code: str) -> None:
        """The provider's site is no longer trusted."""
        if self._move(Trigger.ASSURANCE_LOST):
            self.held_until = None
            self.record(BookingSuspended(*self._ids, reason_code))

    def reinstate(self, now: datetime, rules: PlaceRules) -> None:
        """The provider's site is trusted again: the booking goes back to where it stood, or on."""
        was = self.state
        if not self._move(Trigger.ASSURANCE_REGAINED):
            return
        if self.state is State.AWAITING_CLEARANCE:
            self._hold_places(now, rules)
        elif was is State.SUSPENDED:
            self.record(BookingReinstated(*self._ids))
        else:
            self._confirmed()

    def _hold_places(self, now: datetime, rules: PlaceRules) -> None:
        self.held_until = held_until = self._held_from(now, rules)
        self.record(BookingRequested(*self._ids, self.learners, held_until, self.decision))

    def _changed(self, removed: tuple[UUID, ...] = ()) -> None:
        self.record(BookingChanged(*self._ids, self.learners, removed, self.conditions))

    def _confirmed(self) -> None:
        learner_ids = tuple(self.learner_ids)
        self.record(BookingConfirmed(*self._ids, learner_ids, self.first_day, self.last_day))

    @property
    def _ids(self) -> tuple[UUID, UUID, UUID, UUID, UUID]:
        """What every event of the booking names, in the order of `BookingEvent`."""
        return self.id, self.session_id, self.opportunity_id, self.institution_id, self.provider_id

    def _held_from(self, now: datetime, rules: PlaceRules) -> datetime:
        hold = rules.referred_hold if self.referred else rules.hold
        return min(now + hold, self.begins_at)

    def _move(self, trigger: Trigger) -> bool:
        state = after(self.state, trigger)
        if state is not None:
            self.state = state
        return state is not None

    def _must_move(self, trigger: Trigger) -> None:
        if not self._move(trigger):
            raise BookingStateForbids(state=self.state.shown)

    def _end(self, trigger: Trigger, *reason_codes: str) -> bool:
        if not self._move(trigger):
            return False
        self._ended(self.state, reason_codes)
        return True

    def _ended(self, state: State, reason_codes: tuple[str, ...]) -> None:
        self.state = state
        self.held_until = None
        self.reason_codes = reason_codes
        self.record(BookingEnded(*self._ids, state, reason_codes))

    def _must_end(self, trigger: Trigger, *reason_codes: str) -> None:
        if not self._end(trigger, *reason_codes):
            raise BookingStateForbids(state=self.state.shown)
