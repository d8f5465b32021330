"""What is credited: the whole way from a register to the ledger and the report."""

from uuid import uuid4

from shared.contracts.outcomes import FeedbackGiven, LedgerCredited, ReflectionSubmitted
from tests.infra.polling import eventually
from tests.infra.running import RunService
from tests.outcomes.scenario import Visit


async def test_exactly_those_with_complete_evidence_are_credited_and_the_others_told(
    run_service: RunService,
) -> None:
    visit = Visit(await run_service("outcomes"), learners=sorted(uuid4() for _ in range(30)))
    early, *_ = visit.learners
    present, absent = visit.learners[:28], visit.learners[28:]
    minutes = dict.fromkeys(present, 300) | {early: 210} | dict.fromkeys(absent, 0)
    await visit.begin()
    await visit.here.hear(visit.register(minutes))
    await visit.register_arrived()
    await visit.give_evidence()
    await visit.give_feedback(*present[:27])
    await visit.reflect(*present[3:])

    credited = present[3:27]
    await visit.stands(dict.fromkeys(visit.learners, 0) | dict.fromkeys(credited, 300))

    await visit.lack({learner: ["M7"] for learner in present[:3]} | {present[27]: ["M6"]})
    found = await visit.assessment()
    assert [found[learner]["reason_codes"] for learner in absent] == [["absent"]] * 2

    # Nothing above waits for the news of those who were absent.
    async def on_roll() -> bool:
        return bool((await visit.progress())["learners_on_roll"] == 30)

    await eventually(on_roll)
    report = await visit.progress()
    assert report["credited_minutes"] == 24 * 300
    denied = {each["code"]: (each["learner_days"], each["attended_minutes"]) for each in report["denied"]}
    assert denied == {"any": (4, 210 + 3 * 300), "M6": (1, 300), "M7": (3, 210 + 600)}

    async def published() -> bool:
        return len(await visit.here.said(LedgerCredited)) == 24

    await eventually(published)
    assert await visit.balance() == dict.fromkeys(visit.learners, 0) | dict.fromkeys(credited, 300)
    assert len(await visit.here.said(ReflectionSubmitted)) == 25
    (given,) = await visit.here.said(FeedbackGiven)
    assert isinstance(given.data, FeedbackGiven)
    assert set(given.data.learner_ids) == set(present[:27])
