"""Sessions as one asks for them."""

from dataclasses import replace

import pytest

from bookings.domain.sessions import (
    ProviderSuspended,
    Session,
    SessionNotBookable,
)
from tests.bookings.domain.making import NOW, SESSION


@pytest.mark.parametrize(
    ("session", "reason"),
    [
        (replace(SESSION, cancelled=True), "session-cancelled"),
        (replace(SESSION, begins_at=NOW), "session-begun"),
        (replace(SESSION, listed="withdrawn"), "opportunity-withdrawn"),
        (replace(SESSION, listed="suspended"), "opportunity-suspended"),
        (replace(SESSION, listed=None), "opportunity-not-known"),
    ],
)
def test_a_session_says_why_it_takes_no_bookings(session: Session, reason: str) -> None:
    with pytest.raises(SessionNotBookable) as refused:
        session.must_take_bookings(NOW)

    assert refused.value.facts == {"reason": reason}


def test_a_suspended_provider_takes_no_bookings() -> None:
    with pytest.raises(ProviderSuspended):
        replace(SESSION, trusted=False).must_take_bookings(NOW)
