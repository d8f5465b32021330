"""Every topic's state can be heard again, or nobody copies it: the file of topics says which, and why."""

import importlib
from dataclasses import replace

import pytest

from shared.messaging.announcing import Announcement
from shared.messaging.policy import Subscription
from shared.messaging.topics import Topic, load_topics

SERVICES = ("opportunities", "bookings", "safeguarding", "outcomes", "integrations")
# Makes webhooks of what happens and copies nothing of it.
TELLS_ONLY = "integrations"
# A roster's row is the school's own word: bookings makes learners of it and keeps no copy of the row.
# Totals are compared as they come; each day is counted anew for weeks, and whenever an operator asks for it.
TAKES_OVER = {
    ("bookings", "integrations.rosters"),
    *(
        ("outcomes", f"{service}.totals")
        for service in ("opportunities", "bookings", "safeguarding", "outcomes")
    ),
}


def announced() -> dict[str, list[str]]:
    """The topics that each service can tell the state of again."""
    return {service: [each.topic for each in _announcements(service)] for service in SERVICES}


def copied() -> set[str]:
    """The topics of which some service keeps a copy."""
    return {
        each.contract.topic
        for service in SERVICES
        for each in _subscriptions(service)
        if service != TELLS_ONLY and (service, each.contract.topic) not in TAKES_OVER
    }


def faults(topics: list[Topic]) -> list[str]:
    """What is wrong with how topics are heard again."""
    found, announcing = [], announced()
    for topic in topics:
        owner = topic.name.partition(".")[0]
        if len(topic.why) < 20:
            found.append(f"{topic.name} does not say why")
        if (topic.again == "compacted") != topic.compacted:
            found.append(f"{topic.name} is compacted or is not: its file says both")
        if topic.again == "never" and topic.name in copied():
            found.append(f"{topic.name} is copied and cannot be heard again")
        if topic.again != "never" and topic.name not in announcing[owner]:
            found.append(f"{topic.name} cannot be announced by {owner}")
    return found


def test_every_topic_says_how_it_is_heard_again_and_can_be() -> None:
    assert faults(load_topics()) == []


@pytest.mark.parametrize(
    ("name", "planted", "fault"),
    [
        ("bookings.events", {"why": ""}, "does not say why"),
        ("bookings.events", {"again": "never"}, "is copied and cannot be heard again"),
        ("bookings.learners", {"again": "announce"}, "is compacted or is not"),
        ("outcomes.ledger", {"again": "announce"}, "cannot be announced by outcomes"),
    ],
)
def test_planted_a_topic_that_cannot_be_heard_again_is_seen(
    name: str, planted: dict[str, str], fault: str
) -> None:
    topics = [replace(each, **planted) if each.name == name else each for each in load_topics()]  # type: ignore[arg-type]

    assert any(fault in each for each in faults(topics))


def _announcements(service: str) -> list[Announcement]:
    if service == TELLS_ONLY:
        return []
    found: list[Announcement] = importlib.import_module(f"{service}.announcements").ANNOUNCEMENTS
    return found


def _subscriptions(service: str) -> list[Subscription[object]]:
    found: list[Subscription[object]] = importlib.import_module(f"{service}.subscriptions").SUBSCRIPTIONS
    return found
