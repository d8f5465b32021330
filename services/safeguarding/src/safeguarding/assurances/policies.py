"""The deadline of assurances, and the command it leads to."""

from safeguarding.assurances.commands import LapseAssurance
from safeguarding.assurances.handlers import lapse_assurance
from safeguarding.assurances.ports import AssurancesUnitOfWork
from shared.messaging.policy import Due, Instruction, for_tenants


def when_assurance_expires_lapse(due: Due) -> Instruction[AssurancesUnitOfWork]:
    return Instruction(
        lapse_assurance, LapseAssurance(due.subject_id, due.tenant_id), for_tenants(due.tenant_id)
    )
