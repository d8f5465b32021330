"""When a site is trusted: the rule as a table of what is known and what follows from it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opportunities.copies.domain import Assurance, AssuranceState, why_not_assured

TODAY = date(2026, 11, 23)
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def assurance(state: AssuranceState = "granted", hours: int = 0, **members: Any) -> Assurance:
    """An assurance for today alone, which came to this state so many hours after noon."""
    return Assurance(
        **{
            "id": uuid4(),
            "provider_id": uuid4(),
            "site_id": uuid4(),
            "activity_band": "low_risk",
            "state": state,
            "sequence": 1,
            "changed_at": NOON + timedelta(hours=hours),
            "valid_from": TODAY,
            "valid_until": TODAY,
            **members,
        }
    )


GRANTED, LAPSED, SUSPENDED = assurance(), assurance("lapsed"), assurance("suspended")
TRUSTED = None


@pytest.mark.parametrize(
    ("known", "why"),
    [
        pytest.param([], "assurance-missing", id="nothing is known of the site"),
        pytest.param([GRANTED], TRUSTED, id="granted for today"),
        pytest.param(
            [assurance(valid_from=YESTERDAY, valid_until=TOMORROW)], TRUSTED, id="granted around today"
        ),
        pytest.param([assurance(valid_from=None, valid_until=None)], TRUSTED, id="granted without dates"),
        pytest.param(
            [assurance(valid_from=TOMORROW, valid_until=TOMORROW)],
            "assurance-missing",
            id="granted from tomorrow on",
        ),
        pytest.param(
            [assurance(valid_from=YESTERDAY, valid_until=YESTERDAY)],
            "assurance-lapsed",
            id="granted until yesterday",
        ),
        pytest.param([LAPSED], "assurance-lapsed", id="lapsed"),
        pytest.param([SUSPENDED], "assurance-suspended", id="suspended"),
        pytest.param([assurance("lapsed", 2), GRANTED], TRUSTED, id="lapsed after its renewal"),
        pytest.param(
            [LAPSED, assurance(hours=2, valid_from=TOMORROW, valid_until=TOMORROW)],
            "assurance-lapsed",
            id="lapsed and renewed from tomorrow on",
        ),
        pytest.param(
            [GRANTED, assurance("suspended", 1)], "assurance-suspended", id="suspended after another's grant"
        ),
        pytest.param(
            [GRANTED, SUSPENDED], "assurance-suspended", id="suspended in the moment of another's grant"
        ),
        pytest.param([SUSPENDED, assurance(hours=1)], TRUSTED, id="another granted after the suspension"),
        pytest.param(
            [SUSPENDED, assurance("lapsed", 1)], "assurance-suspended", id="another lapsed after it"
        ),
        pytest.param(
            [SUSPENDED, assurance(hours=1), assurance("suspended", 2)],
            "assurance-suspended",
            id="suspended a second time",
        ),
    ],
)
def test_a_site_is_trusted_by_what_is_known_of_it(known: list[Assurance], why: str | None) -> None:
    assert why_not_assured(known, TODAY) == why


@given(
    st.permutations([assurance(), assurance("lapsed", 1), assurance("suspended", 2), assurance("granted", 3)])
)
def test_the_order_of_what_is_known_does_not_matter(known: list[Assurance]) -> None:
    assert why_not_assured(known, TODAY) is None
    assert (
        why_not_assured([each for each in known if each.changed_at < NOON + timedelta(hours=3)], TODAY)
        == "assurance-suspended"
    )


def test_an_assurance_begins_with_its_first_day_in_england() -> None:
    summer = date(2027, 6, 1)

    assert assurance(valid_from=summer).begins_at(TODAY) == datetime(2027, 5, 31, 23, tzinfo=UTC)
    assert assurance(valid_from=TODAY).begins_at(TODAY) is None
    assert assurance(valid_from=None).begins_at(TODAY) is None
