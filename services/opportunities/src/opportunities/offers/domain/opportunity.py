"""Opportunities: drafted, published, suspended while not assured, withdrawn."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from opportunities.offers.domain.events import (
    OpportunityChanged,
    OpportunityPublished,
    OpportunityReinstated,
    OpportunitySuspended,
    OpportunityWithdrawn,
    SessionCancelled,
    SessionScheduled,
)
from opportunities.offers.domain.offer import Offer, OfferRules
from opportunities.offers.domain.session import (
    MOST_SESSIONS,
    Session,
    SessionCancelledAlready,
    SessionUnknown,
    TooManySessions,
)
from shared.kernel import Aggregate, Conflict, Invalid, StaleVersion

OpportunityState = Literal["draft", "published", "suspended", "withdrawn"]


class NotDraft(Conflict):
    """What others rely on does not change under them."""

    slug = "opportunity-not-draft"
    title = "Only a draft can be changed or published"


class NotOpen(Conflict):
    """A suspended or withdrawn opportunity takes no new sessions."""

    slug = "opportunity-not-open"
    title = "The opportunity is suspended or withdrawn"


class WithdrawnAlready(Conflict):
    """A withdrawn opportunity stays so."""

    slug = "opportunity-withdrawn"
    title = "The opportunity is withdrawn already"


class NoSessionAhead(Conflict):
    """What cannot be booked is not published."""

    slug = "no-session-in-future"
    title = "Publishing needs a session that lies ahead"


class ProviderSuspended(Conflict):
    """Nothing of a provider, or at a site, that is suspended is published."""

    slug = "provider-suspended"
    title = "The provider or the site is suspended; safeguarding decides when that ends"


class SiteNotAssured(Conflict):
    """No assurance is in force for the provider's site and the band of activity."""

    slug = "site-not-assured"
    title = "The site has no assurance in force for this band of activity"


class FrameworkNotKnown(Conflict):
    """No framework of learning objectives has arrived to check the codes against."""

    slug = "framework-not-known"
    title = "No framework of learning objectives is known yet"


class ObjectiveUnknown(Invalid):
    """A learning objective's code is in no framework."""

    slug = "objective-unknown"
    title = "A learning objective is in no published framework"


@dataclass(frozen=True, slots=True)
class Publishing:
    """What publishing is decided upon: the day, the rules, the frameworks' codes, and trust in the site."""

    now: datetime
    today: date
    rules: OfferRules
    objective_codes: frozenset[str] | None
    not_assured: str | None


@dataclass(frozen=True, slots=True)
class Decided:
    """Under which rules it was published, and upon what: enough to run the decision again."""

    rule_pack: str
    version: str
    reason_codes: tuple[str, ...]
    inputs: dict[str, object]


@dataclass(slots=True)
class Opportunity(Aggregate):
    """An offer with its sessions; both change as one."""

    id: UUID
    provider_id: UUID
    offer: Offer
    state: OpportunityState = "draft"
    sessions: list[Session] = field(default_factory=list)
    published_at: datetime | None = None
    reason_code: str | None = None
    decided: Decided | None = None

    @classmethod
    def draft(cls, opportunity_id: UUID, provider_id: UUID, offer: Offer, rules: OfferRules) -> "Opportunity":
        """Write a first draft. Raises `OfferNotAllowed`."""
        rules.check(offer)
        opportunity = cls(opportunity_id, provider_id, offer)
        opportunity.record(OpportunityChanged(opportunity_id, provider_id))
        return opportunity

    def revise(self, expected_version: int, offer: Offer, rules: OfferRules) -> None:
        """Replace the offer of a draft read at `expected_version`.

        Raises `NotDraft`, `StaleVersion`, `OfferNotAllowed`.
        """
        if self.state != "draft":
            raise NotDraft
        if expected_version != self.version:
            raise StaleVersion(field="header.If-Match")
        rules.check(offer)
        self.offer = offer
        self.record(OpportunityChanged(self.id, self.provider_id))

    def add_session(self, session: Session, today: date, rules: OfferRules) -> Session:
        """Add a run, announced at once where the opportunity is published; past ones make room.

        Raises `NotOpen`, `OfferNotAllowed`, `TooManySessions`. Returns the session as it then stands.
        """
        if self.state not in ("draft", "published"):
            raise NotOpen
        rules.check_hours(self.offer, session.days)
        if sum(each.is_ahead(today) and each.state != "cancelled" for each in self.sessions) >= MOST_SESSIONS:
            raise TooManySessions
        self.sessions.append(session)
        if self.state == "published":
            return self._announce(session)
        self.record(OpportunityChanged(self.id, self.provider_id))
        return session

    def publish(self, basis: Publishing) -> None:
        """Announce the opportunity, then its sessions ahead.

        Raises `NotDraft`, `OfferNotAllowed`, `NoSessionAhead`, `FrameworkNotKnown`,
        `ObjectiveUnknown`, `SiteNotAssured`.
        """
        if self.state != "draft":
            raise NotDraft
        basis.rules.check(self.offer)
        ahead = [each for each in self.sessions if each.state == "planned" and each.is_ahead(basis.today)]
        if not ahead:
            raise NoSessionAhead
        for session in ahead:
            basis.rules.check_hours(self.offer, session.days)
        self._check_objectives(basis.objective_codes)
        needs_assurance = basis.rules.needs_assurance(self.offer)
        if needs_assurance and basis.not_assured:
            raise SiteNotAssured(reason=basis.not_assured)
        self.state, self.published_at = "published", basis.now
        self.decided = Decided(
            basis.rules.pack,
            basis.rules.version,
            ("site-assured",) if needs_assurance else ("no-assurance-needed",),
            {"on": basis.today.isoformat(), "mode": self.offer.mode, "sessions_ahead": len(ahead)},
        )
        self.record(OpportunityPublished(self.id, self.provider_id, self.offer))
        for session in ahead:
            self._announce(session)

    def apply_assurance(self, not_assured: str | None) -> None:
        """Leave the listing while the site is not assured, come back when it is."""
        if self.state == "published" and not_assured:
            self.state, self.reason_code = "suspended", not_assured
            self.record(OpportunitySuspended(self.id, self.provider_id, not_assured))
        elif self.state == "suspended" and not_assured is None:
            self.state, self.reason_code = "published", None
            self.record(OpportunityReinstated(self.id, self.provider_id))

    def withdraw(self, reason_code: str) -> None:
        """Take it back; nothing is published of a draft. Raises `WithdrawnAlready`."""
        if self.state == "withdrawn":
            raise WithdrawnAlready
        was_draft = self.state == "draft"
        self.state, self.reason_code = "withdrawn", reason_code
        if was_draft:
            self.record(OpportunityChanged(self.id, self.provider_id))
        else:
            self.record(OpportunityWithdrawn(self.id, self.provider_id, reason_code))

    def cancel_session(self, session_id: UUID, reason_code: str) -> Session:
        """Cancel a run. Raises `SessionUnknown`, `SessionCancelledAlready`."""
        session = self.session(session_id)
        if session.state == "cancelled":
            raise SessionCancelledAlready
        cancelled = self._put(session.in_state("cancelled"))
        if session.state == "scheduled":
            self.record(SessionCancelled(self.id, self.provider_id, session_id, reason_code))
        else:
            self.record(OpportunityChanged(self.id, self.provider_id))
        return cancelled

    def session(self, session_id: UUID) -> Session:
        """The session of this id. Raises `SessionUnknown`."""
        found = next((each for each in self.sessions if each.id == session_id), None)
        if found is None:
            raise SessionUnknown
        return found

    def _announce(self, session: Session) -> Session:
        scheduled = self._put(session.in_state("scheduled"))
        self.record(SessionScheduled(self.id, self.provider_id, self.offer.site_id, scheduled))
        return scheduled

    def _put(self, session: Session) -> Session:
        self.sessions = [session if each.id == session.id else each for each in self.sessions]
        return session

    def _check_objectives(self, known: frozenset[str] | None) -> None:
        if not self.offer.objective_codes:
            return
        if known is None:
            raise FrameworkNotKnown
        for place, code in enumerate(self.offer.objective_codes):
            if code not in known:
                raise ObjectiveUnknown(field=f"objective_codes.{place}")
