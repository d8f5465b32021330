"""Asking for places, and waiting for the answer of safeguarding."""

from typing import Any

from wex.demo.seeding import POLL_SECONDS, Seeding
from wex.journey.clients import Persona, StepFailed

_NOT_HEARD_YET = {"session-not-found", "session-not-bookable", "institution-not-eligible"}


async def book(
    seeding: Seeding, who: Persona, session: str, learners: list[str], *, waiting: bool = False
) -> dict[str, Any] | None:
    """The booking, as it was made at first; None where learners or places are taken by now."""
    body = {"session_id": session, "learner_ids": learners, "join_waiting_list": waiting}
    answer: dict[str, Any] = await seeding.change_once_known(
        who, "bookings", "/v1/bookings", body, _NOT_HEARD_YET, "bookings knows session and school"
    )
    if answer.get("status") == 409:
        return None
    if "slug" in answer:
        raise StepFailed(f"booking refused: {answer}")
    return answer


async def until_decided(seeding: Seeding, who: Persona, booking: str) -> dict[str, Any]:
    """Wait until safeguarding has decided; the booking then."""

    async def look() -> dict[str, Any]:
        seen: dict[str, Any] = await seeding.read(who, "bookings", f"/v1/bookings/{booking}")
        return seen

    decided: dict[str, Any] = await seeding.clients.until(
        look, lambda seen: seen["state"] != "awaiting_clearance", "the booking is decided", every=POLL_SECONDS
    )
    return decided
