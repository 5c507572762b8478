-- Who signs in, what a deployment shall come to, whose lease it is, and rules that hold whoever writes: facts stay,
-- epochs and nonces only grow, a live lease is nobody else's.

-- ── people and the platform ─────────────────────────────────────────────────────────────────────────────────────────

alter table public.users
    add column email text
        constraint users_email check (email = lower(email) and email like '_%@_%')
        constraint users_one_email unique;

create table public.sessions (
    token_hash bytea primary key check (octet_length(token_hash) = 32),
    user_id uuid not null constraint sessions_user references public.users (id),
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    ended_at timestamptz,
    constraint sessions_range check (created_at < expires_at)
);

comment on column public.sessions.token_hash is 'SHA-256 of what the browser holds; the token itself is stored nowhere';

create index sessions_by_user on public.sessions (user_id);

create table public.platform_config (
    key text primary key check (key ~ '^[a-z][a-z0-9_]*$'),
    value jsonb not null,
    updated_at timestamptz not null default now()
);

-- ── the owner's own edits ───────────────────────────────────────────────────────────────────────────────────────────

create table public.owner_edits (
    id bigint generated always as identity primary key,
    at timestamptz not null default clock_timestamp(),
    role name not null default session_user,
    relation text not null,
    verb text not null check (verb in ('update', 'delete')),
    key jsonb not null,
    before jsonb not null,
    after jsonb,
    constraint owner_edits_whole check ((verb = 'delete') = (after is null))
);

comment on table public.owner_edits is 'what the owner of the tables changed by hand in rows that nobody else may change';
comment on column public.owner_edits.role is 'who had signed in';
comment on column public.owner_edits.key is 'the key columns of the row before the edit';

-- Rows that are added and never changed. The trigger's arguments are the table's key columns. Whoever owns the table
-- edits as typed, and leaves a row that says so; a truncation would leave none, hence nobody may.
-- No definer: who gets as far as the insert owns both tables.
create function public.keep_facts() returns trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    is_owner boolean;
begin
    if tg_op = 'TRUNCATE' then
        raise exception 'rows of % are facts and leave no trace when truncated; delete them by name', tg_table_name
            using errcode = 'restrict_violation', schema = tg_table_schema, table = tg_table_name;
    end if;
    select pg_catalog.pg_has_role(current_user, relowner, 'usage') into is_owner
    from pg_catalog.pg_class
    where oid = tg_relid;
    if not is_owner then
        raise exception 'rows of % are facts: they are added, never changed', tg_table_name
            using errcode = 'restrict_violation', schema = tg_table_schema, table = tg_table_name;
    end if;
    insert into public.owner_edits (relation, verb, key, before, after)
    select pg_catalog.format('%I.%I', tg_table_schema, tg_table_name), pg_catalog.lower(tg_op),
        coalesce(pg_catalog.jsonb_object_agg(named.name, pg_catalog.to_jsonb(old) -> named.name), '{}'),
        pg_catalog.to_jsonb(old), case when tg_op = 'UPDATE' then pg_catalog.to_jsonb(new) end
    from pg_catalog.unnest(tg_argv) as named (name);
    if tg_op = 'DELETE' then
        return old;
    end if;
    return new;
end $$;

revoke all on function public.keep_facts() from public;

create trigger owner_edits_stay before update or delete on public.owner_edits
    for each row execute function public.keep_facts('id');

create trigger owner_edits_stay_all before truncate on public.owner_edits
    for each statement execute function public.keep_facts();

drop trigger skill_versions_stay on public.skill_versions;
drop trigger skill_versions_stay_all on public.skill_versions;
drop function public.refuse_skill_version_change();

-- A note about a version is no part of it.
create trigger skill_versions_stay
    before update of skill_id, version, payload, payload_hash, loss_bound, created_at or delete on public.skill_versions
    for each row execute function public.keep_facts('skill_id', 'version');

create trigger skill_versions_stay_all before truncate on public.skill_versions
    for each statement execute function public.keep_facts();

drop trigger fills_stay on public.fills;
drop trigger fills_stay_all on public.fills;
drop function public.refuse_fill_change();

create trigger fills_stay before update or delete on public.fills
    for each row execute function public.keep_facts('account_key', 'fill_id');

create trigger fills_stay_all before truncate on public.fills
    for each statement execute function public.keep_facts();

-- ── what a deployment shall come to, and with which wallet ──────────────────────────────────────────────────────────

alter table public.deployments
    add column desired text not null default 'running'
        constraint deployments_desired check (desired in ('running', 'flatten', 'stopped')),
    add column hyperliquid_agent_id uuid constraint deployments_agent references public.hyperliquid_agents (id),
    add column fly_machine_id text check (fly_machine_id <> ''),
    add column fly_region text check (fly_region <> ''),
    add column fly_image text check (fly_image <> ''),
    add constraint deployments_agent_of_broker check ((broker_kind = 'paper') = (hyperliquid_agent_id is null));

comment on column public.deployments.desired is 'who may take the lease of its account: a runner, one that flattens, or nobody';

create index deployments_by_account on public.deployments (account_key);

create index deployments_by_agent on public.deployments (hyperliquid_agent_id) where hyperliquid_agent_id is not null;

-- A foreign key looks past row-level security, so it does not ask whose wallet it is.
create function public.check_deployment_agent() returns trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
begin
    if new.hyperliquid_agent_id is null or exists (
        select
        from public.hyperliquid_agents as agent
        join public.hyperliquid_master_wallets as master on master.id = agent.master_wallet_id
        where agent.id = new.hyperliquid_agent_id and master.user_id = new.user_id
    ) then
        return new;
    end if;
    raise exception 'the agent wallet of a deployment is one of its own user'
        using errcode = 'foreign_key_violation', schema = tg_table_schema, table = tg_table_name,
            constraint = 'deployments_agent',
            detail = pg_catalog.format('%s has no agent wallet %s', new.user_id, new.hyperliquid_agent_id);
end $$;

revoke all on function public.check_deployment_agent() from public;

create trigger deployments_agent_of_user before insert or update of hyperliquid_agent_id, user_id on public.deployments
    for each row execute function public.check_deployment_agent();

-- ── leases ──────────────────────────────────────────────────────────────────────────────────────────────────────────

alter table public.leases
    add column deployment_id uuid,
    add column taken_at timestamptz,
    add constraint leases_deployment foreign key (deployment_id, account_key)
        references public.deployments (id, account_key);

comment on column public.leases.deployment_id is 'whose runner took it last; null where nobody did';

create index leases_by_deployment on public.leases (deployment_id);

update public.leases as lease
set deployment_id = deployment.id
from public.deployments as deployment
where deployment.account_key = lease.account_key and lease.account_key like 'paper:%';

drop trigger leases_only_grow on public.leases;
drop trigger leases_only_grow_all on public.leases;
drop function public.keep_lease_epoch();

-- What may happen to a lease, whoever asks. Only the owner of the tables and the jobs, which both may fence, raise an
-- epoch by more than one, give a revoked account back, and make an epoch that nobody took.
create function public.guard_lease() returns trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    is_owner boolean;
    may_raise boolean;
    is_taken boolean;
    refused text;
begin
    if tg_op in ('DELETE', 'TRUNCATE') then
        raise exception 'a lease is never deleted: its epoch only grows'
            using errcode = 'restrict_violation', schema = tg_table_schema, table = tg_table_name;
    end if;
    select pg_catalog.pg_has_role(current_user, relowner, 'usage') into is_owner
    from pg_catalog.pg_class
    where oid = tg_relid;
    may_raise := is_owner
        or coalesce(pg_catalog.pg_has_role(current_user, pg_catalog.to_regrole('agentic_jobs'), 'usage'), false);
    is_taken := new.state = 'held' and (tg_op = 'INSERT' or new.epoch = old.epoch + 1);
    if tg_op = 'INSERT' then
        refused := case
            when (new.epoch <> 1 or new.state = 'free') and not may_raise then 'the first epoch of a lease is 1'
        end;
    else
        refused := case
            when new.account_key <> old.account_key then 'a lease stays with its account'
            when new.epoch < old.epoch then 'the epoch of a lease only grows'
            when is_taken then case
                when old.state = 'revoked' then 'a revoked lease is not taken'
                when old.state = 'held' and old.holder <> new.holder and old.expires_at >= clock_timestamp()
                    then 'a live lease is not taken from its holder'
            end
            when new.holder <> old.holder or new.deployment_id is distinct from old.deployment_id
                or new.taken_at is distinct from old.taken_at
                then 'the holder of a lease changes only with its epoch'
            when new.epoch > old.epoch then case
                when new.state = 'revoked' and new.epoch = old.epoch + 1 then null
                when not may_raise then 'the epoch of a lease grows by one'
                when new.state not in (old.state, 'free') then 'the epoch of a lease grows by one'
            end
            when new.state = old.state and new.state = 'held' then case
                -- As of the statement, because its own condition was a moment earlier.
                when new.expires_at > old.expires_at and old.expires_at < statement_timestamp()
                    then 'a lease that ran out is not renewed'
                when new.expires_at < old.expires_at and not is_owner then 'a lease is not cut short'
            end
            when new.state = old.state then null
            when new.state <> 'free' then 'a lease is taken or revoked only with the next epoch'
            when old.state = 'revoked' and not may_raise then 'a revoked lease is not freed by those it was taken from'
        end;
    end if;
    if refused is null and is_taken then
        new.taken_at := clock_timestamp();
        refused := case
            when new.deployment_id is null then 'a lease is taken for a deployment'
            when not is_owner and exists (
                select from public.deployments where id = new.deployment_id and desired = 'stopped'
            ) then 'a lease is not taken for a deployment that shall be stopped'
        end;
    end if;
    -- It could never be lowered again, by nobody, and there would be none after it.
    if refused is null and new.epoch > 1000000000000000000 and (tg_op = 'INSERT' or new.epoch > old.epoch + 1) then
        refused := 'an epoch that high leaves too few for later';
    end if;
    if refused is not null then
        raise exception '% (%)', refused, new.account_key
            using errcode = 'restrict_violation', schema = tg_table_schema, table = tg_table_name;
    end if;
    return new;
end $$;

revoke all on function public.guard_lease() from public;

create trigger leases_only_grow before insert or update or delete on public.leases
    for each row execute function public.guard_lease();

create trigger leases_only_grow_all before truncate on public.leases
    for each statement execute function public.guard_lease();

-- ── nonces ──────────────────────────────────────────────────────────────────────────────────────────────────────────

-- The owner may set one back, for instance after a mistake by hand; that a nonce is then refused is the indexes' work.
create function public.guard_signer_nonce() returns trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
begin
    if tg_op = 'UPDATE' and new.signer = old.signer and new.nonce >= old.nonce then
        return new;
    end if;
    if tg_op <> 'TRUNCATE' and (
        select pg_catalog.pg_has_role(current_user, relowner, 'usage') from pg_catalog.pg_class where oid = tg_relid
    ) then
        if tg_op = 'DELETE' then
            return old;
        end if;
        return new;
    end if;
    raise exception 'the nonce of a signer only grows, and is never forgotten'
        using errcode = 'restrict_violation', schema = tg_table_schema, table = tg_table_name;
end $$;

revoke all on function public.guard_signer_nonce() from public;

create trigger signer_nonces_only_grow before update or delete on public.signer_nonces
    for each row execute function public.guard_signer_nonce();

create trigger signer_nonces_only_grow_all before truncate on public.signer_nonces
    for each statement execute function public.guard_signer_nonce();
