"""The envelope: CloudEvents 1.0 in binary mode, read back as it was written or not at all."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.envelope import Event, Malformed, UnknownType, from_message, to_headers
from shared.kernel import new_id
from tests.shared.example_service import ThingChanged
from tests.shared.log import event

KNOWN = {ThingChanged.type: ThingChanged}
THING = ThingChanged(thing_id=new_id(), tenant_id=new_id(), number=1)


def message(said: Event[Any]) -> tuple[list[tuple[str, bytes]], bytes]:
    headers = [(name, value.encode()) for name, value in to_headers(said).items()]
    return headers, said.data.model_dump_json().encode()


def test_an_event_is_read_back_as_it_was_written() -> None:
    said = Event(
        new_id(), "/services/example", datetime.now(UTC), 7, THING, "00-" + "1" * 32 + "-" + "2" * 16 + "-01"
    )
    read = from_message(*message(said), KNOWN)

    assert read == said
    assert read.traceparent == said.traceparent


def test_an_announced_event_is_known_by_its_header() -> None:
    said = replace(event(THING, 3), announced=True)

    assert to_headers(said)["ce_announced"] == "true"
    assert from_message(*message(said), KNOWN).announced
    assert not from_message(*message(event(THING, 3)), KNOWN).announced


def test_the_headers_are_those_of_cloudevents() -> None:
    headers = to_headers(event(THING, 3))

    assert headers["ce_specversion"] == "1.0"
    assert headers["ce_subject"] == headers["ce_partitionkey"] == str(THING.thing_id)
    assert headers["ce_sequence"] == "3"
    assert headers["ce_dataschema"] == "/schemas/thing.changed.v1.json"
    assert headers["content-type"] == "application/json"
    assert "traceparent" not in headers


def test_members_a_reader_does_not_know_are_passed_over() -> None:
    headers, value = message(event(THING))

    assert from_message(headers, value[:-1] + b', "new_member": 1}', KNOWN).data == THING


def test_a_type_a_reader_does_not_know_is_told_apart_from_a_fault() -> None:
    with pytest.raises(UnknownType):
        from_message(*message(event(THING)), {})


@given(
    st.lists(st.tuples(st.text(max_size=20), st.one_of(st.binary(max_size=40), st.none()))),
    st.binary(max_size=80),
)
def test_no_bytes_break_the_reader(headers: list[tuple[str, Any]], value: bytes) -> None:
    with pytest.raises((Malformed, UnknownType)):
        from_message(headers, value, KNOWN)


@pytest.mark.parametrize("canary", ["canary", '{"thing_id": "canary"}', '{"number": "canary"}'])
def test_a_malformed_message_is_named_by_type_and_kind_alone(canary: str) -> None:
    headers, _ = message(event(THING))

    with pytest.raises(Malformed) as refused:
        from_message(headers, canary.encode(), KNOWN)
    assert "canary" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_an_instant_keeps_its_offset() -> None:
    there = datetime(2027, 7, 1, 9, tzinfo=timezone(timedelta(hours=1)))
    said = Event(new_id(), "/services/example", there, 1, THING)

    assert from_message(*message(said), KNOWN).time == there
