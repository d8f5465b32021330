"""An account's parts as rows, and back."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from outcomes.domain.ledger import Account, Entry, Occasion, Standing
from outcomes.domain.progress import Totals


def snapshot(account: Account) -> Account:
    """The account as it is now, untouched by what happens to it next."""
    return replace(
        account,
        year_groups=dict(account.year_groups),
        totals=dict(account.totals),
        standings=dict(account.standings),
        events=[],
    )


def account_of(row: Any) -> Account:
    """An account as it was read, without its standings."""
    return Account(
        id=row.account_id,
        learner_id=row.learner_id,
        institution_id=row.institution_id,
        present_at=row.present_at,
        year_groups={int(year): group for year, group in (row.year_groups or {}).items()},
        priority_flags=tuple(row.priority_flags),
        on_roll=row.on_roll,
        totals={stage: Totals(*minutes) for stage, minutes in (row.totals or {}).items()},
        version=row.entries,
    )


def standing_of(row: Any) -> Standing:
    """A standing as it was read."""
    return Standing(
        Occasion(row.booking_id, row.session_id, row.opportunity_id, row.on_day),
        row.entry_id,
        row.credited_minutes,
        row.attended_minutes,
        row.key_stage,
        tuple(row.missing),
        tuple(row.reason_codes),
    )


def entry(account: Account, sequence: int, made: Entry, now: datetime) -> dict[str, Any]:
    """An entry as a row, under the account and not the learner."""
    return {
        "entry_id": made.entry_id,
        "institution_id": account.institution_id,
        "account_id": account.id,
        "sequence": sequence,
        "kind": made.kind,
        "booking_id": made.occasion.booking_id,
        "session_id": made.occasion.session_id,
        "opportunity_id": made.occasion.opportunity_id,
        "on_day": made.occasion.on,
        "key_stage": made.key_stage,
        "minutes": made.minutes,
        "missing": list(made.missing),
        "reason_codes": list(made.decision.reason_codes),
        "rule_pack": made.decision.pack,
        "rule_version": made.decision.version,
        "inputs": dict(made.decision.inputs),
        "reverses": made.reverses,
        "entered_at": now,
    }


def roll(account: Account) -> tuple[object, ...]:
    """What the roster says."""
    return account.on_roll, account.priority_flags, account.year_groups


def learner(account: Account) -> dict[str, Any]:
    """What the roster says, as a row."""
    return {
        **_of(account),
        "priority_flags": list(account.priority_flags),
        "on_roll": account.on_roll,
        "year_group": account.year_group,
    }


def year_groups(account: Account) -> list[dict[str, Any]]:
    """The year groups as rows."""
    return [
        {**_of(account), "school_year": year, "year_group": group}
        for year, group in account.year_groups.items()
    ]


def standings(account: Account, before: Account) -> list[dict[str, Any]]:
    """The standings that changed, as rows."""
    return [
        {
            **_of(account),
            "on_day": standing.occasion.on,
            "booking_id": standing.occasion.booking_id,
            "session_id": standing.occasion.session_id,
            "opportunity_id": standing.occasion.opportunity_id,
            "entry_id": standing.entry_id,
            "credited_minutes": standing.credited_minutes,
            "attended_minutes": standing.attended_minutes,
            "key_stage": standing.key_stage,
            "missing": list(standing.missing),
            "reason_codes": list(standing.reason_codes),
        }
        for key, standing in account.standings.items()
        if standing != before.standings.get(key)
    ]


def totals(account: Account, before: Account) -> list[dict[str, Any]]:
    """The totals that changed, as rows."""
    return [
        {
            **_of(account),
            "key_stage": stage,
            "minutes": each.minutes,
            "in_person_minutes": each.in_person_minutes,
            "placement_minutes": each.placement_minutes,
        }
        for stage, each in account.totals.items()
        if each != before.totals.get(stage)
    ]


def _of(account: Account) -> dict[str, Any]:
    return {"institution_id": account.institution_id, "learner_id": account.learner_id}
