"""An account's parts as rows, and back."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from outcomes.ledger.domain.account import Account, Assessment, Entry, Occasion
from outcomes.ledger.domain.school_years import first_day
from outcomes.ledger.domain.totals import Totals
from outcomes.ledger.ports import AccountChange


def snapshot(account: Account) -> Account:
    """The account as it is now, untouched by what happens to it next."""
    return replace(
        account,
        year_groups=dict(account.year_groups),
        totals=dict(account.totals),
        assessments=dict(account.assessments),
        events=[],
    )


def account_of(row: Any) -> Account:
    """An account as it was read, without its assessments."""
    return Account(
        id=row.account_id,
        learner_id=row.learner_id,
        institution_id=row.institution_id,
        present_at=row.present_at,
        year_groups={date.fromisoformat(since): each for since, each in (row.year_groups or {}).items()},
        year_group=row.year_group,
        priority_flags=tuple(row.priority_flags),
        on_roll=row.on_roll,
        totals={stage: Totals(*minutes) for stage, minutes in (row.totals or {}).items()},
        version=row.entries,
    )


def assessment_of(row: Any) -> Assessment:
    """An assessment as it was read."""
    return Assessment(
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
        "missing": " ".join(made.missing),
        "reason_codes": " ".join(made.decision.reason_codes),
        "rule_pack": made.decision.pack,
        "rule_version": made.decision.version,
        "inputs": json.dumps(dict(made.decision.inputs)),
        "reverses": made.reverses,
        "entered_at": now,
    }


def roll(account: Account) -> tuple[object, ...]:
    """What the institution's roster has of the learner."""
    return account.on_roll, account.priority_flags, account.year_group, account.year_groups


def learner(account: Account) -> dict[str, Any]:
    """What the institution's roster has of the learner, as a row."""
    return {
        **_of(account),
        "priority_flags": " ".join(account.priority_flags),
        "on_roll": account.on_roll,
        "year_group": account.year_group,
    }


def year_groups(account: Account) -> list[dict[str, Any]]:
    """The year groups that hold from the beginning of a school year, as rows."""
    return [
        {**_of(account), "school_year": since.year, "year_group": group}
        for since, group in account.year_groups.items()
        if since == first_day(since.year)
    ]


def year_group_changes(account: Account) -> list[dict[str, Any]]:
    """The year groups that hold from a day within a school year, as rows."""
    return [
        {**_of(account), "since": since, "year_group": group}
        for since, group in account.year_groups.items()
        if since != first_day(since.year)
    ]


def assessments(change: AccountChange) -> list[dict[str, Any]]:
    """The assessments that changed, as rows."""
    return [
        {
            **_of(change.after),
            "on_day": assessment.occasion.on,
            "booking_id": assessment.occasion.booking_id,
            "session_id": assessment.occasion.session_id,
            "opportunity_id": assessment.occasion.opportunity_id,
            "entry_id": assessment.entry_id,
            "credited_minutes": assessment.credited_minutes,
            "attended_minutes": assessment.attended_minutes,
            "key_stage": assessment.key_stage,
            "missing": " ".join(assessment.missing),
            "reason_codes": " ".join(assessment.reason_codes),
        }
        for key, assessment in change.after.assessments.items()
        if assessment != change.before.assessments.get(key)
    ]


def totals(change: AccountChange) -> list[dict[str, Any]]:
    """The totals that changed, as rows."""
    return [
        {
            **_of(change.after),
            "key_stage": stage,
            "minutes": each.minutes,
            "in_person_minutes": each.in_person_minutes,
            "placement_minutes": each.placement_minutes,
        }
        for stage, each in change.after.totals.items()
        if each != change.before.totals.get(stage)
    ]


def columns(rows: Sequence[dict[str, Any]]) -> dict[str, list[Any]]:
    """The rows' values by column."""
    return {name: [row[name] for row in rows] for name in rows[0]}


def _of(account: Account) -> dict[str, Any]:
    return {"institution_id": account.institution_id, "learner_id": account.learner_id}
