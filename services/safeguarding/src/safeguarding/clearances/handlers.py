"""Use cases of clearances: the rules decide when a booking is requested, a person when they refer it."""

from safeguarding.clearances.commands import (
    DecideClearance,
    EndClearance,
    ForgetLearner,
    RemoveLearners,
    SettleClearance,
)
from safeguarding.clearances.domain.clearance import Clearance
from safeguarding.clearances.domain.clearance_rules import Learners
from safeguarding.clearances.ports import ClearancesUnitOfWork


async def decide_clearance(command: DecideClearance, uow: ClearancesUnitOfWork) -> None:
    """Decide once per booking, by the rules in force on the session's last day."""
    if await uow.clearances.of_booking(command.booking_id):
        return
    learners = Learners(
        total=len(command.learners),
        under_16=sum(each.under_16 for each in command.learners),
        below_school_leaving_age=sum(each.below_school_leaving_age for each in command.learners),
    )
    case = await uow.cases.of(command.session_id, command.provider_id, learners)
    clearance = Clearance.decided(
        command.clearance_id,
        command.booking_id,
        command.session_id,
        command.institution_id,
        command.provider_id,
        case,
        frozenset(each.learner_id for each in command.learners if each.under_16),
        uow.clearance_rules.on(max(case.days)),
    )
    await uow.clearances.save(clearance)


async def settle_clearance(command: SettleClearance, uow: ClearancesUnitOfWork) -> Clearance:
    clearance = await uow.clearances.get(command.clearance_id, command.institutions)
    present = await uow.cases.of(clearance.session_id, clearance.provider_id, clearance.case.learners)
    clearance.settle(
        present,
        uow.clearance_rules.version(clearance.rule_version),
        granted=command.granted,
        reason_code=command.reason_code,
        by=command.subject,
    )
    await uow.clearances.save(clearance)
    return clearance


async def end_clearance(command: EndClearance, uow: ClearancesUnitOfWork) -> None:
    if clearance := await uow.clearances.of_booking(command.booking_id):
        clearance.end()
        await uow.clearances.save(clearance)


async def remove_learners(command: RemoveLearners, uow: ClearancesUnitOfWork) -> None:
    if clearance := await uow.clearances.of_booking(command.booking_id):
        clearance.remove_learners(command.learner_ids)
        await uow.clearances.save(clearance)


async def forget_learner(command: ForgetLearner, uow: ClearancesUnitOfWork) -> None:
    await uow.clearances.forget_learner(command.learner_id, command.institution_id)
