"""Refusals: what the platform says no with. Each has a slug that reaches the caller."""

from typing import ClassVar
from uuid import UUID


class Refusal(Exception):  # noqa: N818 - a refusal is an answer, not a fault
    """The request was understood and is refused.

    `slug` names the problem for ever, `title` says it in general, `detail` in particular.
    `field` names the member of the request at fault; `facts` are further members of the
    answer (a rule, its source, its version). None of them may carry personal data.
    """

    slug: ClassVar[str] = "refused"
    title: ClassVar[str] = "The request was refused"

    def __init__(self, detail: str = "", *, field: str | None = None, **facts: object) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.field = field
        self.facts = facts


class NotFound(Refusal):
    """There is no such thing, or it is not the caller's to know of."""

    slug = "not-found"
    title = "Not found"


class Conflict(Refusal):
    """The present state of the thing does not allow what was asked."""

    slug = "conflict"
    title = "The present state does not allow this"


class Invalid(Refusal):
    """A value is well formed but breaks a rule of the domain."""

    slug = "invalid"
    title = "A rule does not allow this"


class Forbidden(Refusal):
    """The caller may not do this."""

    slug = "forbidden"
    title = "The caller may not do this"


class ConcurrentChange(Conflict):
    """Another request changed the thing in between; the door tries again by itself."""

    slug = "concurrent-change"
    title = "Somebody else changed this at the same time"


class StaleVersion(Refusal):
    """The caller's If-Match names a version that is no longer the present one."""

    slug = "version-does-not-match"
    title = "The thing has changed since you read it"


class NotYetKnown(Exception):  # noqa: N818 - an answer to the consumer: set it aside and try again
    """An event speaks of something whose own event has not arrived yet.

    Order holds within a topic's key only, so the consumer sets the event aside, with what follows it of its
    key, and takes it up again as soon as an event of another topic that names `needs` has had its
    effect. Without `needs` what is missing is no event: it is tried again, ever less often.
    With `of_its_own_key` what is missing comes with the same key, if at all: then what follows waits for
    nothing, and a policy must take the two in either order.
    """

    def __init__(self, what: str, needs: UUID | None = None, *, of_its_own_key: bool = False) -> None:
        super().__init__(what)
        self.needs = needs
        self.of_its_own_key = of_its_own_key
