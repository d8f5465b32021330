"""Aggregates to rows and back; what happened goes to the outbox with them."""

from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from opportunities.adapters import publishing
from opportunities.adapters.tables import OrganisationRow
from opportunities.domain.organisations import Organisation
from shared.kernel import NotFound
from shared.persistence.rows import save_row
from shared.persistence.transaction import Transaction


class OrganisationRepository:
    """Organisations and their sites."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def get(self, organisation_id: UUID) -> Organisation:
        statement = select(OrganisationRow).where(col(OrganisationRow.organisation_id) == organisation_id)
        row = await self._transaction.session.scalar(statement)
        if row is None:
            raise NotFound("There is no such organisation")
        return Organisation(
            row.organisation_id,
            row.kind,
            row.name,
            row.registered_by,
            row.area_code,
            row.institution_type,
            row.reference,
            row.open,
            version=row.version,
        )

    async def save(self, organisation: Organisation) -> None:
        row = OrganisationRow(
            organisation_id=organisation.id,
            kind=organisation.kind,
            name=organisation.name,
            registered_by=organisation.registered_by,
            area_code=organisation.area_code,
            institution_type=organisation.institution_type,
            reference=organisation.reference,
            open=organisation.open,
            version=organisation.version,
        )
        changes = organisation.take_events()
        await save_row(self._transaction.session, row, changes=len(changes))
        for sequence, event in changes:
            self._transaction.say(publishing.contract_of(event), sequence=sequence)
