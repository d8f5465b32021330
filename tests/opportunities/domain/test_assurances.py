"""When a site is trusted."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from opportunities.domain.assurances import Assurance, why_not_assured

TODAY = date(2026, 11, 23)
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def assurance(hours: int = 0, **members: Any) -> Assurance:
    return Assurance(
        **{
            "id": uuid4(),
            "provider_id": uuid4(),
            "site_id": uuid4(),
            "activity_band": "low_risk",
            "standing": "granted",
            "sequence": 1,
            "said_at": NOON + timedelta(hours=hours),
            "valid_from": TODAY,
            "valid_until": TODAY,
            **members,
        }
    )


def test_an_assurance_counts_from_its_first_day_to_its_last() -> None:
    known = [assurance()]

    assert why_not_assured(known, TODAY) is None
    assert why_not_assured(known, TODAY - timedelta(days=1)) == "assurance-missing"
    assert why_not_assured(known, TODAY + timedelta(days=1)) == "assurance-lapsed"


def test_nothing_known_is_not_assured() -> None:
    assert why_not_assured([], TODAY) == "assurance-missing"


def test_an_assurance_that_lapses_takes_nothing_from_its_renewal() -> None:
    assert why_not_assured([assurance(2, standing="lapsed"), assurance(1)], TODAY) is None


def test_a_suspension_outweighs_what_was_granted_before_it() -> None:
    assert why_not_assured([assurance(1), assurance(2, standing="suspended")], TODAY) == "assurance-suspended"


def test_what_is_granted_after_a_suspension_counts() -> None:
    assert why_not_assured([assurance(2, standing="suspended"), assurance(3)], TODAY) is None


@given(
    st.permutations(
        [assurance(0), assurance(1, standing="lapsed"), assurance(2, standing="suspended"), assurance(3)]
    )
)
def test_the_order_of_what_is_known_does_not_matter(known: list[Assurance]) -> None:
    assert why_not_assured(known, TODAY) is None
    assert (
        why_not_assured([each for each in known if each.said_at < NOON + timedelta(hours=3)], TODAY)
        == "assurance-suspended"
    )
