"""The figures every process tells: one place, so that their names stay one language."""

from opentelemetry import metrics

_meter = metrics.get_meter("wex")
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)

request_seconds = _meter.create_histogram(
    "http.server.request.duration",
    unit="s",
    description="Time from a request's head to its answer",
    explicit_bucket_boundaries_advisory=_SECONDS,
)
published = _meter.create_counter("wex_outbox_published", description="Events acknowledged by the broker")
publish_seconds = _meter.create_histogram(
    "wex_outbox_age_seconds",
    unit="s",
    description="Commit to the broker's acknowledgement",
    explicit_bucket_boundaries_advisory=_SECONDS,
)
consumed = _meter.create_counter("wex_messages_consumed", description="Messages by what became of them")
consume_seconds = _meter.create_histogram(
    "wex_message_seconds",
    unit="s",
    description="Time spent on one message",
    explicit_bucket_boundaries_advisory=_SECONDS,
)
depth = _meter.create_gauge("wex_outbox_depth", description="Events waiting in the outbox")
outbox_aside = _meter.create_gauge(
    "wex_outbox_set_aside", description="Topics and keys whose events cannot be sent at the moment"
)
parked = _meter.create_gauge("wex_parked_messages", description="Messages set aside, by state")
parked_oldest = _meter.create_gauge(
    "wex_parked_oldest_seconds", unit="s", description="How long the oldest parked message waits, by state"
)
lag = _meter.create_gauge("wex_consumer_lag", description="Messages behind the end, by topic")
behind = _meter.create_gauge(
    "wex_subscriptions_behind", description="Messages that a new subscription has not caught up, by topic"
)
deadlines_met = _meter.create_counter("wex_deadlines", description="Deadlines acted on, by name")
deadlines_overdue = _meter.create_gauge(
    "wex_deadlines_overdue_seconds", unit="s", description="How long the oldest due deadline waits, by name"
)
deadlines_dead = _meter.create_gauge(
    "wex_deadlines_dead", description="Deadlines given up after their last try, by name"
)
days_not_counted = _meter.create_gauge("wex_days_not_counted", description="Days whose counting failed")
total_differences = _meter.create_gauge(
    "wex_total_differences", description="Numbers in which two services differ for good, by measure"
)
