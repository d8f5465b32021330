"""One employer is one organisation: no two open providers have one reference.

Of those that are there more than once the oldest has it; the others are told apart by `claimed_reference is
null`, and are to be closed or given a reference of their own.
"""

from shared.persistence.migrations import statements

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    # The rows are their tenants': for this one statement their owner may write them all.
    statements(
        """
        alter table organisations add column claimed_reference text;
        alter table organisations no force row level security;
        with bare as (
          select organisation_id,
            nullif(ltrim(upper(regexp_replace(reference, '[^[:alnum:]]', '', 'g')), '0'), '') as reference
          from organisations where kind in ('provider', 'delivery_provider') and open
        ), oldest as (
          select distinct on (reference) organisation_id, reference from bare where reference is not null
          order by reference, organisation_id
        )
        update organisations o set claimed_reference = oldest.reference
        from oldest where o.organisation_id = oldest.organisation_id;
        alter table organisations force row level security;
        create unique index organisations_one_per_reference on organisations (claimed_reference);
        """
    )
