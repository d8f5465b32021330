"""Consumer before producer: readers of the last release, at work beside this one, lose nothing it may say."""

import importlib
import runpy
from collections.abc import Iterable
from dataclasses import dataclass, replace

from shared.messaging.policy import Subscription
from tests.architecture.test_ids import SUBSCRIPTIONS
from tests.contracts.released import Known, last_release, present
from wex.folders import REPOSITORY


@dataclass(frozen=True)
class Hearer:
    """One service's subscription to one type."""

    service: str
    id: str
    type: str
    from_the_beginning: bool
    had_heard: bool  # the migration says that all until then was heard by it


def hearers() -> list[Hearer]:
    found = []
    for service in SUBSCRIPTIONS:
        folder = REPOSITORY / "services" / service / "migrations/versions"
        (migration,) = folder.glob("*_subscription_positions.py")
        had_heard = runpy.run_path(str(migration))["SUBSCRIPTIONS"]
        subscriptions: list[Subscription[object]] = importlib.import_module(
            f"{service}.subscriptions"
        ).SUBSCRIPTIONS
        for each in subscriptions:
            kind = each.contract.type
            heard = kind in had_heard.get(each.id, [])
            found.append(Hearer(service, each.id, kind, each.from_the_beginning, heard))
    return found


def lost(before: Known, now: Known, hearing: Iterable[Hearer]) -> list[str]:
    """What this release may say and somebody would never hear who runs the last one beside it."""
    found = [
        f"{each.type} passes by {each.service}: {each.id} does not begin before it"
        for each in hearing
        if each.type not in before.types and (each.had_heard or not each.from_the_beginning)
    ]
    for kind, enumerations in now.types.items() if not before.keeps_newer else ():
        for place, values in enumerations.items():
            known = before.types.get(kind, enumerations).get(place, values)
            found += [
                f"{kind}{place} may be {value}, which {before.release} takes for malformed"
                for value in sorted(set(values) - set(known))
            ]
    return found


def test_readers_of_the_last_release_lose_nothing_of_what_this_one_may_say() -> None:
    assert lost(last_release(), present(), hearers()) == []


def test_planted_a_new_type_that_its_hearer_is_said_to_have_heard_is_seen() -> None:
    now = present()
    before = replace(now, types={k: v for k, v in now.types.items() if k != "clearance.revoked.v1"})
    hearing = [replace(each, had_heard=True) for each in hearers()]

    assert lost(before, now, hearers()) == []
    assert len(lost(before, now, hearing)) == 2  # bookings and integrations
    assert len(lost(before, now, [replace(each, from_the_beginning=False) for each in hearers()])) == 2


def test_planted_a_new_value_is_seen_where_the_last_release_does_not_keep_it() -> None:
    now = present()
    ended = now.types["booking.ended.v1"]
    states = [each for each in ended["/properties/state"] if each != "cancelled"]
    known = now.types | {"booking.ended.v1": {**ended, "/properties/state": states}}
    before = replace(now, release="v0.2.0", keeps_newer=False, types=known)

    assert lost(before, now, hearers()) == [
        "booking.ended.v1/properties/state may be cancelled, which v0.2.0 takes for malformed"
    ]
    assert lost(replace(before, keeps_newer=True), now, hearers()) == []
