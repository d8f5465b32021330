"""What `safeguarding` publishes: standing assurances and clearances, the decision and never the detail."""

from datetime import date
from uuid import UUID

from shared.contracts.contract import Contract, contract
from shared.contracts.totals import TotalsCounted
from shared.contracts.vocabulary import ActivityBand, Decision, ReasonCode

ASSURANCES = "safeguarding.assurances"
CLEARANCES = "safeguarding.clearances"
TOTALS = "safeguarding.totals"


class AssuranceSaid(Contract):
    """What every event about an assurance names: a provider's site and band of activity, and its days.

    The days are absent in events of earlier releases.
    """

    assurance_id: UUID
    provider_id: UUID
    site_id: UUID
    activity_band: ActivityBand
    valid_from: date | None = None
    valid_until: date | None = None


@contract("assurance.granted.v1", topic=ASSURANCES, key="provider_id")
class AssuranceGranted(AssuranceSaid):
    """The site is trusted for activities of this band, from and until the days named."""

    valid_from: date
    valid_until: date
    decision: Decision


@contract("assurance.lapsed.v1", topic=ASSURANCES, key="provider_id")
class AssuranceLapsed(AssuranceSaid):
    """The assurance reached its last day without renewal."""

    lapsed_on: date


@contract("assurance.suspended.v1", topic=ASSURANCES, key="provider_id")
class AssuranceSuspended(AssuranceSaid):
    """Trust is withdrawn at once."""

    reason_code: ReasonCode


@contract("assurance.reinstated.v1", topic=ASSURANCES, key="provider_id")
class AssuranceReinstated(AssuranceSaid):
    """Trust is given back, until the same last day."""

    valid_until: date


class ProviderSaid(Contract):
    """Which part of a provider is spoken of: one site of it, or all of it where none is named."""

    provider_id: UUID
    site_id: UUID | None = None


@contract("provider.suspended.v1", topic=ASSURANCES, key="provider_id")
class ProviderSuspended(ProviderSaid):
    """Until it is reinstated nobody goes there or books, in whatever mode; why is told to nobody."""

    reason_code: ReasonCode


@contract("provider.reinstated.v1", topic=ASSURANCES, key="provider_id")
class ProviderReinstated(ProviderSaid):
    """What was suspended under the same name no longer is; another suspension may still cover a site."""


class ClearanceSaid(Contract):
    """What every event about a clearance names."""

    clearance_id: UUID
    booking_id: UUID
    institution_id: UUID
    provider_id: UUID
    decision: Decision


@contract("clearance.granted.v1", topic=CLEARANCES, key="booking_id")
class ClearanceGranted(ClearanceSaid):
    """This booking may go ahead."""


@contract("clearance.refused.v1", topic=CLEARANCES, key="booking_id")
class ClearanceRefused(ClearanceSaid):
    """This booking may not go ahead, for the reasons coded in the decision."""


@contract("clearance.referred.v1", topic=CLEARANCES, key="booking_id")
class ClearanceReferred(ClearanceSaid):
    """A person must decide; the booking keeps its hold until then or its deadline."""


@contract("clearance.revoked.v1", topic=CLEARANCES, key="booking_id")
class ClearanceRevoked(ClearanceSaid):
    """What was granted no longer stands, for the reasons coded in the decision; it may be granted again."""


@contract("clearance.conditions_set.v1", topic=CLEARANCES, key="booking_id")
class ClearanceConditionsSet(ClearanceSaid):
    """This booking may go ahead, by this decision from now on: its codes replace those of the grant."""


@contract("totals.counted_by_safeguarding.v1", topic=TOTALS, key="on")
class CountedBySafeguarding(TotalsCounted):
    """Bookings that were let go ahead, as `safeguarding` has decided them."""
