"""Request bodies read JSON strictly."""

from datetime import date, datetime, time
from typing import Any

import pytest
from pydantic import ValidationError

from shared.http.bodies import RequestBody


class Inner(RequestBody):
    on: date


class Body(RequestBody):
    at: datetime
    starts: time
    places: int
    inner: Inner | None = None
    inners: tuple[Inner, ...] = ()


SENT: dict[str, Any] = {"at": "2026-03-02T09:00:00Z", "starts": "09:00:00", "places": 3}


def test_dates_and_times_are_text_at_every_depth() -> None:
    body = Body.model_validate(SENT | {"inner": {"on": "2026-03-02"}, "inners": [{"on": "2026-03-03"}]})

    assert body.starts == time(9)
    assert body.inner == Inner.model_validate({"on": "2026-03-02"})
    assert [each.on for each in body.inners] == [date(2026, 3, 3)]


@pytest.mark.parametrize(
    "changed",
    [{"places": "3"}, {"at": 0}, {"inner": {"on": 0}}, {"inners": [{"on": "2026-03-02", "more": 1}]}],
)
def test_no_member_is_guessed(changed: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Body.model_validate(SENT | changed)
