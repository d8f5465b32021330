"""Rows are sealed so that bookings can open every one, also those of rosters that arrive at once."""

import json
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from uuid import uuid4

import pytest
from joserfc import jwe
from joserfc.jwk import ECKey

from integrations.rosters.domain.inspection import Learner
from integrations.rosters.sealing import RowSealer

ALGORITHMS = ["ECDH-ES+A256KW", "A256GCM"]
ROSTERS, ROWS = 3, 300


@pytest.fixture
def threads_in_turn() -> Iterator[None]:
    """Threads take turns as often as can be."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(usual)


def learner(row: int) -> Learner:
    born = date(2012, 1, 1)
    return Learner(row, f"learner-{row}", None, "Given", "Example", born, 9, (), "active")


@pytest.mark.usefixtures("threads_in_turn")
def test_every_row_of_rosters_sealed_at_once_opens() -> None:
    key = ECKey.generate_key("P-256", private=True, auto_kid=True)
    sealer = RowSealer(json.dumps(key.as_dict(private=False)), bytes(32))
    rows = [learner(number) for number in range(ROWS)]
    with ThreadPoolExecutor(ROSTERS) as several:
        rosters = several.map(lambda _: sealer.seal(uuid4(), rows), range(ROSTERS))
        sealed = [row.sealed for roster in rosters for row in roster]
    opened = [jwe.decrypt_compact(each, key, algorithms=ALGORITHMS).plaintext or b"" for each in sealed]
    names = [json.loads(each)["source_id"] for each in opened]
    assert names == [row.source_id for row in rows] * ROSTERS
