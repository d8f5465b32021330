"""The national checklist: items by band of activity, and whether answers to it are complete."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from shared.kernel import Invalid

RULE_PACK = "checklist"


class ChecklistIncomplete(Invalid):
    """A required item is not answered yes, or lacks its evidence: `missing` names each."""

    slug = "checklist-incomplete"
    title = "The checklist is not complete"


class ChecklistItemNotKnown(Invalid):
    """An answer names an item this band's checklist does not have, or names one twice."""

    slug = "checklist-item-not-known"
    title = "An answer belongs to no item of this checklist"


class ChecklistVersionSuperseded(Invalid):
    """The answers were given to a version that is not the one in force."""

    slug = "checklist-version-superseded"
    title = "Another version of the checklist is in force"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What an answer rests on: a reference to it, never the thing itself."""

    kind: str
    reference: str
    expires_on: date | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A provider's answer to one item."""

    item: str
    answer: bool
    note: str | None = None
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class ChecklistItem:
    """One question; `evidence` is `none`, `note` or `document`, `exempt_by` what stands in for a document."""

    code: str
    question: str
    required: bool
    evidence: str
    source: str
    exempt_by: tuple[str, ...] = ()
    open_point: str | None = None

    def satisfied_by(self, answer: Answer, today: date) -> bool:
        """Whether the answer is yes and carries the evidence, still valid today."""
        if not answer.answer:
            return False
        if self.evidence == "note":
            return bool(answer.note and answer.note.strip())
        if self.evidence == "document":
            return answer.evidence is not None and self._accepts(answer.evidence, today)
        return True

    def _accepts(self, evidence: Evidence, today: date) -> bool:
        if evidence.kind in self.exempt_by:
            return evidence.expires_on is None or evidence.expires_on >= today
        return (
            evidence.kind == "document" and evidence.expires_on is not None and evidence.expires_on >= today
        )


@dataclass(frozen=True, slots=True)
class Checklist:
    """One version of the national checklist, for one band of activity."""

    version: str
    effective_from: date
    source: str
    activity_band: str
    valid_for_days: int
    items: tuple[ChecklistItem, ...]

    def assess(self, answers: Sequence[Answer], today: date) -> date:
        """The last day on which complete answers hold: a year on, or when the first evidence expires.

        Raises `ChecklistItemNotKnown`, and `ChecklistIncomplete` with the codes of what is missing.
        """
        given = {answer.item: answer for answer in answers}
        if len(given) < len(answers) or not given.keys() <= {item.code for item in self.items}:
            raise ChecklistItemNotKnown(field="body.answers", rule=RULE_PACK, version=self.version)
        satisfied = {
            item.code
            for item in self.items
            if item.code in given and item.satisfied_by(given[item.code], today)
        }
        missing = [item for item in self.items if item.required and item.code not in satisfied]
        if missing:
            raise ChecklistIncomplete(
                f"{len(missing)} of the required items are not answered yes with their evidence",
                field="body.answers",
                missing=[item.code for item in missing],
                rule=RULE_PACK,
                version=self.version,
                source=self.source,
            )
        expiries = [evidence.expires_on for code in satisfied if (evidence := given[code].evidence)]
        return min([today + timedelta(days=self.valid_for_days), *filter(None, expiries)])
