"""What may be known of an adult's DBS check: that somebody saw it, and never what it says."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from shared.kernel import Invalid


class GroundNotAccepted(Invalid):
    """The rules in force do not accept this as a reason why no check is needed."""

    slug = "ground-not-accepted"
    title = "This is no ground on which a check is not needed"


class StatedInFuture(Invalid):
    """Nothing can have been stated on a day that has not come."""

    slug = "stated-on-in-future"
    title = "The day it was stated lies in the future"


class SeenInFuture(Invalid):
    """A check cannot have been seen on a day that has not come."""

    slug = "seen-on-in-future"
    title = "The day the check was seen lies in the future"


@dataclass(frozen=True, slots=True)
class DbsCheck:
    """That a check was seen, by whom in which role and whether it was clear; never what it said."""

    type: str
    seen_on: date
    seen_by_role: str
    outcome: bool

    def must_have_been_seen_by(self, today: date) -> None:
        """Raises `SeenInFuture`."""
        if self.seen_on > today:
            raise SeenInFuture(field="body.dbs_check.seen_on")


@dataclass(frozen=True, slots=True)
class NoCheckNeeded:
    """That the provider states, on a ground the rules accept, that the adult needs no check."""

    ground: str
    stated_by_role: str
    stated_on: date

    def must_hold(self, grounds: Collection[str], today: date) -> None:
        """Raises `GroundNotAccepted`, `StatedInFuture`."""
        if self.ground not in grounds:
            raise GroundNotAccepted(field="body.no_check_needed.ground")
        if self.stated_on > today:
            raise StatedInFuture(field="body.no_check_needed.stated_on")
