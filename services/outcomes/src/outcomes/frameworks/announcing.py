"""The frameworks that ship with the service told again."""

from collections.abc import Sequence
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy.ext.asyncio import AsyncSession

from outcomes.frameworks.domain import FrameworkPublished
from outcomes.frameworks.publishing import contract_of
from outcomes.frameworks.shipped import shipped_frameworks
from shared.contracts.outcomes import FRAMEWORKS
from shared.messaging.announcing import Announcement, Page, Said


async def _frameworks(_: AsyncSession, __: Page) -> Sequence[Said]:
    return [
        Said(
            uuid5(NAMESPACE_URL, each.framework),
            [(contract_of(FrameworkPublished(each)), each.edition)],
        )
        for each in shipped_frameworks().all()
    ]


ANNOUNCED = Announcement("frameworks", FRAMEWORKS, None, _frameworks)
