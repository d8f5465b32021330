"""What the register does when others speak: event to command."""

from typing import Any

from opportunities.application import following
from opportunities.application.commands import (
    BeginAssurance,
    FollowAssurance,
    LearnFramework,
    NotePlaces,
    RelistProvider,
)
from opportunities.application.ports import UnitOfWork
from opportunities.domain.assurances import Assurance, Standing
from shared.contracts.bookings import PlacesChanged
from shared.contracts.envelope import Event
from shared.contracts.opportunities import OrganisationRecorded
from shared.contracts.outcomes import FrameworkPublished
from shared.contracts.safeguarding import (
    AssuranceGranted,
    AssuranceLapsed,
    AssuranceReinstated,
    AssuranceSaid,
    AssuranceSuspended,
)
from shared.messaging.policy import Due, Instruction, for_tenants


def when_assurance_granted_follow(event: Event[AssuranceGranted]) -> Instruction[UnitOfWork]:
    """A site is trusted: what was suspended for want of it comes back."""
    return _follow(event, "granted", valid_from=event.data.valid_from, valid_until=event.data.valid_until)


def when_assurance_reinstated_follow(event: Event[AssuranceReinstated]) -> Instruction[UnitOfWork]:
    """Trust is given back."""
    return _follow(event, "granted", valid_until=event.data.valid_until)


def when_assurance_suspended_follow(event: Event[AssuranceSuspended]) -> Instruction[UnitOfWork]:
    """Trust is withdrawn: what relied on it leaves the listing."""
    return _follow(event, "suspended")


def when_assurance_lapsed_follow(event: Event[AssuranceLapsed]) -> Instruction[UnitOfWork]:
    """Trust ran out: unless it was renewed, what relied on it leaves the listing."""
    return _follow(event, "lapsed")


def when_assurance_begins_list(due: Due) -> Instruction[UnitOfWork]:
    """An assurance's first day has come."""
    return Instruction(
        following.begin_assurance, BeginAssurance(due.subject_id), tenants=for_tenants(due.tenant_id)
    )


def when_places_changed_note(event: Event[PlacesChanged]) -> Instruction[UnitOfWork]:
    """Bookings took or gave back places."""
    command = NotePlaces(event.data.session_id, event.data.taken, event.sequence)
    return Instruction(following.note_places, command)


def when_framework_published_learn(event: Event[FrameworkPublished]) -> Instruction[UnitOfWork]:
    """A framework's objectives may be aimed at."""
    said = event.data
    command = LearnFramework(said.framework, said.version, tuple(said.objective_codes), event.sequence)
    return Instruction(following.learn_framework, command)


def when_organisation_recorded_relist(event: Event[OrganisationRecorded]) -> Instruction[UnitOfWork] | None:
    """A provider may have a new name; its listing, which another tenant may not write, follows."""
    if event.data.kind not in ("provider", "delivery_provider"):
        return None
    provider_id = event.data.organisation_id
    return Instruction(
        following.relist_provider, RelistProvider(provider_id), tenants=for_tenants(provider_id)
    )


def _follow(event: Event[Any], standing: Standing, **dates: Any) -> Instruction[UnitOfWork]:
    said: AssuranceSaid = event.data
    assurance = Assurance(
        id=said.assurance_id,
        provider_id=said.provider_id,
        site_id=said.site_id,
        activity_band=said.activity_band,
        standing=standing,
        sequence=event.sequence,
        said_at=event.time,
        **dates,
    )
    return Instruction(
        following.follow_assurance, FollowAssurance(assurance), tenants=for_tenants(said.provider_id)
    )
