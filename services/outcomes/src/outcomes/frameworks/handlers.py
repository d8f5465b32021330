"""The use case of frameworks."""

from outcomes.frameworks.commands import PublishFramework
from outcomes.frameworks.domain import FrameworkPublished
from outcomes.frameworks.ports import FrameworksUnitOfWork


async def publish_framework(command: PublishFramework, uow: FrameworksUnitOfWork) -> None:
    uow.framework_publisher.publish(FrameworkPublished(uow.frameworks.named(command.framework)))
