-- Which migrations a database has.

-- name: lock_migrations
-- One process migrates at a time; the lock ends with the transaction, whatever happens.
select pg_advisory_xact_lock(hashtextextended('schema_migrations', 0));

-- name: try_lock_alone
-- One process at a time runs what cannot run in a transaction; the lock ends with the session.
select pg_try_advisory_lock(hashtextextended('schema_migrations alone', 0));

-- name: wait_a_moment
-- Until asking for that lock again.
select pg_sleep(0.05);

-- name: unlock_alone
-- The next process may look.
select pg_advisory_unlock(hashtextextended('schema_migrations alone', 0));

-- name: create_schema_migrations
-- The table that remembers; made under the lock, because `if not exists` alone can collide.
create table if not exists schema_migrations (
    version integer primary key,
    name text not null,
    checksum text not null,
    applied_at timestamptz not null default now()
);

-- name: has_schema_migrations
-- Whether the database was ever migrated.
select to_regclass('schema_migrations') is not null as answer;

-- name: applied_migrations
-- What is applied, oldest first.
select version, name, checksum, floor(extract(epoch from applied_at) * 1000)::bigint as applied_at
from schema_migrations
order by version;

-- name: record_migration
-- One more is applied.
insert into schema_migrations (version, name, checksum)
values (%(version)s, %(name)s, %(checksum)s)
on conflict (version) do nothing;

-- name: count_rows
-- How much there is, table by table.
select 'users' as name, count(*) as rows from users
union all select 'skills', count(*) from skills
union all select 'skill_versions', count(*) from skill_versions
union all select 'deployments', count(*) from deployments
union all select 'sim_runs', count(*) from sim_runs
union all select 'leases', count(*) from leases
union all select 'decision_snapshots', count(*) from decision_snapshots
union all select 'order_intents', count(*) from order_intents
union all select 'fills', count(*) from fills
union all select 'cost_rollups', count(*) from cost_rollups
union all select 'agent_state', count(*) from agent_state
union all select 'agent_logs', count(*) from agent_logs
union all select 'agent_commands', count(*) from agent_commands;
