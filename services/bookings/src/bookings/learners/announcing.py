"""Learners told again as they stand, by pseudonym."""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.contracts.bookings import LEARNERS, LearnerRecorded
from shared.messaging.announcing import Announcement, Page, Said

INSTITUTIONS = text(
    """
    select organisation_id from organisations where kind = 'institution'
    union select institution_id from pseudonyms
    """
)
_PAGE = text(
    """
    select p.learner_id, p.institution_id, p.version, l.year_group, l.priority_flags, l.on_roll
    from pseudonyms p join learners l using (institution_id, learner_id)
    where p.institution_id = any (cast(:tenants as uuid[]))
      and (cast(:after as uuid) is null or p.learner_id > :after)
      and (l.on_roll or cast(:since as date) is null)
    order by p.learner_id limit :limit for share of p
    """
)


async def _learners(db: AsyncSession, page: Page) -> Sequence[Said]:
    return [
        Said(
            row.learner_id,
            [
                (
                    LearnerRecorded(
                        learner_id=row.learner_id,
                        institution_id=row.institution_id,
                        year_group=row.year_group,
                        priority_flags=row.priority_flags,
                        on_roll=row.on_roll,
                    ),
                    row.version,
                )
            ],
        )
        for row in await db.execute(_PAGE, page.values())
    ]


ANNOUNCED = Announcement("learners", LEARNERS, INSTITUTIONS, _learners)
