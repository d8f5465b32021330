"""Deciding clearances: by the rules when a booking is requested, by a person when they refer it."""

from safeguarding.application import rules
from safeguarding.application.commands import (
    DecideClearance,
    EndClearance,
    ForgetLearner,
    RemoveLearners,
    SettleClearance,
)
from safeguarding.application.ports import UnitOfWork
from safeguarding.domain.clearances import Clearance
from safeguarding.domain.clearing import Learners


async def decide_clearance(command: DecideClearance, uow: UnitOfWork) -> None:
    """Decide once per booking, by the rules in force on the session's last day."""
    if await uow.clearances.of_booking(command.booking_id):
        return
    learners = Learners(
        total=len(command.learners),
        under_16=sum(each.under_16 for each in command.learners),
        below_school_leaving_age=sum(each.below_school_leaving_age for each in command.learners),
    )
    case = await uow.clearances.case_of(command.session_id, command.provider_id, learners)
    clearance = Clearance.decided(
        command.clearance_id,
        command.booking_id,
        command.session_id,
        command.institution_id,
        command.provider_id,
        case,
        frozenset(each.learner_id for each in command.learners if each.under_16),
        rules.clearance_rules_on(max(case.days)),
    )
    await uow.clearances.save(clearance)


async def settle_clearance(command: SettleClearance, uow: UnitOfWork) -> Clearance:
    clearance = await uow.clearances.get(command.clearance_id, command.institutions)
    present = await uow.clearances.case_of(
        clearance.session_id, clearance.provider_id, clearance.case.learners
    )
    clearance.settle(
        present,
        rules.clearance_rules_version(clearance.rule_version),
        granted=command.granted,
        reason_code=command.reason_code,
        by=command.subject,
    )
    await uow.clearances.save(clearance)
    return clearance


async def end_clearance(command: EndClearance, uow: UnitOfWork) -> None:
    if clearance := await uow.clearances.of_booking(command.booking_id):
        clearance.end()
        await uow.clearances.save(clearance)


async def remove_learners(command: RemoveLearners, uow: UnitOfWork) -> None:
    if clearance := await uow.clearances.of_booking(command.booking_id):
        clearance.learners_left(command.learner_ids)
        await uow.clearances.save(clearance)


async def forget_learner(command: ForgetLearner, uow: UnitOfWork) -> None:
    await uow.clearances.forget_learner(command.learner_id, command.institution_id)
