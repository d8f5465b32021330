"""The national checklist and its answers."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from safeguarding.assurances.domain.checklists import (
    Answer,
    Checklist,
    ChecklistIncomplete,
    ChecklistItemNotKnown,
    Evidence,
)
from safeguarding.assurances.rule_packs import ChecklistPacks
from safeguarding.main import RULES
from shared.kernel import NotFound
from shared.rulepacks import RulePacks

TODAY = date(2026, 3, 2)
BANDS = ("low_risk", "less_familiar", "higher_risk")
CHECKLISTS = ChecklistPacks(RulePacks(RULES))
HIGHER = CHECKLISTS.on(TODAY, "higher_risk")
INSURANCE = "employers-liability-insurance"


def complete(checklist: Checklist, expires: date = TODAY + timedelta(days=90)) -> list[Answer]:
    document = Evidence("document", "EX-0001", expires)
    return [
        Answer(
            item.code,
            answer=True,
            note="Agreed" if item.evidence == "note" else None,
            evidence=document if item.evidence == "document" else None,
        )
        for item in checklist.items
    ]


def changed(code: str, **changes: object) -> list[Answer]:
    return [
        replace(each, **changes) if each.item == code else each  # type: ignore[arg-type]
        for each in complete(HIGHER)
    ]


def missing(answers: list[Answer]) -> object:
    with pytest.raises(ChecklistIncomplete) as refusal:
        HIGHER.assess(answers, TODAY)
    return refusal.value.facts["missing"]


def test_every_band_asks_all_that_the_band_below_asks() -> None:
    codes = [{item.code for item in CHECKLISTS.on(TODAY, band).items} for band in BANDS]
    assert codes[0] < codes[1] < codes[2]


def test_every_item_names_its_source() -> None:
    for band in BANDS:
        assert all(item.source and item.question for item in CHECKLISTS.on(TODAY, band).items)


def test_a_version_can_be_read_again_and_an_unknown_one_is_not_there() -> None:
    assert CHECKLISTS.version(HIGHER.version, "higher_risk") == HIGHER
    with pytest.raises(NotFound):
        CHECKLISTS.version("1999-01-01", "low_risk")


def test_complete_answers_hold_until_the_first_evidence_expires() -> None:
    assert HIGHER.assess(complete(HIGHER), TODAY) == TODAY + timedelta(days=90)


def test_complete_answers_hold_a_year_at_most() -> None:
    answers = complete(HIGHER, TODAY + timedelta(days=2000))
    assert HIGHER.assess(answers, TODAY) == TODAY + timedelta(days=365)


@pytest.mark.parametrize(
    "answers",
    [
        changed(INSURANCE, answer=False),
        changed(INSURANCE, evidence=None),
        changed(INSURANCE, evidence=Evidence("document", "EX", TODAY - timedelta(days=1))),
        changed(INSURANCE, evidence=Evidence("document", "EX")),
        changed(INSURANCE, evidence=Evidence("a_promise", "EX", TODAY + timedelta(days=9))),
        [each for each in complete(HIGHER) if each.item != INSURANCE],
    ],
)
def test_insurance_needs_a_document_that_holds(answers: list[Answer]) -> None:
    assert missing(answers) == [INSURANCE]


def test_public_indemnity_stands_in_for_insurance_and_need_not_expire() -> None:
    answers = changed(INSURANCE, evidence=Evidence("public_indemnity", "Crown"))
    assert HIGHER.assess(answers, TODAY) == TODAY + timedelta(days=90)


def test_a_note_of_blanks_is_no_note() -> None:
    assert missing(changed("induction", note="  ")) == ["induction"]


def test_what_is_not_required_may_be_answered_no() -> None:
    HIGHER.assess(changed("insurer-told", answer=False), TODAY)


def test_items_of_another_band_and_items_answered_twice_are_refused() -> None:
    low = CHECKLISTS.on(TODAY, "low_risk")
    for answers in (complete(HIGHER), complete(low) * 2):
        with pytest.raises(ChecklistItemNotKnown):
            low.assess(answers, TODAY)
