"""A learner's totals: credited minutes in a key stage, and what is still open about them."""

from dataclasses import dataclass

from outcomes.ledger.domain.counting import KeyStageRules


@dataclass(frozen=True, slots=True)
class Totals:
    """A learner's credited minutes in one key stage, and those of them that flags ask about."""

    minutes: int = 0
    in_person_minutes: int = 0
    placement_minutes: int = 0

    def plus(self, minutes: int, *, in_person: bool, placement: bool) -> "Totals":
        """With these minutes credited, or with them taken back where they are negative."""
        return Totals(
            self.minutes + minutes,
            self.in_person_minutes + (minutes if in_person else 0),
            self.placement_minutes + (minutes if placement else 0),
        )

    def flags(self, stage: KeyStageRules) -> tuple[str, ...]:
        """What still has to be looked at, though minutes are there."""
        flags = []
        if stage.in_person_needed and self.minutes and not self.in_person_minutes:
            flags.append("all-virtual")
        if stage.placement_expected and self.minutes >= stage.target_minutes and not self.placement_minutes:
            flags.append("no-placement")
        if self.minutes > stage.target_minutes:
            flags.append("surplus-stays-in-key-stage")
        return tuple(flags)

    def missing_minutes(self, stage: KeyStageRules) -> int:
        """Minutes left to the key stage's target."""
        return max(0, stage.target_minutes - self.minutes)

    def met(self, stage: KeyStageRules) -> bool:
        """Whether the days are reached: never by virtual experiences alone where the rules ask for more."""
        return self.minutes >= stage.target_minutes and "all-virtual" not in self.flags(stage)
