"""Passports in the database: one transaction at a time has a provider's."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

from safeguarding.assurances.domain.passports import Suspension
from safeguarding.assurances.repository import PassportRepository
from shared.bus.inbox import Message, claim
from shared.bus.transaction import Transaction
from tests.infra.running import RunService
from tests.safeguarding.scenario import Scenario, open_scenario


@asynccontextmanager
async def acting(scenario: Scenario, tenant: UUID) -> AsyncIterator[Transaction]:
    """A transaction that acts for this organisation."""
    async with scenario.running.runtime.database.session() as db:
        await claim(db, [Message("test", str(uuid4()), frozenset({tenant}))])
        yield Transaction(db, "/services/test", scenario.clock.now(), scenario.clock.today())


async def test_no_grant_slips_past_a_concern_raised_at_the_same_time(run_service: RunService) -> None:
    scenario = await open_scenario(run_service)
    await scenario.assure()
    provider = scenario.provider_id
    async with acting(scenario, provider) as concern, acting(scenario, provider) as grant:
        passports = PassportRepository(concern)
        passport = await passports.of(provider)
        waiting = asyncio.create_task(PassportRepository(grant).of(provider))
        await asyncio.wait({waiting}, timeout=0.3)
        assert not waiting.done()

        passport.suspend(Suspension(uuid4(), scenario.other_site_id))
        await passports.save(passport)
        await concern.db.commit()

        assert len((await waiting).suspensions) == 1
