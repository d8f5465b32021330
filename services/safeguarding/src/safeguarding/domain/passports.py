"""Passports: the assurances of one provider's sites, and the holds concerns have put on them."""

from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from shared.kernel import Aggregate, Conflict, Invalid, NotFound

GRANTED, SUSPENDED, LAPSED = "granted", "suspended", "lapsed"


class AssuranceSuspended(Conflict):
    """A concern holds the site: answering the checklist again does not lift it."""

    slug = "assurance-suspended"
    title = "The site is suspended while a concern about it is open"


class SiteNotKnown(Invalid):
    """The register has named no such site of an open provider, or its event has not arrived yet."""

    slug = "site-not-known"
    title = "The provider has no such site on the register"


@dataclass(slots=True)
class Assurance:
    """Standing trust in one site for one band of activity, from and until the days named."""

    id: UUID
    provider_id: UUID
    site_id: UUID
    activity_band: str
    checklist_version: str
    state: str
    valid_from: date
    valid_until: date


@dataclass(frozen=True, slots=True)
class Hold:
    """A concern that keeps a site suspended, or every site of the provider."""

    concern_id: UUID
    site_id: UUID | None

    def covers(self, site_id: UUID) -> bool:
        return self.site_id is None or self.site_id == site_id


@dataclass(frozen=True, slots=True)
class AssuranceChanged:
    """Something happened to one assurance of a passport."""

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

    lapsed_on: date


@dataclass(slots=True)
class Passport(Aggregate):
    """A provider's assurances as one: its version orders everything said about any of them."""

    provider_id: UUID
    assurances: list[Assurance] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)

    def grant(self, offered: Assurance) -> Assurance:
        """Grant, or renew the one of the same site and band. Raises `AssuranceSuspended` under a hold."""
        if any(hold.covers(offered.site_id) for hold in self.holds):
            raise AssuranceSuspended(field="body.site_id")
        present = self._of(offered.site_id, offered.activity_band)
        if present is None:
            self.assurances.append(present := offered)
        else:
            present.checklist_version, present.state = offered.checklist_version, GRANTED
            present.valid_from, present.valid_until = offered.valid_from, offered.valid_until
        self.record(AssuranceWasGranted(present))
        return present

    def suspend(self, hold: Hold, reason_code: str) -> None:
        """Hold what the concern covers: each assurance in force is suspended, none granted until lifted."""
        self.holds.append(hold)
        for assurance in self.assurances:
            if assurance.state == GRANTED and hold.covers(assurance.site_id):
                assurance.state = SUSPENDED
                self.record(AssuranceWasSuspended(assurance, reason_code))

    def lift(self, concern_id: UUID) -> None:
        """Lift a concern's hold; what no other one holds is reinstated."""
        self.holds = [hold for hold in self.holds if hold.concern_id != concern_id]
        for assurance in self.assurances:
            if assurance.state == SUSPENDED and not any(h.covers(assurance.site_id) for h in self.holds):
                assurance.state = GRANTED
                self.record(AssuranceWasReinstated(assurance))

    def lapse(self, assurance_id: UUID, today: date) -> None:
        """Let an assurance lapse once its last day is over; one renewed in between stays."""
        assurance = next((each for each in self.assurances if each.id == assurance_id), None)
        if assurance is None:
            raise NotFound("There is no such assurance")
        if assurance.state != LAPSED and assurance.valid_until < today:
            assurance.state = LAPSED
            self.record(AssuranceHasLapsed(assurance, assurance.valid_until))

    def _of(self, site_id: UUID, activity_band: str) -> Assurance | None:
        key = (site_id, activity_band)
        return next((a for a in self.assurances if (a.site_id, a.activity_band) == key), None)
