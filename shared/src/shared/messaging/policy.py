"""Policies: what an event or a passed deadline asks this service to do."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from shared.bus.command_bus import BatchHandler
from shared.contracts.contract import Contract
from shared.contracts.envelope import Event

# Contravariant: a handler that needs little of the unit of work fits every service that has more.
UnitOfWork = TypeVar("UnitOfWork", contravariant=True)  # noqa: PLC0105 - one name in the whole kit


@dataclass(frozen=True, slots=True)
class Instruction(Generic[UnitOfWork]):
    """A command, who carries it out, and the tenants it acts for."""

    handler: Callable[[Any, UnitOfWork], Awaitable[Any]]
    command: object
    tenants: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class Subscription(Generic[UnitOfWork]):
    """Contract to policy: `policy(event)` gives the instruction, or None where there is nothing to do.

    `id` names the subscription for ever: claims in the inbox and parked messages are kept under it, so it
    stays when the policy is renamed. `batch_handler` carries out the commands of many such events in one
    transaction, in their order. It does for each what the instruction's handler does, or raises for all:
    it refuses none by itself.

    Added to a topic that its service has read before, it hears first what the topic keeps; where
    `from_the_beginning` is False, it hears what comes after its first start.
    """

    id: str
    contract: type[Contract]
    policy: Callable[[Event[Any]], Instruction[UnitOfWork] | None]
    batch_handler: Callable[[Sequence[Any], UnitOfWork], Awaitable[Sequence[Any]]] | None = None
    from_the_beginning: bool = True


@dataclass(frozen=True, slots=True)
class Due:
    """A deadline that has passed; `wait_id` names the wait: moving a deadline begins another."""

    name: str
    subject_id: UUID
    tenant_id: UUID
    due_at: datetime
    wait_id: UUID


@dataclass(frozen=True, slots=True)
class Deadline(Generic[UnitOfWork]):
    """Name of a deadline to what happens when it passes.

    Rows that wait and claims in the inbox are kept under the name: it stays when the policy is renamed.
    """

    name: str
    policy: Callable[[Due], Instruction[UnitOfWork]]


def for_tenants(*tenants: UUID | None) -> frozenset[UUID]:
    """The tenants an instruction acts for, leaving out the absent."""
    return frozenset(tenant for tenant in tenants if tenant is not None)


def in_turn(instructions: Sequence[Instruction[Any]]) -> BatchHandler[Any, Any, Any]:
    """The instructions' own handlers, one after the other in the same transaction."""
    handlers = {id(each.command): each.handler for each in instructions}

    async def execute(commands: Sequence[Any], uow: Any) -> list[Any]:
        return [await handlers[id(command)](command, uow) for command in commands]

    return execute
