"""What `outcomes` publishes: frameworks, the ledger and the arrival of evidence."""

from datetime import date
from uuid import UUID

from pydantic import Field

from shared.contracts.contract import Contract, contract
from shared.contracts.totals import TotalsCounted
from shared.contracts.vocabulary import Criterion, Decision, KeyStage, Tier

FRAMEWORKS = "outcomes.frameworks"
LEDGER = "outcomes.ledger"
EVIDENCE = "outcomes.evidence"
TOTALS = "outcomes.totals"


@contract("framework.published.v1", topic=FRAMEWORKS, key="framework")
class FrameworkPublished(Contract):
    """A framework of learning outcomes as it stands now; objective codes may be used from it."""

    framework: str
    version: str
    tiers: list[Tier]
    objective_codes: list[str]
    criteria: list[Criterion]


class LedgerSaid(Contract):
    """What every ledger entry names: minutes of one learner on one day of one session."""

    entry_id: UUID
    learner_id: UUID
    institution_id: UUID
    booking_id: UUID
    session_id: UUID
    opportunity_id: UUID
    on: date
    key_stage: KeyStage | None = Field(description="None where the year group has no guarantee")
    decision: Decision


@contract("ledger.credited.v1", topic=LEDGER, key="learner_id")
class LedgerCredited(LedgerSaid):
    """Minutes count towards the ten days (300 minutes are one day)."""

    minutes: int = Field(ge=1, le=1440)


@contract("ledger.denied.v1", topic=LEDGER, key="learner_id")
class LedgerDenied(LedgerSaid):
    """Nothing counts yet, or at all: the decision's codes and `missing` tell why."""

    missing: list[Criterion]


@contract("ledger.reversed.v1", topic=LEDGER, key="learner_id")
class LedgerReversed(LedgerSaid):
    """Minutes credited before no longer count."""

    minutes: int = Field(ge=1, le=1440)
    reverses: UUID


@contract("reflection.submitted.v1", topic=EVIDENCE, key="learner_id")
class ReflectionSubmitted(Contract):
    """A learner reflected on a session; the words stay in `outcomes`."""

    reflection_id: UUID
    learner_id: UUID
    institution_id: UUID
    session_id: UUID
    on: date


@contract("feedback.given.v1", topic=EVIDENCE, key="session_id")
class FeedbackGiven(Contract):
    """The provider gave feedback to learners of a session; the words stay in `outcomes`."""

    feedback_id: UUID
    session_id: UUID
    provider_id: UUID
    learner_ids: list[UUID]


@contract("totals.counted_by_outcomes.v1", topic=TOTALS, key="on")
class CountedByOutcomes(TotalsCounted):
    """Attendance by the registers, as `outcomes` has copied them."""
