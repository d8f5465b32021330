"""The demo's providers: registered, assured, and each with its offers published."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from wex.demo.seeding import Seeding
from wex.demo.world import Provider, World
from wex.journey.clients import StepFailed
from wex.journey.supply import AREA, application

_ASSURANCE_DAYS = 300
_OPEN = ("draft", "published")
_NOT_HEARD_YET = {"site-not-assured", "framework-not-known"}


async def seed_supply(seeding: Seeding, world: World) -> None:
    """Put every provider on the register with its offers.

    Step by step for all of them, so that what one service has said is known to the next when it is asked.
    """
    area = await seeding.read(None, "opportunities", f"/v1/areas/{AREA}")
    seeding.hub.organisation = UUID(area["hub"]["organisation_id"])
    known = await organisations(seeding, "provider")
    for step in (partial(_register, known), _draft, _assure, _publish):
        await asyncio.gather(*(_limited(seeding, step, each) for each in world.providers))


async def organisations(seeding: Seeding, kind: str) -> dict[str, dict[str, Any]]:
    """Those on the register that have a reference, by it."""
    listed = seeding.read_all(None, "opportunities", "/v1/organisations", kind=kind)
    return {each["reference"]: each async for each in listed if each["reference"]}


async def _limited(
    seeding: Seeding, step: Callable[[Seeding, Provider], Awaitable[None]], provider: Provider
) -> None:
    async with seeding.limit:
        await step(seeding, provider)


async def _register(known: dict[str, dict[str, Any]], seeding: Seeding, provider: Provider) -> None:
    body = {"kind": "provider", "name": provider.name, "reference": provider.reference, "site": provider.site}
    seeding.providers[provider.reference] = known.get(provider.reference) or await seeding.change(
        seeding.hub, "opportunities", "/v1/organisations", body
    )


async def _draft(seeding: Seeding, provider: Provider) -> None:
    """Draft the offers that are not there yet, and plan sessions where none lies ahead."""
    organisation = seeding.providers[provider.reference]
    who, site_id = seeding.persona("provider", organisation), organisation["sites"][0]["id"]
    path = f"/v1/organisations/{organisation['id']}/opportunities"
    listed = {each["title"]: each async for each in seeding.read_all(who, "opportunities", path)}
    for offer in provider.offers:
        body = {**offer.content, "site_id": site_id if offer.has_site else None}
        found = listed.get(offer.title) or await seeding.change(
            who, "opportunities", "/v1/opportunities", body
        )
        seeding.offers[offer.title] = found
        if found["state"] in _OPEN and not sessions_ahead(found, seeding.today):
            path = f"/v1/opportunities/{found['id']}/sessions"
            planned = offer.sessions(seeding.today)
            found["sessions"] += [await seeding.change(who, "opportunities", path, each) for each in planned]


async def _assure(seeding: Seeding, provider: Provider) -> None:
    """Have the site assured for every band of activity in which none is held."""
    organisation = seeding.providers[provider.reference]
    who, site_id = seeding.persona("provider", organisation), organisation["sites"][0]["id"]
    listed = seeding.read_all(who, "safeguarding", "/v1/assurances", provider_id=organisation["id"])
    held = {each["activity_band"] async for each in listed if each["state"] != "lapsed"}
    expires = (seeding.today + timedelta(days=_ASSURANCE_DAYS)).isoformat()
    for band in set(provider.bands) - held:
        checklist = await seeding.read(None, "safeguarding", f"/v1/checklists/{band}")
        body = application(checklist, site_id, band, expires)
        answer = await seeding.change_once_known(
            who, "safeguarding", "/v1/assurances", body, {"site-not-known"}, "safeguarding knows the site"
        )
        if "slug" in answer:
            raise StepFailed(f"assurance refused: {answer}")


async def _publish(seeding: Seeding, provider: Provider) -> None:
    who = seeding.persona("provider", seeding.providers[provider.reference])
    for offer in provider.offers:
        found = seeding.offers[offer.title]
        if found["state"] == "draft":
            path = f"/v1/opportunities/{found['id']}/publication"
            answer = await seeding.change_once_known(
                who, "opportunities", path, None, _NOT_HEARD_YET, "the assurance is known"
            )
            if "slug" in answer:
                raise StepFailed(f"publication refused: {answer}")
            seeding.offers[offer.title] = {**found, "state": answer["state"]}
        seeding.advanced()


def sessions_ahead(offer: dict[str, Any], today: date) -> list[dict[str, Any]]:
    """The offer's sessions that have not begun, the next one first."""
    ahead = [each for each in offer["sessions"] if each["state"] != "cancelled" and first_day(each) > today]
    return sorted(ahead, key=first_day)


def first_day(session: dict[str, Any]) -> date:
    """The day on which a session begins."""
    return min(date.fromisoformat(day["on"]) for day in session["days"])
