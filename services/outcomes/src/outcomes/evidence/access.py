"""Who may act for an institution, and who may read a learner's record.

It lies with evidence because the words of a record are its most private part; the ledger and the progress
reports, which are built on the record, ask the same.
"""

from typing import TypeVar
from uuid import UUID

from shared.kernel import Forbidden, NotFound
from shared.security.access import own_organisation
from shared.security.tokens import Caller

Found = TypeVar("Found")


class NotForLearners(Forbidden):
    """A learner's token speaks for the learner, never for the school."""

    slug = "not-for-learners"
    title = "A learner may not do this for the organisation"


class LearnersOnly(Forbidden):
    """Only a learner can reflect on what the learner did."""

    slug = "learners-only"
    title = "The access token names no learner"


def staff_organisation(caller: Caller) -> UUID:
    """The organisation of a caller who is not a learner. Raises `NotForLearners`."""
    if caller.learner_id is not None:
        raise NotForLearners
    return own_organisation(caller)


def learner_of(caller: Caller) -> UUID:
    """The learner who calls. Raises `LearnersOnly`."""
    if caller.learner_id is None:
        raise LearnersOnly(claim="learner_id")
    return caller.learner_id


def readable_learner(caller: Caller, learner_id: UUID) -> UUID:
    """The learner, when the caller is that learner or no learner at all. Raises `NotFound`."""
    if caller.learner_id not in (None, learner_id):
        raise NotFound("There is no such learner, or not yours to know of")
    return learner_id


def known(found: Found | None) -> Found:
    """What was found of a learner. Raises `NotFound` where the learner is not the institution's."""
    if found is None:
        raise NotFound("There is no such learner, or not yours to know of")
    return found
