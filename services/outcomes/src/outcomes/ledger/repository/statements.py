"""The statements that load and save accounts: each takes many rows, as one array a column.

Parameters row by row cost more than the rows. An array of arrays is flattened by `unnest`, so a row's list
comes as text, its parts separated by spaces.
"""

from sqlalchemy import text

LOAD_ACCOUNTS = text(
    """
    select a.learner_id, a.account_id, a.entries, a.institution_id as present_at, l.institution_id,
           l.priority_flags, l.on_roll, l.year_group,
           (select jsonb_object_agg(since, year_group) from (
              select make_date(school_year, 9, 1) as since, year_group from year_groups y
              where y.institution_id = l.institution_id and y.learner_id = l.learner_id
              union all
              select since, year_group from year_group_changes c
              where c.institution_id = l.institution_id and c.learner_id = l.learner_id)
            as recorded) as year_groups,
           (select jsonb_object_agg(
              key_stage, jsonb_build_array(minutes, in_person_minutes, placement_minutes))
            from learner_totals t
            where t.institution_id = l.institution_id and t.learner_id = l.learner_id) as totals
    from unnest(cast(:institution_ids as uuid[]), cast(:learner_ids as uuid[]))
         as asked (institution_id, learner_id)
    join learners l using (institution_id, learner_id)
    join accounts a on a.learner_id = l.learner_id
    order by a.learner_id for update of a
    """
)
LOAD_ASSESSMENTS = text(
    """
    select s.*
    from unnest(cast(:institution_ids as uuid[]), cast(:learner_ids as uuid[]), cast(:days as date[]))
         as asked (institution_id, learner_id, day)
    join standings s on s.institution_id = asked.institution_id and s.learner_id = asked.learner_id
      and (asked.day is null or s.on_day = asked.day)
    """
)
INSERT_ENTRIES = text(
    """
    insert into ledger_entries (entry_id, institution_id, account_id, sequence, kind, booking_id, session_id,
                                opportunity_id, on_day, key_stage, minutes, missing, reason_codes, rule_pack,
                                rule_version, inputs, reverses, entered_at)
    select entry_id, institution_id, account_id, sequence, kind, booking_id, session_id,
           opportunity_id, on_day, key_stage, minutes, string_to_array(missing, ' '),
           string_to_array(reason_codes, ' '), rule_pack, rule_version, cast(inputs as jsonb), reverses,
           entered_at
    from unnest(cast(:entry_id as uuid[]), cast(:institution_id as uuid[]), cast(:account_id as uuid[]),
                cast(:sequence as integer[]), cast(:kind as text[]), cast(:booking_id as uuid[]),
                cast(:session_id as uuid[]), cast(:opportunity_id as uuid[]), cast(:on_day as date[]),
                cast(:key_stage as text[]), cast(:minutes as smallint[]), cast(:missing as text[]),
                cast(:reason_codes as text[]), cast(:rule_pack as text[]), cast(:rule_version as text[]),
                cast(:inputs as text[]), cast(:reverses as uuid[]), cast(:entered_at as timestamptz[]))
         as given (entry_id, institution_id, account_id, sequence, kind, booking_id, session_id,
                   opportunity_id, on_day, key_stage, minutes, missing, reason_codes, rule_pack,
                   rule_version, inputs, reverses, entered_at)
    """
)
NUMBER_ENTRIES = text(
    """
    update accounts set entries = counted.entries
    from unnest(cast(:learner_ids as uuid[]), cast(:entries as integer[])) as counted (learner_id, entries)
    where accounts.learner_id = counted.learner_id
    """
)
SAVE_LEARNERS = text(
    """
    insert into learners (institution_id, learner_id, priority_flags, on_roll, year_group)
    select institution_id, learner_id, string_to_array(priority_flags, ' '), on_roll, year_group
    from unnest(cast(:institution_id as uuid[]), cast(:learner_id as uuid[]),
                cast(:priority_flags as text[]), cast(:on_roll as boolean[]), cast(:year_group as smallint[]))
         as given (institution_id, learner_id, priority_flags, on_roll, year_group)
    on conflict (institution_id, learner_id) do update
    set priority_flags = excluded.priority_flags, on_roll = excluded.on_roll, year_group = excluded.year_group
    """
)
SAVE_YEAR_GROUPS = text(
    """
    insert into year_groups (institution_id, learner_id, school_year, year_group)
    select * from unnest(cast(:institution_id as uuid[]), cast(:learner_id as uuid[]),
                         cast(:school_year as smallint[]), cast(:year_group as smallint[]))
    on conflict (institution_id, learner_id, school_year) do update set year_group = excluded.year_group
    """
)
SAVE_YEAR_GROUP_CHANGES = text(
    """
    insert into year_group_changes (institution_id, learner_id, since, year_group)
    select * from unnest(cast(:institution_id as uuid[]), cast(:learner_id as uuid[]),
                         cast(:since as date[]), cast(:year_group as smallint[]))
    on conflict (institution_id, learner_id, since) do update set year_group = excluded.year_group
    """
)
SAVE_ASSESSMENTS = text(
    """
    insert into standings (institution_id, learner_id, on_day, booking_id, session_id, opportunity_id,
                           entry_id, credited_minutes, attended_minutes, key_stage, missing, reason_codes)
    select institution_id, learner_id, on_day, booking_id, session_id, opportunity_id, entry_id,
           credited_minutes, attended_minutes, key_stage, string_to_array(missing, ' '),
           string_to_array(reason_codes, ' ')
    from unnest(cast(:institution_id as uuid[]), cast(:learner_id as uuid[]), cast(:on_day as date[]),
                cast(:booking_id as uuid[]), cast(:session_id as uuid[]), cast(:opportunity_id as uuid[]),
                cast(:entry_id as uuid[]), cast(:credited_minutes as smallint[]),
                cast(:attended_minutes as smallint[]), cast(:key_stage as text[]), cast(:missing as text[]),
                cast(:reason_codes as text[]))
         as given (institution_id, learner_id, on_day, booking_id, session_id, opportunity_id, entry_id,
                   credited_minutes, attended_minutes, key_stage, missing, reason_codes)
    on conflict (institution_id, learner_id, on_day, booking_id) do update
    set session_id = excluded.session_id, opportunity_id = excluded.opportunity_id,
        entry_id = excluded.entry_id, credited_minutes = excluded.credited_minutes,
        attended_minutes = excluded.attended_minutes, key_stage = excluded.key_stage,
        missing = excluded.missing, reason_codes = excluded.reason_codes
    """
)
SAVE_TOTALS = text(
    """
    insert into learner_totals (institution_id, learner_id, key_stage, minutes, in_person_minutes,
                                placement_minutes)
    select * from unnest(cast(:institution_id as uuid[]), cast(:learner_id as uuid[]),
                         cast(:key_stage as text[]), cast(:minutes as integer[]),
                         cast(:in_person_minutes as integer[]), cast(:placement_minutes as integer[]))
    on conflict (institution_id, learner_id, key_stage) do update
    set minutes = excluded.minutes, in_person_minutes = excluded.in_person_minutes,
        placement_minutes = excluded.placement_minutes
    """
)
RECOUNT = text(
    """
    select key_stage, sum(minutes) as minutes,
           coalesce(sum(minutes) filter (where 'virtual' <> all (reason_codes)), 0) as in_person,
           coalesce(sum(minutes) filter (where 'placement' = any (reason_codes)), 0) as placement
    from ledger_entries e
    where account_id = :account_id and kind = 'credited'
      and not exists (select from ledger_entries r where r.reverses = e.entry_id)
    group by key_stage
    """
)
