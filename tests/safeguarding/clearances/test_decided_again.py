"""What is learnt after a clearance was granted: decided again, told, and the earlier decision kept."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from safeguarding.clearances.announcing import ANNOUNCED
from safeguarding.clearances.repository import ClearanceRepository
from shared.bus.transaction import Transaction
from shared.contracts.bookings import BookingChanged, BookingRequested
from shared.contracts.opportunities import SessionCancelled
from shared.contracts.safeguarding import ClearanceConditionsSet, ClearanceGranted, ClearanceRevoked
from shared.kernel import ConcurrentChange
from shared.messaging.announcing import Page
from tests.infra.polling import eventually
from tests.infra.running import RunService
from tests.safeguarding.scenario import SEEN, TODAY, Scenario, as_tenants, learner, open_scenario

DAY = TODAY + timedelta(days=14)
_ACT_FOR = text("select set_config('app.tenants', :tenants, true)")
NOT_CLEAR = SEEN | {"outcome": False}


async def reaches(scenario: Scenario, booking: BookingRequested, state: str) -> dict[str, Any]:
    """The booking's clearance, as soon as it is in the state."""

    async def there() -> dict[str, Any]:
        clearance = await scenario.clearance(booking)
        assert clearance["state"] == state, clearance
        return clearance

    return await eventually(there)


async def record(scenario: Scenario, adult: UUID, check: dict[str, Any] | None) -> None:
    answer = await scenario.provider.put(f"/v1/supervisors/{adult}", {"dbs_check": check})
    assert answer.status_code == 200, answer.text


async def earlier(scenario: Scenario) -> list[str]:
    """States of the decisions that others have taken the place of, oldest first."""
    async with as_tenants(scenario.running.database.app_url, scenario.provider_id) as provider:
        rows = await provider.fetch("select state from superseded_decisions order by version")
    return [row["state"] for row in rows]


async def test_a_check_that_is_not_clear_revokes_what_was_granted_and_a_clear_one_grants_it_again(
    run_service: RunService,
) -> None:
    scenario = await open_scenario(run_service)
    await scenario.assure()
    adult = uuid4()
    await record(scenario, adult, SEEN)
    booking = await scenario.book(await scenario.offer(DAY, supervisors=[adult]))
    other = await scenario.book(await scenario.offer(DAY, supervisors=[uuid4()]))
    assert (await scenario.clearance(booking))["state"] == "granted"
    assert (await scenario.clearance(other))["state"] == "granted"

    await record(scenario, adult, NOT_CLEAR)

    revoked = await reaches(scenario, booking, "revoked")
    assert revoked["decision"]["reason_codes"][0] == "dbs-outcome-not-clear"
    [event] = await scenario.published(ClearanceRevoked)
    assert (event.data.key, event.sequence) == (str(booking.booking_id), 2)
    await record(scenario, adult, SEEN)
    await reaches(scenario, booking, "granted")
    granted = await scenario.published(ClearanceGranted, 3)
    assert sorted(e.sequence for e in granted if e.data.key == str(booking.booking_id)) == [1, 3]
    assert await earlier(scenario) == ["granted", "revoked"]
    assert (await scenario.clearance(other))["version"] == 1


async def test_a_corrected_age_sets_other_conditions(run_service: RunService) -> None:
    scenario = await open_scenario(run_service)
    await scenario.assure()
    thought_older = learner(under_16=False)
    booking = await scenario.book(await scenario.offer(DAY, supervisors=[uuid4()]), learners=[thought_older])
    before = await scenario.clearance(booking)
    assert "dbs-not-permitted" in before["decision"]["reason_codes"]

    corrected = thought_older.model_copy(update={"under_16_on_every_day": True})
    changed = BookingChanged(
        **booking.model_dump(
            include={"booking_id", "session_id", "opportunity_id", "institution_id", "provider_id"}
        ),
        learner_ids=[corrected.learner_id],
        removed_learner_ids=[],
        learners=[corrected],
    )
    await scenario.running.hear(changed, sequence=2)

    [event] = await scenario.published(ClearanceConditionsSet)
    assert isinstance(event.data, ClearanceConditionsSet)
    assert event.data.decision.reason_codes == ["assurance-in-force", "dbs-not-required"]
    assert (await scenario.clearance(booking))["state"] == "granted"
    assert await earlier(scenario) == ["granted"]


async def test_a_cancelled_session_ends_what_was_granted_for_it(run_service: RunService) -> None:
    scenario = await open_scenario(run_service)
    await scenario.assure()
    session = await scenario.offer(DAY, supervisors=[uuid4()])
    booking = await scenario.book(session)
    await reaches(scenario, booking, "granted")

    cancelled = SessionCancelled(
        **session.model_dump(include={"session_id", "opportunity_id", "provider_id"}), reason_code="storm"
    )
    await scenario.running.hear(cancelled, sequence=2)

    await reaches(scenario, booking, "ended")


async def test_another_adult_in_charge_is_decided_on_again(run_service: RunService) -> None:
    scenario = await open_scenario(run_service)
    await scenario.assure()
    unsuitable = uuid4()
    await record(scenario, unsuitable, NOT_CLEAR)
    session = await scenario.offer(DAY, supervisors=[uuid4()])
    booking = await scenario.book(session)
    await reaches(scenario, booking, "granted")

    await scenario.running.hear(session.model_copy(update={"supervisor_ids": [unsuitable]}), sequence=9)

    await reaches(scenario, booking, "revoked")


async def test_a_session_heard_again_is_no_reason_to_decide_again(run_service: RunService) -> None:
    scenario = await open_scenario(run_service)
    await scenario.assure()
    adult = uuid4()
    session = await scenario.offer(DAY, supervisors=[adult])
    booking = await scenario.book(session)
    await reaches(scenario, booking, "granted")
    # The adult supervises more days by now, so that deciding again would leave a trace.
    another = await scenario.offer(DAY + timedelta(days=1), supervisors=[adult])
    await reaches(scenario, await scenario.book(another), "granted")

    later = session.model_copy(update={"session_id": uuid4()})
    await scenario.running.hear(session, later)
    await reaches(scenario, await scenario.book(later), "granted")

    async with scenario.running.runtime.database.session() as db:
        waiting = await db.scalar(text("select count(*) from deadlines where name = 'clearance-review'"))
    assert (waiting, await earlier(scenario)) == (0, [])


async def test_a_revoked_clearance_is_told_again_as_it_stands(run_service: RunService) -> None:
    scenario = await open_scenario(run_service)
    await scenario.assure()
    adult = uuid4()
    booking = await scenario.book(await scenario.offer(DAY, supervisors=[adult]))
    await reaches(scenario, booking, "granted")
    await record(scenario, adult, NOT_CLEAR)
    await reaches(scenario, booking, "revoked")

    async with scenario.running.runtime.database.session() as db:
        await db.execute(_ACT_FOR, {"tenants": str(scenario.school_id)})
        [said] = await ANNOUNCED.read(db, Page([scenario.school_id], None, None, TODAY))

    [(event, sequence)] = said.events
    assert (type(event), sequence) == (ClearanceRevoked, 2)


async def test_a_save_at_the_same_time_cannot_bring_back_who_was_forgotten(run_service: RunService) -> None:
    scenario = await open_scenario(run_service)
    await scenario.assure()
    young, stays = learner(), learner()
    booking = await scenario.book(await scenario.offer(DAY, supervisors=[uuid4()]), learners=[young, stays])
    await scenario.clearance(booking)
    database, now = scenario.running.runtime.database, scenario.clock.now()
    async with database.session() as saving, database.session() as forgetting:
        for db in (saving, forgetting):
            await db.execute(_ACT_FOR, {"tenants": str(scenario.school_id)})
        repositories = [
            ClearanceRepository(Transaction(db, "test", now, TODAY)) for db in (saving, forgetting)
        ]
        clearance = await repositories[0].of_booking(booking.booking_id)
        assert clearance is not None
        await repositories[1].forget_learner(young.learner_id, scenario.school_id)
        await forgetting.commit()
        clearance.end()

        with pytest.raises(ConcurrentChange):
            await repositories[0].save(clearance)
