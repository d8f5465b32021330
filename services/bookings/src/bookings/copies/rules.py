"""Whose assurance is in question: the site's, where learners come to it."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class SiteTrustRules:
    """Modes in which learners come to the site of the provider."""

    assured_modes: frozenset[str]

    def site_in_question(self, mode: str, site_id: UUID | None) -> UUID | None:
        """The site that must be trusted for a booking; None where none need be."""
        return site_id if mode in self.assured_modes else None
