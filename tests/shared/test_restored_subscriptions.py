"""After a restore each subscription goes on from where the restored database says that it stood."""

from uuid import UUID

from shared.kernel import new_id
from tests.infra.polling import eventually
from tests.shared.consuming import changed, consuming
from tests.shared.example_service import ExampleService
from tests.shared.log import Log
from tests.shared.test_new_subscriptions import (
    NEW,
    both_have_seen,
    forget_claims,
    read_by_the_old_release,
    seen,
)
from tests.shared.test_restoring import Backup, backup, restored

__all__ = ["backup"]


async def read_by_the_new_release(example: ExampleService, log: Log, key: UUID) -> None:
    """What was said before, and one more that is committed in the name of all."""
    async with consuming(example, log, NEW):
        await eventually(lambda: both_have_seen(example, {key: [1, 2, 3]}))
    async with consuming(example, log, NEW):
        await log.write(changed(key, 4))
        await eventually(lambda: both_have_seen(example, {key: [1, 2, 3, 4]}))


async def test_one_that_came_after_the_moment_hears_again_what_was_said_before_it(
    example: ExampleService, log: Log, backup: Backup
) -> None:
    key = new_id()
    await read_by_the_old_release(example, log, [key], 3)
    await backup.take(example)
    await read_by_the_new_release(example, log, key)
    await backup.restore(example)
    assert await seen(example, "new", key) == []

    await restored(example, log, backup.moment)
    async with consuming(example, log, NEW):
        await eventually(lambda: both_have_seen(example, {key: [1, 2, 3, 4]}))


async def test_one_that_was_catching_up_at_the_moment_goes_on_from_there(
    example: ExampleService, log: Log, backup: Backup
) -> None:
    key = new_id()
    await read_by_the_old_release(example, log, [key], 3)
    await example.sql(
        """
        insert into subscription_positions (subscription, partition, position, behind)
        select $1, partition, 0, true from generate_series(0, 1) as p(partition)
        """,
        "when_thing_changed_note_it_too:thing.changed.v1",
    )
    await backup.take(example)
    await read_by_the_new_release(example, log, key)
    await backup.restore(example)

    await restored(example, log, backup.moment)
    async with consuming(example, log, NEW):
        await eventually(lambda: both_have_seen(example, {key: [1, 2, 3, 4]}))


async def test_one_that_had_caught_up_by_the_moment_does_not_begin_again(
    example: ExampleService, log: Log, backup: Backup
) -> None:
    key = new_id()
    await read_by_the_old_release(example, log, [key], 3)
    async with consuming(example, log, NEW):
        await eventually(lambda: both_have_seen(example, {key: [1, 2, 3]}))
        await log.write(changed(key, 4))
        await eventually(lambda: both_have_seen(example, {key: [1, 2, 3, 4]}))
    await forget_claims(example)
    await backup.take(example)
    async with consuming(example, log, NEW):
        await log.write(changed(key, 5))
        await eventually(lambda: both_have_seen(example, {key: [1, 2, 3, 4, 5]}))
    await backup.restore(example)

    await restored(example, log, backup.moment)
    async with consuming(example, log, NEW):
        await eventually(lambda: both_have_seen(example, {key: [1, 2, 3, 4, 5]}))
