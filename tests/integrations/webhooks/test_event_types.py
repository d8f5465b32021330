"""The published list of event types against the contracts."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

from integrations.webhooks.domain.event_types import EVENT_TYPES
from integrations.webhooks.policies import when_event_is_published_queue_webhooks
from shared.contracts.bookings import LearnerErased
from shared.contracts.envelope import Event
from shared.contracts.registry import published

# Said to nobody outside: whole frameworks, public counters, sealed rows, and a school's numbers of a day.
NOT_TOLD = {
    "framework.published.v1", "places.changed.v1", "roster.row_received.v1",
    "totals.counted_by_bookings.v1", "totals.counted_by_opportunities.v1",
    "totals.counted_by_safeguarding.v1", "totals.counted_by_outcomes.v1",
}  # fmt: skip
# What may be told: ids, states, dates and counts.
WORDS = {
    "kind", "open", "mode", "places", "held_until", "first_day", "last_day", "state", "on", "on_roll",
    "key_stage", "activity_band", "valid_from", "valid_until", "lapsed_on", "minutes", "reverses", "rows",
    "rejected_rows",
}  # fmt: skip


def test_every_contract_is_on_the_list_or_is_told_to_nobody_on_purpose() -> None:
    assert set(EVENT_TYPES) | NOT_TOLD == set(published())


def test_every_member_named_is_one_of_its_contract_and_tells_ids_states_and_dates_only() -> None:
    for name, event_type in EVENT_TYPES.items():
        fields = published()[name].model_fields
        assert set(event_type.members) | set(event_type.tenants) <= set(fields), name
        for member in event_type.members:
            assert member.endswith("_id") or member in WORDS, (name, member)


def test_partners_are_told_what_happens_and_not_what_is_announced_again() -> None:
    erased = LearnerErased(learner_id=uuid4(), institution_id=uuid4())
    happened = Event(uuid4(), "/services/bookings", datetime.now(UTC), 2, erased)

    assert when_event_is_published_queue_webhooks(happened) is not None
    assert when_event_is_published_queue_webhooks(replace(happened, announced=True)) is None
