"""The figures every process tells: one place, so that their names stay one language."""

from opentelemetry import metrics

_meter = metrics.get_meter("wex")

published = _meter.create_counter("wex_outbox_published", description="Events acknowledged by the broker")
publish_seconds = _meter.create_histogram(
    "wex_outbox_age_seconds", unit="s", description="Commit to the broker's acknowledgement"
)
consumed = _meter.create_counter("wex_messages_consumed", description="Messages by what became of them")
consume_seconds = _meter.create_histogram(
    "wex_message_seconds", unit="s", description="Time spent on one message"
)
commands = _meter.create_counter("wex_commands", description="Commands by what became of them")
depth = _meter.create_gauge("wex_outbox_depth", description="Events waiting in the outbox")
parked = _meter.create_gauge("wex_parked_messages", description="Messages set aside")
lag = _meter.create_gauge("wex_consumer_lag", description="Messages behind the end, by topic")
deadlines_met = _meter.create_counter("wex_deadlines", description="Deadlines acted on, by name")
