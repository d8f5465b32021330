"""A provider or a site is suspended: every mode, what is under way too, and back exactly as it was."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from shared.contracts.bookings import BookingReinstated, BookingSuspended
from shared.contracts.safeguarding import AssuranceLapsed, ProviderReinstated, ProviderSuspended
from tests.bookings.reservations.test_assurance import about, many_confirmed
from tests.bookings.scenario import FIRST_DAY, NOW, Scenario
from tests.infra.polling import eventually

MODES: tuple[dict[str, Any], ...] = (
    {"mode": "in_person"},
    {"mode": "hybrid"},
    {"mode": "virtual", "site_id": None},
    {"mode": "in_school", "site_id": None},
)


def suspended(scenario: Scenario, site_id: UUID | None = None) -> ProviderSuspended:
    return ProviderSuspended(
        provider_id=scenario.provider_id, site_id=site_id, reason_code="provider-suspended"
    )


def reinstated(scenario: Scenario, site_id: UUID | None = None) -> ProviderReinstated:
    return ProviderReinstated(provider_id=scenario.provider_id, site_id=site_id)


async def by_state(scenario: Scenario) -> dict[str, int]:
    """How many bookings of the provider are in each state."""
    states = "select jsonb_object_agg(state, n) from (select state, count(*) n from bookings group by 1) s"
    found: dict[str, int] = await scenario.sql(states, tenants=[scenario.provider_id])
    return found


async def test_bookings_in_every_mode_are_suspended_new_ones_refused_and_all_come_back(
    scenario: Scenario,
) -> None:
    school = await scenario.school()
    sessions = [
        await scenario.session(first_day=FIRST_DAY + timedelta(days=each), **mode)
        for each, mode in enumerate(MODES)
    ]
    one, two = await scenario.learners(school, 2)
    confirmed = [await scenario.confirmed(school, each, [one]) for each in sessions]
    held = await scenario.book(school, sessions[2], [two])

    await scenario.receive(suspended(scenario), sequence=10)

    assert {await scenario.state(each) for each in confirmed} == {"suspended"}
    assert await scenario.state(held) == "suspended_awaiting"
    for session in sessions:
        asked = {"session_id": str(session.session_id), "learner_ids": [two]}
        answer = await school.client.post("/v1/bookings", asked)
        assert (answer.status_code, answer.json()["slug"]) == (409, "provider-suspended")

    await scenario.receive(reinstated(scenario), sequence=11)
    await scenario.receive(suspended(scenario), sequence=10)

    assert {await scenario.state(each) for each in confirmed} == {"confirmed"}
    assert await scenario.state(held) == "awaiting_clearance"


async def test_what_is_under_way_is_suspended_keeps_its_register_and_goes_on(
    moving_scenario: Scenario,
) -> None:
    scenario = moving_scenario
    school, session = await scenario.school(), await scenario.session(days=3, mode="virtual", site_id=None)
    (learner,) = await scenario.learners(school, 1)
    booking = await scenario.confirmed(school, session, [learner])
    scenario.clock.instant = datetime(2027, 3, 4, 12, tzinfo=UTC)

    await scenario.receive(suspended(scenario), sequence=10)

    assert await scenario.state(booking) == "suspended"
    register = {"on": "2027-03-03", "entries": [{"learner_id": learner, "attended": True, "minutes": 300}]}
    path = f"/v1/bookings/{booking['id']}/attendance"
    answer = await school.client.post(path, register)
    assert answer.status_code == 200, answer.text
    await scenario.receive(reinstated(scenario), sequence=11)
    assert await scenario.state(booking) == "confirmed"


async def test_what_something_else_stopped_stays_stopped(scenario: Scenario) -> None:
    school = await scenario.school()
    ours = await scenario.session()
    lapsing = await scenario.session(activity_band="higher_risk", first_day=date(2027, 4, 1))
    online = await scenario.session(mode="virtual", site_id=None, first_day=date(2027, 5, 1))
    learners = await scenario.learners(school, 1)
    here, lapsed, revoked = [
        await scenario.confirmed(school, each, learners) for each in (ours, lapsing, online)
    ]
    await scenario.receive(scenario.revoked(revoked), sequence=3)
    await scenario.receive(suspended(scenario), sequence=10)
    await scenario.receive(suspended(scenario, scenario.site_id), sequence=11)
    ends = about(scenario, AssuranceLapsed, lapsed_on=date(2027, 1, 31))
    ends = ends.model_copy(
        update={"assurance_id": scenario.assurances["higher_risk"], "activity_band": "higher_risk"}
    )
    await scenario.receive(ends, sequence=12)

    await scenario.receive(reinstated(scenario), sequence=13)
    assert await scenario.state(here) == "suspended"  # its site still is
    assert await scenario.state(revoked) == "suspended_revoked"
    await scenario.receive(reinstated(scenario, scenario.site_id), sequence=14)

    assert await scenario.state(here) == "confirmed"
    assert await scenario.state(lapsed) == "suspended"
    assert await scenario.state(revoked) == "suspended_revoked"


async def test_a_grant_on_its_way_confirms_nothing_until_the_provider_is_back(scenario: Scenario) -> None:
    school, session = await scenario.school(), await scenario.session(mode="in_school", site_id=None)
    booking = await scenario.book(school, session, await scenario.learners(school, 1))
    await scenario.receive(suspended(scenario), sequence=10)

    await scenario.receive(scenario.cleared(booking))

    assert await scenario.state(booking) == "suspended_cleared"
    await scenario.receive(reinstated(scenario), sequence=11)
    assert await scenario.state(booking) == "confirmed"


async def test_another_providers_bookings_and_another_sites_are_left_alone(scenario: Scenario) -> None:
    school, session = await scenario.school(), await scenario.session()
    booking = await scenario.confirmed(school, session, await scenario.learners(school, 1))

    await scenario.receive(suspended(scenario, uuid4()), sequence=10)
    await scenario.receive(ProviderSuspended(provider_id=uuid4(), reason_code="provider-suspended"))

    assert await scenario.state(booking) == "confirmed"


async def test_a_thousand_ahead_and_fifty_under_way_in_four_modes_stop_and_come_back(
    scenario: Scenario,
) -> None:
    school = await scenario.school()
    for mode in MODES:
        ahead = await scenario.session(places=250, **mode)
        await many_confirmed(scenario, school, ahead.session_id, 250)
    for mode, count in zip(MODES, (13, 13, 12, 12), strict=True):
        running = await scenario.session(places=20, first_day=NOW.date(), days=3, **mode)
        await many_confirmed(scenario, school, running.session_id, count)
    assert await by_state(scenario) == {"confirmed": 1050}

    await scenario.receive(suspended(scenario), sequence=10)
    assert await by_state(scenario) == {"suspended": 1050}
    await scenario.receive(reinstated(scenario), sequence=11)
    assert await by_state(scenario) == {"confirmed": 1050}

    async def told() -> bool:
        told_of = [len(await scenario.published(each)) for each in (BookingSuspended, BookingReinstated)]
        return told_of == [1050, 1050]

    await eventually(told, every=0.5)
