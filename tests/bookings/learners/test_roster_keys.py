"""The keys that roster rows are sealed to: rotated without losing a row."""

import json
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from joserfc import jwe
from joserfc.jwk import ECKey

from bookings.learners.domain import RowUnreadable
from bookings.learners.roster import ALGORITHMS, Keys, SealedRoster
from shared.kernel import FixedClock, NotYetKnown
from tests.bookings.scenario import NOW, Scenario, roster_row
from tests.infra.fixtures import ServiceDatabases
from tests.infra.polling import eventually
from tests.infra.running import running
from wex.issuer import Issuer

OLD, NEW, UNKNOWN = (ECKey.generate_key("P-256", private=True, auto_kid=True) for _ in range(3))


def sealed_to(key: ECKey, given: dict[str, Any], **header: Any) -> str:
    header = {"alg": ALGORITHMS[0], "enc": ALGORITHMS[1], "kid": key.kid} | header
    named = {name: value for name, value in header.items() if value is not None}
    return jwe.encrypt_compact(named, json.dumps(given).encode(), key, algorithms=ALGORITHMS)


def roster(*keys: ECKey) -> SealedRoster:
    """Opens rows with these keys; one alone is given as a key, several as a set."""
    private = [key.as_dict(private=True) for key in keys]
    given = private[0] if len(private) == 1 else {"keys": private}
    without_database: Any = SimpleNamespace(db=None)  # rows are opened without one
    return SealedRoster(without_database, Keys(json.dumps(given), "a secret of pseudonyms"))


def test_while_keys_are_rotated_rows_of_both_are_opened() -> None:
    rotating = roster(NEW, OLD)

    for key in (OLD, NEW):
        assert rotating.open(sealed_to(key, roster_row(1))).source_id == "source-1"
        assert rotating.open(sealed_to(key, roster_row(1), kid=None)).source_id == "source-1"


@pytest.mark.parametrize("header", [{}, {"kid": None}])
def test_a_row_to_a_key_that_is_not_here_waits_for_it(header: dict[str, Any]) -> None:
    row = sealed_to(UNKNOWN, roster_row(1), **header)

    with pytest.raises(NotYetKnown):
        roster(NEW, OLD).open(row)
    assert roster(UNKNOWN).open(row).source_id == "source-1"


def test_a_row_that_names_our_key_and_is_not_sealed_to_it_is_at_fault() -> None:
    with pytest.raises(RowUnreadable):
        roster(NEW, OLD).open(sealed_to(UNKNOWN, roster_row(1), kid=NEW.kid))


async def test_a_row_to_an_unknown_key_is_set_aside_and_not_counted_as_read(scenario: Scenario) -> None:
    school, roster_id = await scenario.school(), uuid4()
    row = scenario.row(
        school, {}, roster_id=roster_id, row_key="1" * 32, sealed=sealed_to(UNKNOWN, roster_row(1))
    )

    await scenario.bookings.hear(row)

    async def parked() -> bool:
        found = "select count(*) from parked_messages where key = :key"
        return bool(await scenario.sql(found, key="1" * 32) == 1)

    await eventually(parked, within=120)
    assert (await school.client.get(f"/v1/applied-rosters/{roster_id}")).status_code == 404


async def test_a_row_that_waits_for_its_key_is_applied_by_itself_once_the_key_is_there(
    service_database: ServiceDatabases, kafka_bootstrap: str, topic_prefix: str, issuer: Issuer
) -> None:
    database, roster_id, clock = await service_database("bookings"), uuid4(), FixedClock(NOW)
    of_test = "bookings", database, kafka_bootstrap, topic_prefix, issuer
    async with running(*of_test, clock=clock) as without_key:
        before = Scenario(without_key, clock)
        school = await before.school()
        row = before.row(school, {}, roster_id=roster_id, sealed=sealed_to(UNKNOWN, roster_row(1)))
        await without_key.hear(row)
        await eventually(lambda: before.sql("select count(*) from parked_messages"))

    private_key = json.dumps(UNKNOWN.as_dict(private=True))
    async with running(*of_test, clock=clock, roster_private_key=private_key) as with_key:
        client = Scenario(with_key, clock).caller_of(school.id).client

        async def applied() -> bool:
            return (await client.get(f"/v1/applied-rosters/{roster_id}")).status_code == 200

        await eventually(applied)
        assert len((await client.get("/v1/learners")).json()["items"]) == 1
