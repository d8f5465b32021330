"""Offers: what a provider describes, and the dated rules for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from opportunities.directory.domain import Organisation
from opportunities.offers.domain.hours import HoursRule
from opportunities.offers.domain.session import Day
from shared.kernel import Invalid

Value = str | int


class OfferNotAllowed(Invalid):
    """The offer breaks a rule; `rule`, `source` and `version` name it."""

    slug = "offer-not-allowed"
    title = "A rule does not allow this offer"


class NotAProvider(Invalid):
    """Only an open provider or delivery provider of the directory offers opportunities."""

    slug = "not-a-provider"
    title = "The organisation is not an open provider on the register"


class SiteUnknown(Invalid):
    """An opportunity takes place at one of its provider's own sites."""

    slug = "site-unknown"
    title = "The provider has no such site"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What is offered, in the provider's words and the platform's.

    `purpose` is shown to learner and provider alike (M1); `task_brief` is the task set (M5).
    """

    title: str
    summary: str
    purpose: str
    kind: str
    format: str
    mode: str
    tier: str
    activity_band: str
    sector: str
    year_groups: tuple[int, ...]
    objective_codes: tuple[str, ...] = ()
    planned_criteria: tuple[str, ...] = ()
    task_brief: str | None = None
    accompanied: bool = False
    site_id: UUID | None = None

    def values(self, member: str) -> frozenset[Value]:
        """The member's value or values; none where it is absent."""
        value = getattr(self, member)
        if isinstance(value, tuple):
            return frozenset(value)
        return frozenset() if value is None or value == "" else frozenset({_plain(value)})


@dataclass(frozen=True, slots=True)
class MemberRule:
    """When members have certain values, another must be present, absent, or within bounds."""

    code: str
    when: Mapping[str, frozenset[Value]]
    member: str
    words: str
    source: str
    present: bool | None = None
    within: frozenset[Value] | None = None

    def allows(self, offer: Offer) -> bool:
        """Whether the offer obeys this rule."""
        if not all(offer.values(member) & values for member, values in self.when.items()):
            return True
        found = offer.values(self.member)
        if self.present is not None and bool(found) != self.present:
            return False
        return self.within is None or found <= self.within


@dataclass(frozen=True, slots=True)
class OfferRules:
    """One dated version of the rules of offers."""

    pack: str
    version: str
    members: tuple[MemberRule, ...]
    assured_modes: frozenset[str]
    hours: tuple[HoursRule, ...] = ()

    def check(self, offer: Offer) -> None:
        """Raise `OfferNotAllowed` for the first rule the offer breaks."""
        for rule in self.members:
            if not rule.allows(offer):
                raise OfferNotAllowed(
                    rule.words,
                    field=f"body.{rule.member}",
                    rule=rule.code,
                    source=rule.source,
                    rule_pack=self.pack,
                    version=self.version,
                )

    def check_hours(self, offer: Offer, days: Sequence[Day]) -> None:
        """Raise `OfferNotAllowed` where a session of the offer may not have these days."""
        for rule in self.hours:
            if rule.year_groups.isdisjoint(offer.year_groups):
                continue
            if words := rule.why_not(days, accompanied=offer.accompanied):
                raise OfferNotAllowed(
                    words,
                    field="body.days",
                    rule=rule.code,
                    source=rule.source,
                    rule_pack=self.pack,
                    version=self.version,
                )

    def needs_assurance(self, offer: Offer) -> bool:
        """Whether learners come to a place of work, whose assurance must be in force."""
        return offer.mode in self.assured_modes


def check_provider(provider: Organisation | None, offer: Offer) -> None:
    """Raise `NotAProvider` or `SiteUnknown` where the organisation may not make this offer."""
    if provider is None or not provider.may_offer:
        raise NotAProvider(field="body.provider_id")
    if offer.site_id is not None and offer.site_id not in {site.id for site in provider.sites}:
        raise SiteUnknown(field="body.site_id")


def _plain(value: object) -> Value:
    return value if isinstance(value, str | int) else str(value)
