"""A sound trial, and the bugs planted into it: each is what one mistake in the product would leave behind."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tests.faults.seen import Ask, Attended, Booking, Clearance, Entry, Overdue, Seen, Told

BEGAN = datetime(2026, 3, 2, 9, tzinfo=UTC)
OWN, FOREIGN = "01a20000-0000-7000-8000-000000000001", "01a20000-0000-7000-8000-000000000002"
CONFIRMED, TAKEN_BACK, WAITING = "b-confirmed", "b-taken-back", "b-waiting"


def told(booking: str, sequence: int, kind: str, topic: str = "bookings.events") -> Told:
    return Told(
        topic=topic,
        partition=0,
        offset=0,
        key=booking,
        id=f"{booking}-{kind}-{sequence}",
        type=kind,
        sequence=sequence,
        at=BEGAN + timedelta(seconds=sequence + 0.5 * topic.startswith("bookings")),
        data={"booking_id": booking, "institution_id": "school"},
    )


def numbered(messages: list[Told]) -> list[Told]:
    return [replace(message, offset=offset) for offset, message in enumerate(messages)]


def sound() -> Seen:
    """A confirmed booking that was attended and credited, one taken back, one in line; one place."""
    clearances = "safeguarding.clearances"
    events = [
        told(CONFIRMED, 1, "booking.requested.v1"),
        told(TAKEN_BACK, 1, "booking.requested.v1"),
        told(CONFIRMED, 2, "booking.confirmed.v1"),
        told(TAKEN_BACK, 2, "booking.confirmed.v1"),
        told(TAKEN_BACK, 3, "booking.ended.v1"),
        told(WAITING, 1, "booking.waitlisted.v1"),
        told(CONFIRMED, 1, "clearance.granted.v1", clearances),
        told(TAKEN_BACK, 1, "clearance.granted.v1", clearances),
        told("s", 1, "places.changed.v1", "bookings.places"),
        told("s", 2, "places.changed.v1", "bookings.places"),
        replace(told("l1", 1, "ledger.denied.v1", "outcomes.ledger"), data={"entry_id": "e1"}),
        replace(told("l1", 2, "ledger.credited.v1", "outcomes.ledger"), data={"entry_id": "e2"}),
    ]
    return Seen(
        asks=[
            Ask("school", "s", "l1", "k1", status=201, booking=CONFIRMED),
            Ask("school", "s", "l2", "k2", status=201, booking=TAKEN_BACK, taken_back=True),
            Ask("school", "s", "l3", "k3", waits=True, status=201, booking=WAITING),
            Ask("school", "s", "l4", "k4", status=409, slug="no-places-left"),
        ],
        places={"s": (1, 1)},
        bookings=[
            Booking(CONFIRMED, "school", "s", ("l1",), "confirmed", 1, 2),
            Booking(TAKEN_BACK, "school", "s", ("l2",), "cancelled", 1, 3),
            Booking(WAITING, "school", "s", ("l3",), "waitlisted", 0, 1),
        ],
        clearances=[Clearance(CONFIRMED, "granted", 1), Clearance(TAKEN_BACK, "ended", 2)],
        copies={CONFIRMED: (2, False), TAKEN_BACK: (3, True)},
        hears={
            "booking.requested.v1": ["safeguarding: decide", "outcomes: expect"],
            "booking.confirmed.v1": ["outcomes: expect"],
            "booking.ended.v1": ["outcomes: expect"],
        },
        claims={
            (subscription, each.id)
            for each in events
            for kind, subscription in (
                ("requested", "safeguarding: decide"),
                ("requested", "outcomes: expect"),
                ("confirmed", "outcomes: expect"),
                ("ended", "outcomes: expect"),
            )
            if each.type == f"booking.{kind}.v1"
        },
        told=numbered(events),
        received=[(f"m-{e.id}", e.type, e.key, e.sequence) for e in events if e.topic == "bookings.events"],
        partner="school",
        waiting={"bookings": 0},
        confirmed_after=0.4,
        attended=[Attended("l1", CONFIRMED, "s", 300, meaningful=True)],
        ledger=[
            Entry("e1", "l1", CONFIRMED, 1, "denied", 300),
            Entry("e2", "l1", CONFIRMED, 2, "credited", 300),
        ],
        booked={CONFIRMED},
        accounts={"l1": 2},
        totals={"l1": 300},
        owners={OWN: "school", FOREIGN: "another-school"},
        answers=[("school", 200, f'{{"id": "{OWN}"}}'), ("school", 409, '{"slug": "no-places-left"}')],
        marks=["zqx"],
        said=[("logs/bookings-api.log", "request_failed error=TimeoutError")],
    )


def without(seen: Seen, kind: str, booking: str = CONFIRMED) -> None:
    seen.told = [each for each in seen.told if (each.type, each.key) != (kind, booking)]


def row(seen: Seen, booking: str, **changes: object) -> None:
    seen.bookings = [replace(b, **changes) if b.id == booking else b for b in seen.bookings]  # type: ignore[arg-type]


def swapped(seen: Seen) -> None:
    first, second = (e for e in seen.told if e.key == CONFIRMED and e.topic == "bookings.events")
    seen.told = [
        replace(e, offset={first.id: second.offset, second.id: first.offset}.get(e.id, e.offset))
        for e in seen.told
    ]


def entry(seen: Seen, **changes: object) -> Seen:
    seen.ledger.append(replace(seen.ledger[-1], **changes))  # type: ignore[arg-type]
    return seen


def told_twice(seen: Seen) -> None:
    seen.told.append(replace(seen.told[0], id="another-event-of-the-same-version", offset=90))


def never_given_again(seen: Seen) -> None:
    seen.adults["s"] = True
    row(seen, CONFIRMED, state="suspended_revoked")


def taken_back_untold(seen: Seen) -> None:
    seen.adults["s"] = False
    seen.clearances = [
        replace(each, state="revoked", version=2) if each.booking == CONFIRMED else each
        for each in seen.clearances
    ]


PLANTED: list[tuple[str, str, Callable[[Seen], object]]] = [
    ("I1", "count, then insert: sold twice", lambda s: row(s, WAITING, state="confirmed", places=1)),
    ("I1", "taken forgotten when one is given back", lambda s: s.places.update(s=(1, 0))),
    ("I2", "answered before COMMIT: the row is not there", lambda s: s.bookings.pop(0)),
    ("I2", "a second row for the second try", lambda s: s.bookings.append(replace(s.bookings[0], id="b-2"))),
    ("I2", "a refusal that left something", lambda s: row(s, WAITING, learners=("l3", "l4"))),
    ("I2", "taken back, and it stands", lambda s: row(s, TAKEN_BACK, state="confirmed")),
    ("I2", "its own key was taken for another's", lambda s: setattr(s.asks[3], "slug", "learner-busy")),
    ("I3", "a day credited twice", lambda s: entry(s, id="e3", sequence=3)),
    ("I3", "evidence that came first and was forgotten", lambda s: s.ledger.pop()),
    ("I3", "credited without a reflection", lambda s: setattr(s, "attended", [
        replace(each, meaningful=False) for each in s.attended])),
    ("I3", "credited for a booking that is not there", lambda s: s.booked.clear()),
    ("I3", "a total that was added to twice", lambda s: s.totals.update(l1=600)),
    ("I4", "removed from the outbox before it was sent", lambda s: without(s, "booking.confirmed.v1")),
    ("I4", "a clearance nobody was told of", lambda s: without(s, "clearance.granted.v1")),
    ("I4", "told, and rolled back", lambda s: s.told.append(told("x", 1, "booking.requested.v1"))),
    ("I4", "left in the outbox", lambda s: s.waiting.update(bookings=1)),
    ("I4", "given up too early", lambda s: s.parked.append("safeguarding: decide b-1 failed")),
    ("I5", "check, then act: two clearances", lambda s: s.clearances.append(s.clearances[0])),
    ("I5", "one change, two events", told_twice),
    ("I5", "a replay that did it again", lambda s: s.changed_tables.append("outcomes.ledger_entries")),
    ("I6", "two relays for one shard", swapped),
    ("I6", "an older event over a newer copy", lambda s: s.copies.update({CONFIRMED: (1, False)})),
    ("I7", "a list without its tenant", lambda s: s.answers.append(("school", 200, f'["{FOREIGN}"]'))),
    ("I7", "another's event in a partner's webhook", lambda s: s.received.append(
        ("m-3", "booking.requested.v1", FOREIGN, 1))),
    ("I7", "SET for the session, not the transaction", lambda s: s.foreign.append("2 foreign rows read")),
    ("I8", "an entry removed", lambda s: s.ledger.pop(0)),
    ("I8", "the newest entry cut off with its count", lambda s: (s.ledger.pop(), s.accounts.update(l1=1))),
    ("I8", "an entry added by hand, told to nobody", lambda s: (
        entry(s, id="e3", kind="denied", sequence=3), s.accounts.update(l1=3))),
    ("I8", "two entries under one number", lambda s: entry(s, id="e3", kind="denied", sequence=2)),
    ("I8", "reversed twice", lambda s: (
        entry(s, id="e3", kind="reversed", reverses="e2", sequence=3),
        entry(s, id="e4", kind="reversed", reverses="e2", sequence=4))),
    ("I10", "marked before it was sent", lambda s: s.received.pop(0)),
    ("I10", "a second delivery of one event", lambda s: s.received.append(("m-2", *s.received[0][1:]))),
    ("I11", "confirmed without a clearance", lambda s: s.clearances.pop(0)),
    ("I11", "confirmed first", lambda s: setattr(s, "told", [
        replace(e, at=e.at + timedelta(hours=e.type == "clearance.granted.v1")) for e in s.told])),
    ("I12", "a fresh booking hangs", lambda s: setattr(s, "confirmed_after", None)),
    ("I12", "a request lost: nobody decides", lambda s: row(s, CONFIRMED, state="awaiting_clearance")),
    ("I12", "never answered", lambda s: setattr(s.asks[0], "status", None)),
    ("I13", "a name in a log", lambda s: s.said.append(("logs/bookings-worker.log", "learner=ZQX Example"))),
    ("I13", "a name in a topic", lambda s: s.said.append(("topic bookings.learners", '{"name": "zqx"}'))),
    ("I14", "a relay that went on without its lock", lambda s: s.told.append(
        replace(next(e for e in s.told if e.topic == "bookings.places"), offset=99))),
    ("I15", "a sweeper that stands still", lambda s: s.overdue.append(
        Overdue("bookings", "booking-hold", 90, dead=False))),
    ("I15", "a deadline that never succeeds", lambda s: s.overdue.append(
        Overdue("bookings", "booking-hold", 0, dead=True))),
    ("I16", "the offset before the effect: never claimed", lambda s: s.claims.clear()),
    ("I16", "a type not known yet, and its events passed over", lambda s: setattr(s, "claims", {
        claim for claim in s.claims if claim[0] != "outcomes: expect"})),
    ("I17", "a booking committed after its session was cancelled", lambda s: s.told.append(replace(
        told("o", 3, "session.cancelled.v1", "opportunities.events"), data={"session_id": "s"}))),
    ("I18", "what was learnt of an adult changed nothing", lambda s: s.adults.update(s=False)),
    ("I18", "taken back, and never given again", never_given_again),
    ("I4", "taken back, and nobody was told", taken_back_untold),
    ("I5", "granted by two that both read first", lambda s: s.told.append(replace(
        told(CONFIRMED, 2, "clearance.granted.v1", "safeguarding.clearances"), offset=95))),
    ("I19", "a copy that lost a row", lambda s: s.disagreements.append("attended: bookings 3, outcomes 2")),
    ("I13", "a refusal that repeats what was sent", lambda s: s.answers.append(("school", 422, "zqx"))),
]  # fmt: skip
