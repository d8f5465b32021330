"""A short attack on a platform of its own; `make attack` is the long one."""

import base64
from collections.abc import Callable
from pathlib import Path

import pytest

from shared.persistence.provision import with_database
from tests.attack import documents, policies, privacy, rows, tenancy
from tests.attack.findings import Attack
from tests.attack.scenario import scenario_on


@pytest.mark.engine
@pytest.mark.timeout(600)
async def test_nothing_gives_way_to_a_short_attack(tmp_path: Path) -> None:
    async with scenario_on(tmp_path / "wex") as scenario:
        attacks = [
            *await tenancy.attack_all(scenario),
            await policies.attack_policies(scenario),
            *await policies.attack_checks(scenario),
            await rows.attack_rows(scenario.platform.database("bookings").app_url, 300, seed=1),
            await scenario.attack_answers(),
            await privacy.attack_errors(scenario),
            await privacy.attack_rosters(scenario),
            await privacy.attack_traces(scenario),
        ]
        database = scenario.platform.database("bookings").name
        superuser = with_database(scenario.platform.addresses.postgres, database)
        planted = await rows.attack_rows(superuser, 100, seed=1)
        pressed = await policies.attack_policies(scenario, as_superuser=True)
    assert planted.broken, "a role that row-level security does not hold is not seen"
    assert len(pressed.broken) > pressed.tried / 2, "rows that no policy holds are not reached"
    assert {each.name: each.broken for each in attacks if each.broken} == {}
    assert all(each.tried for each in attacks)


def test_what_an_operation_takes_is_made_from_its_document() -> None:
    made = {each.told["operationId"]: each.body() for each in documents.operations()}
    assert made["cancelBooking"] == {"reason_code": "school-trip-moved"}
    assert made["recordSupervisor"].keys() == {"dbs_check"}
    assert made["listConcerns"] is None


def test_planted_a_word_in_the_wrong_place_is_counted() -> None:
    attack = Attack("planted", "")
    attack.expect(privacy.hits("a LOG of zqx1", ["zqx1"]), "the word is not seen")
    attack.expect(holds=False, told="it gave way")
    assert (attack.tried, attack.broken) == (2, ["it gave way"])


@pytest.mark.parametrize("word", ["zqx1f2e3d4c", "2012-09-01"])
@pytest.mark.parametrize(
    "encode",
    [
        str.upper,
        lambda text: text.encode().hex(),
        lambda text: base64.b64encode(text.encode()).decode(),
        lambda text: base64.urlsafe_b64encode(text.upper().encode()).decode(),
        lambda text: "".join(f"%{ord(letter):02X}" for letter in text),
        lambda text: "".join(f"\\u{ord(letter):04x}" for letter in text),
    ],
)
def test_planted_a_word_in_disguise_is_seen(word: str, encode: Callable[[str], str]) -> None:
    needles = privacy.disguised([word])
    for ahead in range(4):
        assert privacy.hits(encode("x" * ahead + word + " and more"), needles)
    assert not privacy.hits(encode("nothing of it is in here, and nothing was"), needles)
