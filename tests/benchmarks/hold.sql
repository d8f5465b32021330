-- One booking request, one statement after the other, as a service without lanes sends them:
-- claim, session, learner, institution, booking, deadline, places, outbox, inbox.
\set session random(0, :sessions - 1)
begin;
select n, set_config('app.tenants', bench.id(1, n % 20)::text, true) as tenants,
       pg_try_advisory_xact_lock(hashtextextended('http:' || n || ' ' || n, 0)) as mine,
       i.fingerprint, i.answer
from nextval('bench.learner') as n
left join inbox_brief i on i.source = 'http:' || n and i.message_id = n::text \gset
select s.session_id, s.opportunity_id, s.provider_id, s.first_day, s.last_day, s.begins_at, s.cancelled,
       o.kind, o.format, o.year_groups, o.state as listed, o.site_id is null or exists (
         select from site_trust t
         where t.provider_id = o.provider_id and t.site_id = o.site_id and t.activity_band = o.activity_band
           and t.trusted) as trusted,
       p.places, p.taken, p.waiting
from sessions s
join session_places p using (session_id)
left join opportunities o on o.opportunity_id = s.opportunity_id
where s.session_id = bench.id(6, :session);
select l.learner_id, l.year_group, l.birth_date,
  exists (select from booking_learners b
          where b.institution_id = l.institution_id and b.session_id = bench.id(6, :session)
            and b.learner_id = l.learner_id and b.live) as booked,
  exists (select from learner_days d join session_days s on s.during && d.during
          where s.session_id = bench.id(6, :session) and d.institution_id = l.institution_id
            and d.learner_id = l.learner_id) as busy
from learners l
where l.on_roll and l.institution_id = bench.id(1, :n % 20) and l.learner_id = bench.id(7, :n);
select kind, institution_type, open from organisations where organisation_id = bench.id(1, :n % 20);
with b as (
  insert into bookings (booking_id, institution_id, provider_id, session_id, opportunity_id, cohort_id,
    state, places, first_day, last_day, begins_at, asked_at, held_until, referred, reason_codes,
    decision, version)
  values (bench.id(8, :n), bench.id(1, :n % 20), bench.id(2, :session % 500), bench.id(6, :session),
    bench.id(4, :session % 2000), null, 'awaiting_clearance', 1, current_date + 30, current_date + 30,
    now() + interval '30 days', now(), now() + interval '30 minutes', false, '{}',
    jsonb_build_object('rule_pack', 'booking-eligibility', 'version', '2025-09',
      'reason_codes', array['institution-eligible', 'year-group-offered'],
      'inputs', jsonb_build_object('institution_type', 'academy', 'kind', 'workplace_visit',
        'format', 'workplace-visit', 'year_groups', array[9, 10],
        'learners', jsonb_build_object(bench.id(7, :n), 9))), 1)
), l as (
  insert into booking_learners (institution_id, provider_id, booking_id, session_id, learner_id,
    under_16_on_every_day, of_compulsory_school_age, live)
  values (bench.id(1, :n % 20), bench.id(2, :session % 500), bench.id(8, :n), bench.id(6, :session),
    bench.id(7, :n), true, true, true)
)
insert into learner_days (institution_id, provider_id, booking_id, learner_id, during)
select bench.id(1, :n % 20), bench.id(2, :session % 500), bench.id(8, :n), bench.id(7, :n), d.during
from session_days d where d.session_id = bench.id(6, :session);
insert into deadlines (name, subject_id, tenant_id, due_at)
values ('booking-hold', bench.id(8, :n), bench.id(1, :n % 20), now() + interval '30 minutes')
on conflict (name, subject_id) do update
set wait_id = excluded.wait_id, due_at = excluded.due_at, tenant_id = excluded.tenant_id, attempts = 0;
update session_places
set taken = taken + 1, version = version + 1
where session_id = bench.id(6, :session) and taken + 1 <= places and waiting = 0
returning session_id, opportunity_id, provider_id, places, taken, waiting, version;
insert into outbox (shard, topic, key, event_id, headers, payload)
select (:n + r) % 4, 'bookings.events', bench.id(8, :n)::text, bench.id(8 + r, :n),
  jsonb_build_object('ce_specversion', '1.0', 'ce_id', bench.id(8 + r, :n), 'ce_source', '/services/bookings',
    'ce_type', 'booking.requested.v1', 'ce_subject', bench.id(8, :n), 'ce_time', now(), 'ce_sequence', '1',
    'ce_partitionkey', bench.id(8, :n), 'ce_dataschema', '/schemas/booking.requested.v1.json',
    'content-type', 'application/json', 'traceparent', repeat('0', 55)),
  decode(repeat('7b', case r when 1 then 560 else 200 end), 'hex')
from generate_series(1, 2) r;
insert into inbox_brief (source, message_id, fingerprint, answer)
values ('http:' || :n, :n::text, decode(repeat('00', 32), 'hex'),
  jsonb_build_object('status', 201, 'headers', jsonb_build_object('ETag', '"v1"', 'Location', repeat('0', 50)),
    'body', repeat('0', 760)))
on conflict do nothing;
commit;
