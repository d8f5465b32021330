"""The use cases of evidence, feedback and reflections: load, decide, save."""

from dataclasses import dataclass
from uuid import UUID

from outcomes.application.commands import (
    GiveEvidence,
    GiveFeedback,
    SubmitReflection,
)
from outcomes.application.ports import UnitOfWork
from outcomes.copies.domain import BookedIn
from outcomes.domain.meaning import (
    FeedbackGiven,
    LearnerNotInSession,
    NobodyPresent,
    ReflectionSubmitted,
    check_reflection,
    measure_of,
)
from outcomes.frameworks.domain import check_objectives
from shared.kernel import NotFound


@dataclass(frozen=True, slots=True)
class Verified:
    """How much of a criterion a statement shows, and whether that is enough today."""

    criterion: str
    met: bool
    measure: int
    at_least: int
    verified: bool


@dataclass(frozen=True, slots=True)
class EvidenceGiven:
    """What was said about a session, by whom."""

    session_id: UUID
    given_by: UUID
    criteria: tuple[Verified, ...]


async def give_evidence(command: GiveEvidence, uow: UnitOfWork) -> EvidenceGiven:
    given_by, by_provider = await _party(command, uow)
    for statement in command.statements:
        codes = statement.detail.get("objective_codes", ())
        check_objectives(codes, uow.frameworks.all(), field="body.criteria")
    await uow.lock(command.session_id)
    await uow.meaning.keep_statements(
        command.session_id, given_by, by_provider=by_provider, statements=command.statements
    )
    await uow.assessments.assess_soon(await uow.copies.bookings_of(command.session_id))
    needed = uow.rules.on(uow.today).at_least
    criteria = []
    for each in command.statements:
        measure = measure_of(each.criterion, each.detail, by_provider=by_provider)
        enough = each.met and measure >= needed[each.criterion]
        criteria.append(Verified(each.criterion, each.met, measure, needed[each.criterion], enough))
    return EvidenceGiven(command.session_id, given_by, tuple(criteria))


async def give_feedback(command: GiveFeedback, uow: UnitOfWork) -> FeedbackGiven:
    provider_id = await uow.copies.provider_of(command.session_id)
    if provider_id is None or provider_id not in command.acts_for:
        raise NotFound("There is no such session, or it is not yours")
    check_objectives(command.objective_codes, uow.frameworks.all(), field="body.objective_codes")
    await uow.lock(command.session_id)
    given_to = await _receivers(command, uow)
    sequence = await uow.meaning.keep_feedback(command, provider_id, given_to)
    await uow.assessments.assess_soon(await uow.copies.bookings_of(command.session_id))
    learner_ids = sorted({learner for booking in given_to for learner in booking.learner_ids})
    given = FeedbackGiven(command.feedback_id, command.session_id, provider_id, tuple(learner_ids), sequence)
    uow.say(given, sequence=sequence)
    return given


async def submit_reflection(command: SubmitReflection, uow: UnitOfWork) -> ReflectionSubmitted:
    check_objectives(command.objective_codes, uow.frameworks.all(), field="body.objective_codes")
    learner, institution = command.learner_id, command.institution_id
    await uow.lock(learner)
    days = await uow.registers.days_present(command.session_id, learner)
    earlier = await uow.meaning.reflections_of(institution, learner)
    check_reflection(
        attended=bool(days),
        last_day=await uow.copies.last_day_of(command.session_id) or max(days, default=None),
        already=command.session_id in earlier,
        today=uow.today,
    )
    await uow.meaning.keep_reflection(command)
    # A year group reflects within minutes: its bookings are assessed together, not one by one.
    present = await uow.registers.present(command.session_id)
    await uow.assessments.assess_soon([each for each in present if learner in each.learner_ids])
    submitted = ReflectionSubmitted(
        command.reflection_id, learner, institution, command.session_id, uow.today, len(earlier) + 1
    )
    uow.say(submitted, sequence=submitted.sequence)
    return submitted


async def _party(command: GiveEvidence, uow: UnitOfWork) -> tuple[UUID, bool]:
    """Who speaks: the session's provider, or an institution with a booking in it. Raises `NotFound`."""
    provider_id = await uow.copies.provider_of(command.session_id)
    if provider_id is not None and provider_id in command.acts_for:
        return provider_id, True
    bookings = await uow.copies.bookings_of(command.session_id)
    if command.own_organisation in {each.institution_id for each in bookings}:
        return command.own_organisation, False
    raise NotFound("There is no such session, or you are not a party to it")


async def _receivers(command: GiveFeedback, uow: UnitOfWork) -> list[BookedIn]:
    """Who the feedback is given to, by booking."""
    present = await uow.registers.present(command.session_id)
    if command.learner_ids is None:
        if not present:
            raise NobodyPresent
        return list(present)
    wanted = set(command.learner_ids)
    booked = [*await uow.copies.bookings_of(command.session_id), *present]
    found: dict[UUID, BookedIn] = {}
    for each in booked:
        for learner in wanted.intersection(each.learner_ids):
            found[learner] = BookedIn(each.booking_id, each.institution_id, (learner,))
    if wanted - found.keys():
        raise LearnerNotInSession(field="body.learner_ids")
    return list(found.values())
