-- What a backup is checked by, and what a restored database needs besides its rows.

-- name: begin_backup
-- One moment for what is dumped and for what is said of it; fails where it is not the first of its transaction.
set transaction isolation level repeatable read, read only;

-- name: export_snapshot
-- That moment, for `pg_dump`.
select pg_export_snapshot() as id;

-- name: unseen_tables
-- Tables of which this role does not see every row: a backup of them would lack some.
select relation.relname::text as name
from pg_class as relation
where relation.relnamespace = 'public'::regnamespace
  and relation.relkind in ('r', 'p')
  and row_security_active(relation.oid)
  and not exists (
      select
      from pg_policy as policy
      where policy.polrelid = relation.oid
        and policy.polpermissive
        and policy.polcmd in ('*', 'r')
        and pg_get_expr(policy.polqual, policy.polrelid) = 'true'
        and (policy.polroles = '{0}' or current_user::regrole::oid = any (policy.polroles))
  )
order by relation.relname;

-- name: dumped_schemas
-- Ours: `vault` is one unless an extension keeps the secrets there, which no dump may carry away.
select nspname::text as name
from pg_namespace
where nspname = 'public'
   or (nspname = 'vault' and not exists (select from pg_extension where extname = 'supabase_vault'))
order by nspname;

-- name: backed_up_heads
-- The newest record of each journal.
select deployment_id::text as deployment, seq, encode(hash, 'hex') as hash, epoch
from public.journal_heads
order by deployment_id;

-- name: backed_up_epoch
-- The highest epoch of any account.
select coalesce(max(epoch), 0) as epoch from public.leases;

-- name: foreign_objects
-- What stands where a backup would go.
select format('%%I.%%I', relation.relnamespace::regnamespace, relation.relname) as name
from pg_class as relation
where relation.relnamespace in (select oid from pg_namespace where nspname in ('public', 'vault'))
  and relation.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
  and not exists (
      select from pg_depend where classid = 'pg_class'::regclass and objid = relation.oid and deptype = 'e'
  )
order by 1;

-- name: make_service_roles
-- Grants and policies of a dump name roles, which belong to the server and are in none.
do $$
declare
    wanted record;
begin
    for wanted in
        select *
        from (values
            ('agentic_web', 'login'), ('agentic_runner', 'nologin'), ('agentic_jobs', 'login'),
            ('agentic_journal', 'nologin')
        ) as role (name, kind)
    loop
        begin
            if not exists (select from pg_catalog.pg_roles where rolname = wanted.name) then
                execute format('create role %%I %%s', wanted.name, wanted.kind);
            end if;
        exception when duplicate_object or unique_violation then
            null;  -- somebody else was quicker
        end;
    end loop;
end $$;

-- name: has_settling
-- Whether the backup is recent enough to know what to settle.
select to_regprocedure('public.settle_restored(text[], text[])') is not null as answer;

-- name: settle_restored
-- What a dump cannot say: whose functions are a service role's, whom row-level security lets by, and which logins are
-- gone.
select public.settle_restored(%(functions)s::text[], %(owners)s::text[]) as logins;

-- name: analyze
-- Counts for the planner, which a dump does not carry.
analyze;
