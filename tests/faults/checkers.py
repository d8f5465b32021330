"""The invariants, as functions from what was seen to what is wrong; each has a planted bug it must find."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise

from tests.faults.ledger import credited_once, ledger_whole
from tests.faults.seen import COMPACTED, ENDED, HOLDS_PLACES, Seen, Told

CONFIRMED_WITHIN = 30.0
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# What carries the versions of a booking, and of a clearance.
_VERSIONED = {"booking": ("booking.", "attendance.recorded"), "clearance": ("clearance.",)}
# What is told of a clearance in each state; that it ended with its booking is told of the booking.
_CLEARANCE_TELLS = {
    "granted": {"clearance.granted.v1", "clearance.conditions_set.v1"},
    "referred": {"clearance.referred.v1", "clearance.revoked.v1"},
    "refused": {"clearance.refused.v1"},
    "revoked": {"clearance.revoked.v1"},
}
PARTNER_HEARS = ("booking.requested.v1", "booking.confirmed.v1", "booking.ended.v1")


def no_oversell(seen: Seen) -> Iterator[str]:
    """I1: places taken are those of the live bookings, and never more than there are."""
    for session, (places, taken) in seen.places.items():
        held = sum(b.places for b in seen.bookings if b.session == session and b.state in HOLDS_PLACES)
        if held != taken:
            yield f"session {session}: {taken} taken, its bookings hold {held}"
        if max(held, taken) > places:
            yield f"session {session}: {max(held, taken)} taken of {places}"


def acknowledged_once(seen: Seen) -> Iterator[str]:
    """I2: what a client was told is so, once; what it was never told happened at most once."""
    by_id = Counter(b.id for b in seen.bookings)
    asked = Counter((b.session, learner) for b in seen.bookings for learner in b.learners)
    states = {b.id: b.state for b in seen.bookings}
    for ask in seen.asks:
        times = asked[ask.session, ask.learner]
        if ask.status == 201 and (by_id[ask.booking] != 1 or times != 1):
            yield f"booking {ask.booking} was acknowledged; it is there {by_id[ask.booking]} times of {times}"
        elif ask.status is None and times > 1:
            yield f"key {ask.key} was never answered and had its effect {times} times"
        elif ask.status not in (201, None) and times:
            yield f"key {ask.key} was refused ({ask.slug}) and had its effect"
        if ask.taken_back and states.get(ask.booking) not in ENDED:
            yield f"booking {ask.booking} was taken back; it is {states.get(ask.booking)}"
    for key, ask in {(a.session, a.learner): a for a in seen.asks}.items():
        if ask.status == 409 and ask.slug != "no-places-left":
            yield f"{key} was refused for {ask.slug}"


def nothing_lost(seen: Seen) -> Iterator[str]:
    """I4: every version of a booking and of its clearance was told, and nothing else was.

    Of a clearance that was decided again, what it says now: two facts that came together are one decision.
    """
    again = {b.id for b in seen.bookings if b.session in seen.adults}
    versions = {"booking": {b.id: b.version for b in seen.bookings}}
    # That a clearance ends with its booking concerns nobody else: it is told of the booking.
    versions["clearance"] = {c.booking: c.version - (c.state == "ended") for c in seen.clearances}
    for kind, rows in versions.items():
        told = seen.about(*_VERSIONED[kind])
        for key, version in rows.items():
            heard = {each.sequence for each in told.get(key, [])}
            each = {1} if kind == "clearance" and key in again else set(range(1, version + 1))
            if missing := each - heard:
                yield f"{kind} {key}: versions {sorted(missing)} of {version} were never told"
            if invented := heard - set(range(1, version + 1)):
                yield f"{kind} {key}: versions {sorted(invented)} were told, the row is at {version}"
        for key in told.keys() - rows.keys():
            yield f"{kind} {key}: told, and no row knows it"
    for clearance in seen.clearances:
        said = seen.about("clearance.").get(clearance.booking, [])
        if said and said[-1].type not in _CLEARANCE_TELLS.get(clearance.state, {said[-1].type}):
            yield f"clearance of {clearance.booking} is {clearance.state}, last told was {said[-1].type}"
    for service, count in seen.waiting.items():
        if count:
            yield f"{count} events wait in the outbox of {service}"
    yield from (f"parked: {message}" for message in seen.parked)


def effects_once(seen: Seen) -> Iterator[str]:
    """I5: one event for each version, one clearance for each booking, each request claimed."""
    for kind, types in _VERSIONED.items():
        for key, told in seen.about(*types).items():
            of_version: dict[int, set[str]] = {}
            for each in told:
                of_version.setdefault(each.sequence, set()).add(each.id)
            for sequence, ids in of_version.items():
                if len(ids) > 1:
                    yield f"{kind} {key}: version {sequence} was told as {len(ids)} events"
    yield from _cleared_once(seen)
    yield from (f"table {table} changed by what was heard before" for table in seen.changed_tables)


def _cleared_once(seen: Seen) -> Iterator[str]:
    cleared = Counter(c.booking for c in seen.clearances)
    for key in seen.about("booking.requested"):
        if cleared[key] != 1:
            yield f"booking {key} has {cleared[key]} clearances"
    for booking, told in seen.about("clearance.").items():
        kinds = [each.type for each in {each.sequence: each for each in told}.values()]
        for one, next_one in pairwise(kinds):
            if one == next_one != "clearance.conditions_set.v1":
                yield f"booking {booking} was decided twice: {one}"


def in_order(seen: Seen) -> Iterator[str]:
    """I6: within a key each version is first told after the one before it; copies end at the last."""
    for kind, types in _VERSIONED.items():
        for key, told in seen.about(*types).items():
            firsts = list(dict.fromkeys(each.sequence for each in told))
            if firsts != sorted(firsts):
                yield f"{kind} {key}: versions were told in the order {firsts}"
    ended = {b.id: b.state in ENDED for b in seen.bookings}
    last = {key: told for key, told in seen.about("booking.").items() if any(_asks(each) for each in told)}
    for key, told in last.items():
        sequence, is_ended = seen.copies.get(key, (0, False))
        newest = max((each.sequence for each in told if _hears_it(seen, each)), default=0)
        if key in ended and (sequence != newest or is_ended != ended[key]):
            yield f"outcomes has booking {key} at {sequence} (ended: {is_ended}), told was {newest}"


def _hears_it(seen: Seen, told: Told) -> bool:
    return any(each.startswith("outcomes: ") for each in seen.hears.get(told.type, ()))


def _asks(told: Told) -> bool:
    return told.type == "booking.requested.v1"


def only_ones_own(seen: Seen) -> Iterator[str]:
    """I7: nothing a school is told, by an answer or a webhook, names another's learner or booking."""
    schools = set(seen.owners.values())
    for organisation, status, text in seen.answers:
        if organisation in schools:
            for each in sorted(set(_UUID.findall(text))):
                if seen.owners.get(each, organisation) != organisation:
                    yield f"{organisation} was told {status} with {each}, which is another's"
    for _, kind, booking, _ in seen.received:
        if seen.owners.get(booking, seen.partner) != seen.partner:
            yield f"the partner heard {kind} of {booking}, which is another's"
    yield from seen.foreign


def partner_hears(seen: Seen) -> Iterator[str]:
    """I10: the partner has every event of its school, each under one id."""
    ids: dict[tuple[str, str, int], set[str]] = {}
    for message_id, kind, booking, sequence in seen.received:
        ids.setdefault((kind, booking, sequence), set()).add(message_id)
    for each in seen.told:
        if each.type in PARTNER_HEARS and each.data.get("institution_id") == seen.partner:
            known = ids.get((each.type, each.key, each.sequence), set())
            if len(known) != 1:
                yield f"the partner has {each.type} of {each.key} under {len(known)} ids"


def cleared_first(seen: Seen) -> Iterator[str]:
    """I11: no booking is confirmed without a clearance granted before."""
    granted = {c.booking for c in seen.clearances if c.state == "granted"}
    at = {key: min(each.at for each in told) for key, told in seen.about("clearance.granted").items()}
    for booking in seen.bookings:
        if booking.state == "confirmed" and booking.id not in granted:
            yield f"booking {booking.id} is confirmed without a granted clearance"
    for key, told in seen.about("booking.confirmed").items():
        if key not in at or min(each.at for each in told) < at[key]:
            yield f"booking {key} was confirmed before its clearance was told"


def recovers(seen: Seen) -> Iterator[str]:
    """I12: a fresh booking is confirmed within 30 s of the heal, and nothing stays undecided."""
    if seen.confirmed_after is None or seen.confirmed_after > CONFIRMED_WITHIN:
        yield f"a fresh booking was not confirmed within {CONFIRMED_WITHIN:.0f} s"
    for booking in seen.bookings:
        if booking.state == "awaiting_clearance":
            yield f"booking {booking.id} still awaits its clearance"
    for ask in seen.asks:
        if ask.status is None:
            yield f"key {ask.key} was never answered"
    yield from seen.broken


def words_kept(seen: Seen) -> Iterator[str]:
    """I13: nobody's name, number or words are in a log, a trace, a topic, a parked reason or a refusal."""
    refusals = [(f"answer {status}", text) for _, status, text in seen.answers if status >= 400]
    found = Counter(
        where for where, text in [*seen.said, *refusals] if any(mark in text.lower() for mark in seen.marks)
    )
    yield from (f"{where} repeats what belongs to a person, {count} times" for where, count in found.items())


def newest_last(seen: Seen) -> Iterator[str]:
    """I14: the last record of each key of a compacted topic is its newest: no other is kept for ever."""
    last: dict[tuple[str, str], int] = {}
    newest: dict[tuple[str, str], int] = {}
    for each in sorted(seen.told, key=lambda each: (each.topic, each.partition, each.offset)):
        if each.topic in COMPACTED:
            place = each.topic, each.key
            last[place] = each.sequence
            newest[place] = max(each.sequence, newest.get(place, 0))
    for (topic, key), sequence in last.items():
        if sequence < newest[topic, key]:
            yield f"{topic} keeps version {sequence} of {key}, the newest is {newest[topic, key]}"


def nothing_overdue(seen: Seen) -> Iterator[str]:
    """I15: no deadline waits that is overdue and is neither somebody's now nor put off; none is given up."""
    for each in seen.overdue:
        state = "was given up" if each.dead else f"is {each.seconds:.0f} s overdue and nobody's"
        yield f"deadline {each.name} of {each.service} {state}"


def nothing_passed_over(seen: Seen) -> Iterator[str]:
    """I16: every event is claimed in the inbox of each service that subscribes to it, or parked there."""
    for event, kind, key in sorted({(each.id, each.type, each.key) for each in seen.told}):
        for subscription in seen.hears.get(kind, []):
            if (subscription, event) not in seen.claims and not any(key in each for each in seen.parked):
                yield f"{kind} of {key} was passed over by {subscription}"


def nobody_left_behind(seen: Seen) -> Iterator[str]:
    """I17: nobody is booked, confirmed or waiting, in a session whose cancellation was told."""
    cancelled = {each.data["session_id"] for each in seen.told if each.type == "session.cancelled.v1"}
    for booking in seen.bookings:
        if booking.session in cancelled and booking.state not in ENDED:
            yield f"booking {booking.id} is {booking.state} in the cancelled session {booking.session}"


def known_adults(seen: Seen) -> Iterator[str]:
    """I18: nobody is confirmed beside an adult whose check is not clear; where it is, nobody is kept away."""
    for booking in seen.bookings:
        clear = seen.adults.get(booking.session)
        if clear is False and booking.state == "confirmed":
            yield f"booking {booking.id} is confirmed, and its adult's check is not clear"
        if clear is True and booking.state.startswith("suspended"):
            yield f"booking {booking.id} is {booking.state}, and its adult's check is clear"


def totals_agree(seen: Seen) -> Iterator[str]:
    """I19: every service has counted the trial's days, and the numbers that should be the same are."""
    yield from seen.disagreements


CHECKERS: dict[str, Callable[[Seen], Iterator[str]]] = {
    "I1": no_oversell,
    "I2": acknowledged_once,
    "I3": credited_once,
    "I4": nothing_lost,
    "I5": effects_once,
    "I6": in_order,
    "I7": only_ones_own,
    "I8": ledger_whole,
    "I10": partner_hears,
    "I11": cleared_first,
    "I12": recovers,
    "I13": words_kept,
    "I14": newest_last,
    "I15": nothing_overdue,
    "I16": nothing_passed_over,
    "I17": nobody_left_behind,
    "I18": known_adults,
    "I19": totals_agree,
}


def violations(seen: Seen) -> list[str]:
    """Everything that is wrong, each after the name of its invariant."""
    return [f"{name}: {found}" for name, check in CHECKERS.items() for found in check(seen)]
