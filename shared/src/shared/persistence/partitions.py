"""Tables in partitions by day: made some days ahead and dropped when old, by functions in the database.

The app role owns no table, so it may ask for nothing but `keep_partitions`, and partitions lie in a schema it
may not use. A partition's day is the day of a moment, or of the moment in an id of version 7: such an id
belongs to one partition whenever it comes. Rows of a day without a partition lie in the default partition:
nothing fails because nobody made partitions for a week. A day that has rows there stays there, and rows
there are deleted when they are old.
"""

from alembic import op
from sqlalchemy import text

from shared.persistence.database import Database
from shared.persistence.provision import role_names

DAYS_AHEAD = 3  # a weekend without a sweeper, and a day to notice
_STRAYS_REMOVED = 5_000  # from a default partition at a time

_TABLES = """
create schema partitions;
create table partitioned_tables (
  parent text primary key,
  days_kept smallint not null check (days_kept > 0),
  aged_by text not null
)
"""

_DAY_BEGINS = """
create function day_begins(parent text, column_name text, on_day date) returns text
language sql stable set search_path = public, pg_temp as $$
  select case when atttypid = 'timestamptz'::regtype then to_char(on_day, 'YYYY-MM-DD "00:00:00Z"')
    else regexp_replace(lpad(to_hex((extract(epoch from on_day) * 1000)::bigint), 12, '0'),
                        '^(.{8})(.{4})$', '\\1-\\2-7000-8000-000000000000') end
  from pg_attribute where attrelid = parent::regclass and attname = column_name
$$
"""

_MAKE = """
create function make_partition(parent text, on_day date) returns void
language plpgsql set search_path = public, pg_temp as $$
declare
  partition_name text := parent || to_char(on_day, '_YYYYMMDD');
  default_name text := parent || '_default';
  key text;
  begins text;
  ends text;
  waiting boolean;
begin
  if to_regclass(format('partitions.%I', partition_name)) is not null then
    return;
  end if;
  select attname into strict key from pg_partitioned_table p
    join pg_attribute a on a.attrelid = p.partrelid and a.attnum = p.partattrs[0]
    where p.partrelid = parent::regclass;
  begins := day_begins(parent, key, on_day);
  ends := day_begins(parent, key, on_day + 1);
  execute format('select exists (select from partitions.%I where %I >= %L and %I < %L)',
                 default_name, key, begins, key, ends) into waiting;
  if waiting then
    return;
  end if;
  -- Made beside its parent and then attached: that does not stop whoever reads and writes the others.
  execute format('create table partitions.%I (like %I including defaults including constraints)',
                 partition_name, parent);
  execute format('alter table %I attach partition partitions.%I for values from (%L) to (%L)',
                 parent, partition_name, begins, ends);
end
$$
"""

_KEEP = f"""
create function keep_partitions(of_parent text) returns bigint
language plpgsql security definer set search_path = public, pg_temp set lock_timeout = '500ms' as $$
declare
  today date := (clock_timestamp() at time zone 'UTC')::date;
  kept partitioned_tables;
  old text;
  removed bigint;
begin
  select * into strict kept from partitioned_tables where parent = of_parent;
  if not pg_try_advisory_xact_lock(8254003, hashtext(of_parent)) then
    return 0;
  end if;
  for ahead in 0 .. {DAYS_AHEAD} loop
    perform make_partition(of_parent, today + ahead);
  end loop;
  for old in
    select relname from pg_inherits join pg_class on oid = inhrelid
    where inhparent = of_parent::regclass and relname ~ '_[0-9]{{8}}$'
      and to_date(right(relname, 8), 'YYYYMMDD') < today - kept.days_kept
  loop
    execute format('drop table partitions.%I', old);
  end loop;
  execute format('delete from partitions.%1$I where ctid = any (array(
                    select ctid from partitions.%1$I where %2$I < %3$L limit {_STRAYS_REMOVED}))',
                 of_parent || '_default', kept.aged_by,
                 day_begins(of_parent, kept.aged_by, today - kept.days_kept));
  get diagnostics removed = row_count;
  return removed;
end
$$
"""  # noqa: S608 - of constants alone

# What was there becomes the first partition, whatever days its rows are of. What belongs after it is moved:
# ids that tell no time.
_ADOPT = """
do $$
declare
  today date := (clock_timestamp() at time zone 'UTC')::date;
  partition_name text := '{parent}' || to_char(today, '_YYYYMMDD');
  ends text := day_begins('{parent}', '{key}', today + 1);
begin
  execute format('with later as (delete from {before} where {key} >= %L returning *)
                  insert into {parent} select * from later', ends);
  execute format('alter table {before} rename to %I', partition_name);
  execute format('alter table %I set schema partitions', partition_name);
  execute format('alter table {parent} attach partition partitions.%I for values from (minvalue) to (%L)',
                 partition_name, ends);
end
$$
"""
_PARENTS = text("select parent from partitioned_tables order by parent")
_KEEP_NOW = text("select keep_partitions(:parent)")


async def parents(database: Database) -> list[str]:
    """The tables that have partitions."""
    async with database.session() as db:
        return list(await db.scalars(_PARENTS))


async def keep(database: Database, parent: str) -> int:
    """Make a table's partitions ahead and drop its old ones; how many old rows of its default were deleted.

    Gives up and raises where it would wait for others: partitions are made days before they are needed.
    """
    async with database.session() as db:
        removed = int(await db.scalar(_KEEP_NOW, {"parent": parent}) or 0)
        await db.commit()
    return removed


def add_partitions(service: str) -> None:
    """For a migration: the functions, and the list of tables they look after."""
    _, app, _ = role_names(service)
    for sql in (*_TABLES.split(";\n"), _DAY_BEGINS, _MAKE, _KEEP):
        op.execute(sql)
    op.execute("revoke execute on function make_partition(text, date), keep_partitions(text) from public")
    op.execute(f"grant execute on function keep_partitions(text) to {app}")
    op.execute(f"grant select on partitioned_tables to {app}")


def partition_by_day(parent: str, *, days_kept: int, aged_by: str) -> None:
    """For a migration: look after this table, which is partitioned by range and has no partition yet.

    It keeps today's rows and those of as many days before; `aged_by` says how old a row in its default
    partition is.
    """
    op.execute(f"create table partitions.{parent}_default partition of {parent} default")
    op.execute(f"create index on partitions.{parent}_default ({aged_by})")
    values = f"'{parent}', {days_kept}, '{aged_by}'"
    op.execute(f"insert into partitioned_tables values ({values})")  # noqa: S608 - a migration's own words


def adopt(before: str, parent: str, key: str) -> None:
    """For a migration: make the table `before` the first partition, up to and with today, as it is.

    Both have the same columns in the same order. It is read through, and not written anew.
    """
    op.execute(_ADOPT.format(before=before, parent=parent, key=key))


def make_ahead(parent: str) -> None:
    """For a migration: make the partitions of today and the days after where they are missing."""
    op.execute(f"select keep_partitions('{parent}')")
