"""The use case of registers."""

from collections.abc import Sequence
from dataclasses import replace

from outcomes.registers.commands import CopyRegister
from outcomes.registers.domain import LearnerDay
from outcomes.registers.ports import RegistersUnitOfWork


async def copy_registers(registers: Sequence[CopyRegister], uow: RegistersUnitOfWork) -> Sequence[LearnerDay]:
    """Copy registers, each of another booking or day; the learners' days that changed with them."""
    # A register may arrive before the event of its booking.
    await uow.copies.copy_missing_bookings([register.booking for register in registers])
    newer = await uow.registers.begin(registers)
    named = {entry.learner_id for register in newer for entry in register.entries}
    known = await uow.register_learners.remembered(named)
    if known != named:
        newer = [
            replace(register, entries=tuple(e for e in register.entries if e.learner_id in known))
            for register in newer
        ]
    await uow.register_learners.open(
        LearnerDay(register.booking.institution_id, entry.learner_id, register.on)
        for register in newer
        for entry in register.entries
    )
    return await uow.registers.copy(newer)
