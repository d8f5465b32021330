"""The event types partners may subscribe to: whose they are and what a webhook tells of them.

Ids, states and dates only. Learners, decisions and reasons are read from the service that owns them,
by those who may. `sequence` (the aggregate's version after the event) is told with every one.
"""

from dataclasses import dataclass

TEST = "webhook.test"


@dataclass(frozen=True, slots=True)
class EventType:
    """A type, the members naming the organisations it belongs to, and the members told to them."""

    name: str
    tenants: tuple[str, ...]
    members: tuple[str, ...]


_BOOKING = ("booking_id", "session_id", "opportunity_id", "institution_id", "provider_id")
_ASSURANCE = ("assurance_id", "provider_id", "site_id", "activity_band")
_CLEARANCE = ("clearance_id", "booking_id", "institution_id", "provider_id")
_LEDGER = ("entry_id", "learner_id", "institution_id", "booking_id", "session_id", "on", "key_stage")
_BOTH = ("institution_id", "provider_id")
_PROVIDER = ("provider_id",)
_INSTITUTION = ("institution_id",)

EVENT_TYPES = {
    each.name: each
    for each in (
        EventType("organisation.recorded.v1", ("organisation_id",), ("organisation_id", "kind", "open")),
        EventType(
            "opportunity.published.v1",
            _PROVIDER,
            ("opportunity_id", "provider_id", "site_id", "kind", "mode"),
        ),
        EventType("opportunity.withdrawn.v1", _PROVIDER, ("opportunity_id", "provider_id")),
        EventType("opportunity.suspended.v1", _PROVIDER, ("opportunity_id", "provider_id")),
        EventType("opportunity.reinstated.v1", _PROVIDER, ("opportunity_id", "provider_id")),
        EventType(
            "session.scheduled.v1", _PROVIDER, ("session_id", "opportunity_id", "provider_id", "places")
        ),
        EventType("session.cancelled.v1", _PROVIDER, ("session_id", "opportunity_id", "provider_id")),
        EventType("booking.requested.v1", _BOTH, (*_BOOKING, "held_until")),
        EventType("booking.waitlisted.v1", _BOTH, (*_BOOKING, "places")),
        EventType("booking.confirmed.v1", _BOTH, (*_BOOKING, "first_day", "last_day")),
        EventType("booking.changed.v1", _BOTH, _BOOKING),
        EventType("booking.suspended.v1", _BOTH, _BOOKING),
        EventType("booking.reinstated.v1", _BOTH, _BOOKING),
        EventType("booking.ended.v1", _BOTH, (*_BOOKING, "state")),
        EventType("attendance.recorded.v1", _BOTH, (*_BOOKING, "on")),
        EventType("learner.recorded.v1", _INSTITUTION, ("learner_id", "institution_id", "on_roll")),
        EventType("learner.erased.v1", _INSTITUTION, ("learner_id", "institution_id")),
        EventType("cohort.relabelled.v1", _INSTITUTION, ("cohort_id", "institution_id")),
        EventType("assurance.granted.v1", _PROVIDER, (*_ASSURANCE, "valid_from", "valid_until")),
        EventType("assurance.lapsed.v1", _PROVIDER, (*_ASSURANCE, "lapsed_on")),
        EventType("assurance.suspended.v1", _PROVIDER, _ASSURANCE),
        EventType("assurance.reinstated.v1", _PROVIDER, (*_ASSURANCE, "valid_until")),
        EventType("provider.suspended.v1", _PROVIDER, ("provider_id", "site_id")),
        EventType("provider.reinstated.v1", _PROVIDER, ("provider_id", "site_id")),
        EventType("clearance.granted.v1", _BOTH, _CLEARANCE),
        EventType("clearance.refused.v1", _BOTH, _CLEARANCE),
        EventType("clearance.referred.v1", _BOTH, _CLEARANCE),
        EventType("clearance.revoked.v1", _BOTH, _CLEARANCE),
        EventType("clearance.conditions_set.v1", _BOTH, _CLEARANCE),
        EventType("ledger.credited.v1", _INSTITUTION, (*_LEDGER, "minutes")),
        EventType("ledger.denied.v1", _INSTITUTION, _LEDGER),
        EventType("ledger.reversed.v1", _INSTITUTION, (*_LEDGER, "minutes", "reverses")),
        EventType(
            "reflection.submitted.v1",
            _INSTITUTION,
            ("reflection_id", "learner_id", "institution_id", "session_id", "on"),
        ),
        EventType("feedback.given.v1", _PROVIDER, ("feedback_id", "session_id", "provider_id")),
        EventType(
            "roster.received.v1",
            _INSTITUTION,
            ("roster_id", "institution_id", "kind", "rows", "rejected_rows"),
        ),
    )
}
