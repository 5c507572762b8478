-- Which database this is, so that a restored, copied or failed-over one gives nobody a lease before its owner has looked.
-- What a backup cannot carry tells: the cluster, its timeline, the database's own number, and the transaction that
-- wrote the row, which every logical restore writes anew.

create table public.database_identity (
    singleton boolean primary key default true check (singleton),
    system_identifier text not null,
    timeline_id integer not null,
    database_oid oid not null,
    row_xid xid,
    noted_at timestamptz not null
);

comment on table public.database_identity is 'noted with the first lease, and again whenever a restore was resolved';
comment on column public.database_identity.row_xid is 'the xmin of this row where nobody but its writer wrote it';

create table public.restores (
    id bigint generated always as identity primary key,
    found_at timestamptz not null,
    reason text not null check (reason in ('restored', 'copied', 'failed_over', 'forgotten', 'raised')),
    found jsonb not null,
    resolved_at timestamptz,
    resolved_by text,
    resolution jsonb,
    constraint restores_whole_resolution check (num_nonnulls(resolved_at, resolved_by, resolution) in (0, 3))
);

comment on table public.restores is 'while one is open, no lease is taken or prolonged';
comment on column public.restores.reason is 'raised: the owner raised epochs or nonces, and nothing else was wrong';

create index journal_restored on public.journal (deployment_id, seq) where kind = 'restored';

revoke all on public.database_identity, public.restores from public;

create function public.database_identity_now(
    out system_identifier text, out timeline_id integer, out database_oid oid
)
    language sql volatile set search_path = pg_catalog, pg_temp
as $$
    select
        (select control.system_identifier::text from pg_catalog.pg_control_system() as control),
        -- The control file learns of a promotion only with the next checkpoint; the log is written on the new timeline
        -- at once.
        case
            when pg_catalog.pg_is_in_recovery() then
                (select control.timeline_id from pg_catalog.pg_control_checkpoint() as control)
            else ('x' || pg_catalog.left(
                pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 8
            ))::pg_catalog.bit(32)::integer
        end,
        (select here.oid from pg_catalog.pg_database as here where here.datname = pg_catalog.current_database())
$$;

create function public.database_difference() returns text
    language sql volatile security definer set search_path = pg_catalog, pg_temp
as $$
    select case
        when open.reason is not null then open.reason
        -- A database that never gave a lease has nothing that could be doubled: it takes its identity with the first.
        when noted.singleton is null then
            case when exists (select from public.leases where taken_at is not null) then 'forgotten' end
        when noted.row_xid is distinct from noted.written_by then 'restored'
        when noted.system_identifier <> now.system_identifier or noted.database_oid <> now.database_oid then 'copied'
        when noted.timeline_id <> now.timeline_id then 'failed_over'
    end
    from public.database_identity_now() as now
    left join (select identity.*, identity.xmin as written_by from public.database_identity as identity) as noted
        on true
    left join (
        select restore.reason from public.restores as restore where restore.resolved_at is null
        order by restore.id limit 1
    ) as open on true
$$;

comment on function public.database_difference() is 'why no lease is given, or null where leases are given';

create function public.note_database_identity() returns void
    language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    insert into public.database_identity (system_identifier, timeline_id, database_oid, noted_at)
    select now.system_identifier, now.timeline_id, now.database_oid, pg_catalog.clock_timestamp()
    from public.database_identity_now() as now
    on conflict do nothing;
    if found then
        -- Within one subtransaction both versions of the row have one writer, whichever number that is.
        update public.database_identity set row_xid = xmin;
    end if;
end $$;

create function public.keep_to_one_database() returns trigger
    language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    difference text := public.database_difference();
begin
    if difference is not null then
        raise exception 'this database was %, so no lease is given',
                case difference
                    when 'copied' then 'copied or moved to another server'
                    when 'failed_over' then 'failed over or recovered to a point in time'
                    when 'forgotten' then 'stripped of its identity'
                    else 'restored from a backup'
                end
            using errcode = 'AG001', hint = 'run: agentic db resolve';
    end if;
    if not exists (select from public.database_identity) then
        perform public.note_database_identity();
    end if;
    return new;
end $$;

revoke all on function public.database_identity_now() from public;
revoke all on function public.database_difference() from public;
revoke all on function public.note_database_identity() from public;
revoke all on function public.keep_to_one_database() from public;

-- Freeing and revoking take power away, so they stay possible in any copy.
create trigger leases_of_one_database before insert or update on public.leases
    for each row when (new.state = 'held') execute function public.keep_to_one_database();

-- A database that gave leases before this file existed is the one it is now.
select public.note_database_identity() where exists (select from public.leases);

-- What `agentic db restore` leaves to the database. Returns how many logins of runners this server does not have: they
-- are forgotten here, and enrolled anew by whoever still wants them.
create function public.settle_restored(functions text[], owners text[]) returns integer
    language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    given record;
    forgotten integer := 0;
begin
    for given in
        select pg_catalog.to_regprocedure(named.function) as function, named.owner
        from unnest(functions, owners) as named (function, owner)
    loop
        if not (select rolsuper from pg_catalog.pg_roles where rolname = current_user) then
            -- Whoever gives a function away has to be able to be its new owner.
            execute format('grant %I to %I', given.owner, current_user);
        end if;
        execute format('revoke all on function %s from public', given.function);
        execute format('grant create on schema public to %I', given.owner);
        execute format('alter function %s owner to %I', given.function, given.owner);
        execute format('revoke create on schema public from %I', given.owner);
    end loop;
    if pg_catalog.to_regprocedure('public.admit_owner()') is not null then
        perform public.admit_owner();
        perform public.shut_out_strangers();
        delete from public.runner_logins as login
        where not exists (select from pg_catalog.pg_roles where rolname = login.role_name);
        get diagnostics forgotten = row_count;
    end if;
    return forgotten;
end $$;

revoke all on function public.settle_restored(text[], text[]) from public;
