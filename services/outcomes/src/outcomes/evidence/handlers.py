"""The use cases of evidence, feedback and reflections: load, decide, save."""

from collections.abc import Sequence
from uuid import UUID

from outcomes.copies.domain import BookedIn
from outcomes.evidence.commands import GiveEvidence, GiveFeedback, SubmitReflection
from outcomes.evidence.domain import (
    EvidenceGiven,
    FeedbackGiven,
    NobodyPresent,
    ReflectionSubmitted,
    check_reflection,
    chosen,
    verify,
)
from outcomes.evidence.ports import EvidenceUnitOfWork
from outcomes.frameworks.domain import check_objectives
from shared.kernel import NotFound


async def give_evidence(command: GiveEvidence, uow: EvidenceUnitOfWork) -> EvidenceGiven:
    given_by, by_provider = await _party(command, uow)
    for statement in command.statements:
        codes = statement.detail.get("objective_codes", ())
        check_objectives(codes, uow.frameworks.all(), field="body.criteria")
    needed = uow.criteria.at_least(uow.today)
    verified = [
        verify(each, by_provider=by_provider, at_least=needed[each.criterion]) for each in command.statements
    ]
    given = EvidenceGiven(command.session_id, given_by, by_provider, tuple(verified))
    await uow.lock(command.session_id)
    await uow.evidence.save_statements(given)
    await uow.assessments.assess_soon(await uow.copies.bookings_of(command.session_id))
    return given


async def give_feedback(command: GiveFeedback, uow: EvidenceUnitOfWork) -> FeedbackGiven:
    provider_id = await uow.copies.provider_of(command.session_id)
    if provider_id is None or provider_id not in command.acts_for:
        raise NotFound("There is no such session, or it is not yours")
    check_objectives(command.objective_codes, uow.frameworks.all(), field="body.objective_codes")
    await uow.lock(command.session_id)
    given_to = await _receivers(command, uow)
    learner_ids = sorted({learner for booking in given_to for learner in booking.learner_ids})
    sequence = await uow.evidence.feedback_count(command.session_id) + 1
    given = FeedbackGiven(command.feedback_id, command.session_id, provider_id, tuple(learner_ids), sequence)
    # A booked learner may get feedback before anything else is known of that learner here.
    await uow.learner_accounts.open_accounts(given_to)
    await uow.evidence.save_feedback(command, given, given_to)
    await uow.assessments.assess_soon(await uow.copies.bookings_of(command.session_id))
    return given


async def submit_reflection(command: SubmitReflection, uow: EvidenceUnitOfWork) -> ReflectionSubmitted:
    check_objectives(command.objective_codes, uow.frameworks.all(), field="body.objective_codes")
    learner, institution = command.learner_id, command.institution_id
    await uow.lock(learner)
    days = await uow.presence.days_present(command.session_id, learner)
    earlier = await uow.evidence.reflections_of(institution, learner)
    check_reflection(
        attended=bool(days),
        last_day=await uow.copies.last_day_of(command.session_id) or max(days, default=None),
        already=command.session_id in earlier,
        today=uow.today,
    )
    submitted = ReflectionSubmitted(
        command.reflection_id, learner, institution, command.session_id, uow.today, len(earlier) + 1
    )
    await uow.evidence.save_reflection(command, submitted)
    # A year group reflects within minutes: its bookings are assessed together, not one by one.
    present = await uow.presence.present(command.session_id)
    await uow.assessments.assess_soon([each for each in present if learner in each.learner_ids])
    return submitted


async def _party(command: GiveEvidence, uow: EvidenceUnitOfWork) -> tuple[UUID, bool]:
    """Who speaks: the session's provider, or an institution with a booking in it. Raises `NotFound`."""
    provider_id = await uow.copies.provider_of(command.session_id)
    if provider_id is not None and provider_id in command.acts_for:
        return provider_id, True
    bookings = await uow.copies.bookings_of(command.session_id)
    if command.own_organisation in {each.institution_id for each in bookings}:
        return command.own_organisation, False
    raise NotFound("There is no such session, or you are not a party to it")


async def _receivers(command: GiveFeedback, uow: EvidenceUnitOfWork) -> Sequence[BookedIn]:
    """Who the feedback is given to, by booking. Raises `NobodyPresent`, `LearnerNotInSession`."""
    present = await uow.presence.present(command.session_id)
    if command.learner_ids is not None:
        booked = await uow.copies.bookings_of(command.session_id)
        return chosen(command.learner_ids, [*booked, *present])
    if not present:
        raise NobodyPresent
    return present
