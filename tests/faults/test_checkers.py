"""Every checker is silent on a sound trial and finds the bug planted for it."""

from collections.abc import Callable

import pytest

from tests.faults.checkers import CHECKERS, violations
from tests.faults.planted import PLANTED, numbered, sound
from tests.faults.seen import Seen


def test_a_sound_trial_breaks_nothing() -> None:
    assert violations(sound()) == []


def test_messages_delivered_again_are_sound() -> None:
    seen = sound()
    seen.told = numbered([*seen.told, *seen.told, *seen.told])

    assert violations(seen) == []


@pytest.mark.parametrize(("invariant", "bug", "plant"), PLANTED, ids=[f"{i}: {bug}" for i, bug, _ in PLANTED])
def test_the_planted_bug_is_found(invariant: str, bug: str, plant: Callable[[Seen], object]) -> None:
    seen = sound()
    plant(seen)

    assert any(found.startswith(f"{invariant}:") for found in violations(seen)), bug


def test_every_checker_has_a_planted_bug() -> None:
    assert {invariant for invariant, _, _ in PLANTED} == set(CHECKERS)
