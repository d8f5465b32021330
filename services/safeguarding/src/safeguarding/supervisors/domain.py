"""What may be known of an adult's DBS check: that somebody saw it, and never what it says."""

from dataclasses import dataclass
from datetime import date

from shared.kernel import Invalid


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
