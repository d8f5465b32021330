"""What `opportunities` publishes: organisations, opportunities and their sessions."""

from uuid import UUID

from pydantic import Field

from shared.contracts.contract import Contract, contract
from shared.contracts.totals import TotalsCounted
from shared.contracts.vocabulary import (
    ActivityBand,
    ActivityFormat,
    Criterion,
    InstitutionType,
    Mode,
    OpportunityKind,
    OrganisationKind,
    ReasonCode,
    SessionDay,
    Site,
    Tier,
    YearGroup,
)

ORGANISATIONS = "opportunities.organisations"
EVENTS = "opportunities.events"
TOTALS = "opportunities.totals"


@contract("organisation.recorded.v1", topic=ORGANISATIONS, key="organisation_id")
class OrganisationRecorded(Contract):
    """An organisation as it stands now; the newest for a key replaces all before it."""

    organisation_id: UUID
    kind: OrganisationKind
    institution_type: InstitutionType | None = None
    area_code: str | None = Field(default=None, description="Area of the one responsible hub")
    open: bool = True
    sites: list[Site] = Field(default_factory=list)


@contract("opportunity.published.v1", topic=EVENTS, key="opportunity_id")
class OpportunityPublished(Contract):
    """An opportunity may be found and booked."""

    opportunity_id: UUID
    provider_id: UUID
    site_id: UUID | None = Field(description="None for a wholly virtual opportunity")
    kind: OpportunityKind
    format: ActivityFormat
    mode: Mode
    tier: Tier
    activity_band: ActivityBand
    sector: str
    year_groups: list[YearGroup]
    objective_codes: list[str]
    planned_criteria: list[Criterion] = Field(description="M1-M7 the provider plans to meet")
    accompanied: bool = Field(description="School staff come with the learners")


@contract("opportunity.withdrawn.v1", topic=EVENTS, key="opportunity_id")
class OpportunityWithdrawn(Contract):
    """The provider took the opportunity back: it is no longer listed and takes no new bookings."""

    opportunity_id: UUID
    provider_id: UUID
    reason_code: ReasonCode


@contract("opportunity.suspended.v1", topic=EVENTS, key="opportunity_id")
class OpportunitySuspended(Contract):
    """The opportunity lost its assurance and is out of the listing until reinstated."""

    opportunity_id: UUID
    provider_id: UUID
    reason_code: ReasonCode


@contract("opportunity.reinstated.v1", topic=EVENTS, key="opportunity_id")
class OpportunityReinstated(Contract):
    """The opportunity is assured again and back in the listing."""

    opportunity_id: UUID
    provider_id: UUID


@contract("session.scheduled.v1", topic=EVENTS, key="opportunity_id")
class SessionScheduled(Contract):
    """A dated run of an opportunity takes bookings."""

    session_id: UUID
    opportunity_id: UUID
    provider_id: UUID
    site_id: UUID | None
    places: int = Field(ge=1, le=5000)
    days: list[SessionDay] = Field(min_length=1)
    supervisor_ids: list[UUID] = Field(
        default_factory=list, description="Pseudonyms of the adults who supervise, for the rolling windows"
    )


@contract("session.cancelled.v1", topic=EVENTS, key="opportunity_id")
class SessionCancelled(Contract):
    """A dated run will not take place."""

    session_id: UUID
    opportunity_id: UUID
    provider_id: UUID
    reason_code: ReasonCode


@contract("totals.counted_by_opportunities.v1", topic=TOTALS, key="on")
class CountedByOpportunities(TotalsCounted):
    """Places taken, as the register has copied them; it knows of no institution."""
