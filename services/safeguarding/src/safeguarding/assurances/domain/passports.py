"""Passports: the assurances of one provider's sites, and the suspensions concerns have put on them."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from uuid import UUID

from safeguarding.assurances.domain.trust import GRANTED, LAPSED, SUSPENDED, AssuranceState
from shared.kernel import Aggregate, Conflict, Invalid, NotFound
from shared.kernel.clock import LONDON

EXPIRY = "assurance-expiry"
PROVIDER_SUSPENDED, SITE_SUSPENDED = "provider-suspended", "site-suspended"


class AssuranceSuspended(Conflict):
    """A concern suspends the site: answering the checklist again does not lift it."""

    slug = "assurance-suspended"
    title = "The site is suspended while a concern about it is open"


class SiteNotKnown(Invalid):
    """No event has named such a site of an open provider, or it has not arrived yet."""

    slug = "site-not-known"
    title = "The provider has no such site on the register"


@dataclass(frozen=True, slots=True)
class Assurance:
    """Trust in one site for one band of activity, from and until the days named."""

    id: UUID
    provider_id: UUID
    site_id: UUID
    activity_band: str
    checklist_version: str
    state: AssuranceState
    valid_from: date
    valid_until: date

    @property
    def expires_at(self) -> datetime:
        """The deadline `EXPIRY`: midnight in England after its last day."""
        return datetime.combine(self.valid_until + timedelta(days=1), time(), LONDON)


@dataclass(frozen=True, slots=True)
class Suspension:
    """A concern that keeps a site suspended, or every site of the provider."""

    concern_id: UUID
    site_id: UUID | None

    def covers(self, site_id: UUID) -> bool:
        return self.site_id is None or self.site_id == site_id


@dataclass(frozen=True, slots=True)
class AssuranceChanged:
    """Something happened to one assurance of a passport; the assurance as it was after it."""

    assurance: Assurance


@dataclass(frozen=True, slots=True)
class AssuranceWasGranted(AssuranceChanged):
    """Granted anew or renewed."""


@dataclass(frozen=True, slots=True)
class AssuranceWasSuspended(AssuranceChanged):
    """Trust was withdrawn at once."""

    reason_code: str


@dataclass(frozen=True, slots=True)
class AssuranceWasReinstated(AssuranceChanged):
    """Trust was given back, until the same last day."""


@dataclass(frozen=True, slots=True)
class AssuranceHasLapsed(AssuranceChanged):
    """The last day passed without renewal."""


@dataclass(frozen=True, slots=True)
class ProviderWasSuspended:
    """The provider, or one site of it, is suspended in whatever it offers, assured or not."""

    provider_id: UUID
    site_id: UUID | None

    @property
    def reason_code(self) -> str:
        """What everybody is told; what was reported stays with the concern."""
        return SITE_SUSPENDED if self.site_id else PROVIDER_SUSPENDED


@dataclass(frozen=True, slots=True)
class ProviderWasReinstated:
    """No concern suspends the provider, or this one site, under this name any more."""

    provider_id: UUID
    site_id: UUID | None


@dataclass(slots=True)
class Passport(Aggregate):
    """A provider's assurances by id, as one: its version orders the events of all of them."""

    provider_id: UUID
    assurances: dict[UUID, Assurance] = field(default_factory=dict)
    suspensions: list[Suspension] = field(default_factory=list)

    def grant(self, offered: Assurance) -> Assurance:
        """Grant, or renew the assurance of the same site and band.

        Raises `AssuranceSuspended` while a concern suspends the site.
        """
        if self._suspends(offered.site_id):
            raise AssuranceSuspended(field="body.site_id")
        present = self._of(offered.site_id, offered.activity_band)
        granted = replace(offered, id=present.id) if present else offered
        self._change(AssuranceWasGranted(granted))
        return granted

    @property
    def suspended(self) -> set[UUID | None]:
        """The sites that are suspended, and None where all of the provider is."""
        return {each.site_id for each in self.suspensions}

    def suspend(self, suspension: Suspension) -> None:
        """Suspend what the concern covers; until it is lifted nothing is granted there."""
        told = ProviderWasSuspended(self.provider_id, suspension.site_id)
        if suspension.site_id not in self.suspended:
            self.record(told)
        self.suspensions.append(suspension)
        for assurance in self.assurances.values():
            if assurance.state == GRANTED and suspension.covers(assurance.site_id):
                self._change(AssuranceWasSuspended(replace(assurance, state=SUSPENDED), told.reason_code))

    def lift(self, concern_id: UUID) -> None:
        """Lift a concern's suspension; what no other concern suspends is reinstated.

        The assurances come first: who hears that the provider is reinstated knows what is trusted.
        """
        were = self.suspended
        self.suspensions = [each for each in self.suspensions if each.concern_id != concern_id]
        for assurance in self.assurances.values():
            if assurance.state == SUSPENDED and not self._suspends(assurance.site_id):
                self._change(AssuranceWasReinstated(replace(assurance, state=GRANTED)))
        for site_id in were - self.suspended:
            self.record(ProviderWasReinstated(self.provider_id, site_id))

    def lapse(self, assurance_id: UUID, today: date) -> None:
        """Let an assurance lapse once its last day is over; one renewed in between stays."""
        assurance = self.assurances.get(assurance_id)
        if assurance is None:
            raise NotFound("There is no such assurance")
        if assurance.state != LAPSED and assurance.valid_until < today:
            self._change(AssuranceHasLapsed(replace(assurance, state=LAPSED)))

    def distrust(self, assurance_id: UUID) -> None:
        """Why trust was withdrawn is forgotten: it lapses until the checklist is answered anew."""
        assurance = self.assurances[assurance_id]
        if assurance.state == GRANTED:
            self._change(AssuranceHasLapsed(replace(assurance, state=LAPSED)))

    def _change(self, event: AssuranceChanged) -> None:
        self.assurances[event.assurance.id] = event.assurance
        self.record(event)

    def _of(self, site_id: UUID, activity_band: str) -> Assurance | None:
        key = (site_id, activity_band)
        return next((a for a in self.assurances.values() if (a.site_id, a.activity_band) == key), None)

    def _suspends(self, site_id: UUID) -> bool:
        return any(each.covers(site_id) for each in self.suspensions)
