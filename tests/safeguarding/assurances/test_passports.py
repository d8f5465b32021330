"""Passports, their assurances and suspensions."""

from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest

from safeguarding.assurances.domain.passports import (
    Assurance,
    AssuranceHasLapsed,
    AssuranceSuspended,
    AssuranceWasGranted,
    AssuranceWasReinstated,
    AssuranceWasSuspended,
    Passport,
    ProviderWasReinstated,
    ProviderWasSuspended,
    Suspension,
)
from shared.kernel import NotFound

TODAY = date(2026, 3, 2)
SITE, OTHER = uuid4(), uuid4()


def offered(site: UUID = SITE, days: int = 10) -> Assurance:
    return Assurance(uuid4(), uuid4(), site, "low_risk", "1", "granted", TODAY, TODAY + timedelta(days=days))


def passport(*sites: UUID) -> Passport:
    made = Passport(uuid4(), version=1)
    for site in sites:
        made.grant(offered(site))
    made.take_events()
    return made


def only(of: Passport) -> Assurance:
    [assurance] = of.assurances.values()
    return assurance


def kinds(of: Passport) -> list[type]:
    return [type(event) for _, event in of.take_events()]


def test_a_grant_for_the_same_site_and_band_renews() -> None:
    mine = passport(SITE)
    renewed = mine.grant(offered(SITE, days=99))
    assert mine.assurances == {renewed.id: renewed}
    assert renewed.valid_until == TODAY + timedelta(days=99)
    assert kinds(mine) == [AssuranceWasGranted]


def test_an_event_keeps_the_assurance_as_it_was() -> None:
    mine = passport(SITE)
    mine.suspend(Suspension(uuid4(), SITE))
    [_, (_, suspended)] = mine.take_events()
    mine.lapse(only(mine).id, TODAY + timedelta(days=11))
    assert isinstance(suspended, AssuranceWasSuspended)
    assert (suspended.assurance.state, only(mine).state) == ("suspended", "lapsed")


def test_every_event_of_a_passport_has_its_own_number() -> None:
    mine = passport(SITE, OTHER)
    mine.suspend(Suspension(uuid4(), None))
    assert [number for number, _ in mine.take_events()] == [4, 5, 6]


def test_a_suspension_of_one_site_leaves_the_others() -> None:
    mine = passport(SITE, OTHER)
    mine.suspend(Suspension(uuid4(), SITE))
    assert [each.state for each in mine.assurances.values()] == ["suspended", "granted"]
    assert kinds(mine) == [ProviderWasSuspended, AssuranceWasSuspended]


def test_two_suspensions_must_both_be_lifted() -> None:
    mine, first, second = passport(SITE), Suspension(uuid4(), None), Suspension(uuid4(), SITE)
    mine.suspend(first)
    mine.suspend(second)
    mine.lift(first.concern_id)
    assert only(mine).state == "suspended"
    mine.lift(second.concern_id)
    assert kinds(mine) == [
        ProviderWasSuspended,
        AssuranceWasSuspended,
        ProviderWasSuspended,
        ProviderWasReinstated,
        AssuranceWasReinstated,
        ProviderWasReinstated,
    ]


def test_a_provider_without_any_assurance_is_suspended_until_the_last_concern_is_lifted() -> None:
    mine, first, second = passport(), Suspension(uuid4(), None), Suspension(uuid4(), None)
    mine.suspend(first)
    mine.suspend(second)
    assert mine.take_events() == [(2, ProviderWasSuspended(mine.provider_id, None))]
    mine.lift(first.concern_id)
    assert mine.take_events() == []
    mine.lift(second.concern_id)
    assert mine.take_events() == [(3, ProviderWasReinstated(mine.provider_id, None))]


def test_nothing_is_granted_where_a_concern_suspends_the_site() -> None:
    mine = passport()
    mine.suspend(Suspension(uuid4(), SITE))
    with pytest.raises(AssuranceSuspended):
        mine.grant(offered(SITE))
    mine.grant(offered(OTHER))


def test_an_assurance_lapses_once_and_only_when_its_last_day_is_over() -> None:
    mine = passport(SITE)
    assurance = only(mine)
    mine.lapse(assurance.id, assurance.valid_until)
    assert only(mine).state == "granted"
    for _ in range(2):
        mine.lapse(assurance.id, assurance.valid_until + timedelta(days=1))
    assert kinds(mine) == [AssuranceHasLapsed]
    with pytest.raises(NotFound):
        mine.lapse(uuid4(), TODAY)


def test_what_lapsed_while_suspended_is_not_reinstated() -> None:
    mine, suspension = passport(SITE), Suspension(uuid4(), None)
    mine.suspend(suspension)
    mine.lapse(only(mine).id, TODAY + timedelta(days=11))
    mine.lift(suspension.concern_id)
    assert only(mine).state == "lapsed"
