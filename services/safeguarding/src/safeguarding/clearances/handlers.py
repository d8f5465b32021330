"""Use cases of clearances: the rules decide when a booking is requested, a person when they refer it.

What is learnt later about an adult, an age or the session is decided on again.
"""

from collections.abc import Sequence
from uuid import UUID

from safeguarding.clearances.commands import (
    BookedLearner,
    ChangeLearners,
    DecideAgain,
    DecideClearance,
    EndClearance,
    ForgetLearner,
    SettleClearance,
)
from safeguarding.clearances.domain.clearance import Clearance
from safeguarding.clearances.domain.clearance_rules import Case, Learners, adults_decided_on
from safeguarding.clearances.domain.dbs import AdultDecision
from safeguarding.clearances.ports import ClearancesUnitOfWork


async def decide_clearance(command: DecideClearance, uow: ClearancesUnitOfWork) -> None:
    """Decide once per booking, by the rules in force on the session's last day."""
    if await uow.clearances.of_booking(command.booking_id):
        return
    case = await uow.cases.of(
        command.booking_id,
        command.session_id,
        command.institution_id,
        command.provider_id,
        _counted(command.learners),
    )
    clearance = Clearance.decided(
        command.clearance_id,
        command.booking_id,
        command.session_id,
        command.institution_id,
        command.provider_id,
        case,
        _under_16(command.learners),
        uow.clearance_rules.on(max(case.days)),
        uow.now,
    )
    await uow.clearances.save(clearance)


async def settle_clearance(command: SettleClearance, uow: ClearancesUnitOfWork) -> Clearance:
    """A lead decides; what that says of adults is kept, and others that wait for it are decided again."""
    clearance = await uow.clearances.get(command.clearance_id, command.institutions)
    present = await _present(clearance, clearance.case.learners, uow)
    rules = uow.clearance_rules.version(clearance.rule_version)
    clearance.settle(
        present,
        rules,
        uow.now,
        granted=command.granted,
        reason_code=command.reason_code,
        by=command.subject,
    )
    await uow.clearances.save(clearance)
    if adults := adults_decided_on(present, rules, granted=command.granted):
        decision = AdultDecision.by_a_lead(
            rules.dbs,
            command.granted,
            command.reason_code,
            uow.today,
            max(present.days),
            command.serves_until,
        )
        await uow.adult_decisions.record(clearance, adults, decision, command.subject)
        await uow.reviews.of_referred(clearance.institution_id, clearance.provider_id)
    return clearance


async def decide_again(command: DecideAgain, uow: ClearancesUnitOfWork) -> None:
    """Decide again by the rules of the first decision, unless the session is over."""
    clearance = await uow.clearances.of_provider(command.clearance_id, command.provider_id)
    await _decide_again(clearance, clearance.case.learners, uow)
    await uow.clearances.save(clearance)


async def end_clearance(command: EndClearance, uow: ClearancesUnitOfWork) -> None:
    if clearance := await uow.clearances.of_booking(command.booking_id):
        clearance.end()
        await uow.clearances.save(clearance)


async def change_learners(command: ChangeLearners, uow: ClearancesUnitOfWork) -> None:
    clearance = await uow.clearances.of_booking(command.booking_id)
    if clearance is None:
        return
    if command.remaining:
        clearance.keep_under_16(_under_16(command.remaining))
        await _decide_again(clearance, _counted(command.remaining), uow)
    else:
        clearance.keep_under_16(clearance.under_16_learners - command.removed)
    await uow.clearances.save(clearance)


async def forget_learner(command: ForgetLearner, uow: ClearancesUnitOfWork) -> None:
    await uow.clearances.forget_learner(command.learner_id, command.institution_id)


async def _decide_again(clearance: Clearance, learners: Learners, uow: ClearancesUnitOfWork) -> None:
    present = await _present(clearance, learners, uow)
    last_day = max(present.days)
    if last_day < uow.today:
        return
    moved = last_day != max(clearance.case.days)
    rules = uow.clearance_rules
    clearance.decide_again(
        present, rules.on(last_day) if moved else rules.version(clearance.rule_version), uow.now
    )


async def _present(clearance: Clearance, learners: Learners, uow: ClearancesUnitOfWork) -> Case:
    return await uow.cases.of(
        clearance.booking_id, clearance.session_id, clearance.institution_id, clearance.provider_id, learners
    )


def _counted(learners: Sequence[BookedLearner]) -> Learners:
    return Learners(
        total=len(learners),
        under_16=sum(each.under_16 for each in learners),
        below_school_leaving_age=sum(each.below_school_leaving_age for each in learners),
        under_16_days=tuple(sorted(each.under_16_days for each in learners if each.under_16)),
        need_review=sum(each.needs_review for each in learners),
    )


def _under_16(learners: Sequence[BookedLearner]) -> frozenset[UUID]:
    return frozenset(each.learner_id for each in learners if each.under_16)
