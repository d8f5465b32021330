"""The use cases of evidence, feedback, reflections, frameworks and copies: load, decide, save."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from outcomes.application.assessment import ASSESSMENT
from outcomes.application.commands import (
    CopyOpportunity,
    CopySession,
    GiveEvidence,
    GiveFeedback,
    PublishFramework,
    SubmitReflection,
)
from outcomes.application.ports import BookedIn, Work
from outcomes.domain.frameworks import FrameworkPublished, check_objectives
from outcomes.domain.meaning import (
    FeedbackGiven,
    LearnerNotInSession,
    NobodyPresent,
    ReflectionSubmitted,
    check_reflection,
    measure_of,
)
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


async def publish_framework(command: PublishFramework, work: Work) -> None:
    work.say(FrameworkPublished(work.frameworks[command.framework]), sequence=1)


async def take_opportunity(command: CopyOpportunity, work: Work) -> None:
    await work.lock(command.opportunity_id)
    await _assess_soon(work, await work.copies.keep_opportunity(command))


async def take_session(command: CopySession, work: Work) -> None:
    await work.lock(command.session_id)
    await _assess_soon(work, await work.copies.keep_session(command))


async def give_evidence(command: GiveEvidence, work: Work) -> EvidenceGiven:
    given_by, by_provider = await _party(command, work)
    for statement in command.statements:
        codes = statement.detail.get("objective_codes", ())
        check_objectives(codes, work.frameworks.values(), field="body.criteria")
    await work.lock(command.session_id)
    await work.meaning.keep_statements(
        command.session_id, given_by, by_provider=by_provider, statements=command.statements
    )
    await _assess_soon(work, await work.copies.bookings_of(command.session_id))
    needed = work.rules.on(work.today).at_least
    criteria = []
    for each in command.statements:
        measure = measure_of(each.criterion, each.detail, by_provider=by_provider)
        enough = each.met and measure >= needed[each.criterion]
        criteria.append(Verified(each.criterion, each.met, measure, needed[each.criterion], enough))
    return EvidenceGiven(command.session_id, given_by, tuple(criteria))


async def give_feedback(command: GiveFeedback, work: Work) -> FeedbackGiven:
    provider_id = await work.copies.provider_of(command.session_id)
    if provider_id is None or provider_id not in command.acts_for:
        raise NotFound("There is no such session, or it is not yours")
    check_objectives(command.objective_codes, work.frameworks.values(), field="body.objective_codes")
    await work.lock(command.session_id)
    given_to = await _receivers(command, work)
    sequence = await work.meaning.keep_feedback(command, provider_id, given_to)
    await _assess_soon(work, await work.copies.bookings_of(command.session_id))
    learner_ids = sorted({learner for booking in given_to for learner in booking.learner_ids})
    given = FeedbackGiven(command.feedback_id, command.session_id, provider_id, tuple(learner_ids), sequence)
    work.say(given, sequence=sequence)
    return given


async def submit_reflection(command: SubmitReflection, work: Work) -> ReflectionSubmitted:
    check_objectives(command.objective_codes, work.frameworks.values(), field="body.objective_codes")
    learner, institution = command.learner_id, command.institution_id
    await work.lock(learner)
    days = await work.registers.days_present(command.session_id, learner)
    earlier = await work.meaning.reflections_of(institution, learner)
    check_reflection(
        attended=bool(days),
        last_day=await work.copies.last_day_of(command.session_id) or max(days, default=None),
        already=command.session_id in earlier,
        today=work.today,
    )
    await work.meaning.keep_reflection(command)
    # A year group reflects within minutes: its bookings are assessed together, not one by one.
    present = await work.registers.present(command.session_id)
    await _assess_soon(work, [each for each in present if learner in each.learner_ids])
    submitted = ReflectionSubmitted(
        command.reflection_id, learner, institution, command.session_id, work.today, len(earlier) + 1
    )
    work.say(submitted, sequence=submitted.sequence)
    return submitted


async def _party(command: GiveEvidence, work: Work) -> tuple[UUID, bool]:
    """Who speaks: the session's provider, or an institution with a booking in it. Raises `NotFound`."""
    provider_id = await work.copies.provider_of(command.session_id)
    if provider_id is not None and provider_id in command.acts_for:
        return provider_id, True
    bookings = await work.copies.bookings_of(command.session_id)
    if command.own_organisation in {each.institution_id for each in bookings}:
        return command.own_organisation, False
    raise NotFound("There is no such session, or you are not a party to it")


async def _receivers(command: GiveFeedback, work: Work) -> list[BookedIn]:
    """Who the feedback is given to, by booking."""
    present = await work.registers.present(command.session_id)
    if command.learner_ids is None:
        if not present:
            raise NobodyPresent
        return list(present)
    wanted = set(command.learner_ids)
    booked = [*await work.copies.bookings_of(command.session_id), *present]
    found: dict[UUID, BookedIn] = {}
    for each in booked:
        for learner in wanted.intersection(each.learner_ids):
            found[learner] = BookedIn(each.booking_id, each.institution_id, (learner,))
    if wanted - found.keys():
        raise LearnerNotInSession(field="body.learner_ids")
    return list(found.values())


async def _assess_soon(work: Work, bookings: Sequence[BookedIn]) -> None:
    await work.soon(ASSESSMENT, [(each.booking_id, each.institution_id) for each in bookings])
