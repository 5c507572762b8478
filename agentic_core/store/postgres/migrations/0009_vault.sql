-- Where sealed keys are kept, who may have them, and who had them. What arrives here was sealed by the application under
-- a key that is in no database; the vault encrypts it once more where it is the real one.

do $$
begin
    if exists (select from pg_catalog.pg_extension where extname = 'supabase_vault') then
        return;
    end if;
    if pg_catalog.to_regnamespace('vault') is not null then
        raise exception 'there is a schema vault that is not the one of supabase_vault; rename it, or enable the extension';
    end if;
    if exists (select from pg_catalog.pg_available_extensions where name = 'supabase_vault')
        and coalesce(pg_catalog.current_setting('agentic.own_vault', true), '') <> 'on' then
        raise exception 'supabase_vault is at hand and not enabled: create extension supabase_vault, '
            'or set agentic.own_vault to on for this database to do without';
    end if;

    -- The names, arguments and columns of supabase_vault 0.3. It has no key of its own: it keeps what it is given.
    create schema vault;
    revoke all on schema vault from public;
    comment on schema vault is 'stands in for supabase_vault: the same names, and no encryption of its own';

    create table vault.secrets (
        id uuid primary key default pg_catalog.gen_random_uuid(),
        name text,
        description text not null default '',
        secret text not null,
        key_id uuid,
        nonce bytea,
        created_at timestamptz not null default pg_catalog.now(),
        updated_at timestamptz not null default pg_catalog.now()
    );

    create unique index secrets_name_idx on vault.secrets (name) where name is not null;

    -- A grant that somebody adds later shows nothing by itself.
    alter table vault.secrets enable row level security;

    create view vault.decrypted_secrets with (security_invoker = true) as
    select id, name, description, secret, secret as decrypted_secret, key_id, nonce, created_at, updated_at
    from vault.secrets;

    create function vault.create_secret(
        new_secret text, new_name text default null, new_description text default '', new_key_id uuid default null
    ) returns uuid
        language sql security definer set search_path = pg_catalog, pg_temp
        as $body$
            insert into vault.secrets (secret, name, description)
            values (new_secret, new_name, coalesce(new_description, ''))
            returning id;
        $body$;

    create function vault.update_secret(
        secret_id uuid, new_secret text default null, new_name text default null, new_description text default null,
        new_key_id uuid default null
    ) returns void
        language sql security definer set search_path = pg_catalog, pg_temp
        as $body$
            update vault.secrets
            set secret = coalesce(new_secret, secret), name = coalesce(new_name, name),
                description = coalesce(new_description, description), updated_at = pg_catalog.now()
            where id = secret_id;
        $body$;

    revoke all on function vault.create_secret(text, text, text, uuid) from public;
    revoke all on function vault.update_secret(uuid, text, text, text, uuid) from public;
end $$;

-- ── who had a key ───────────────────────────────────────────────────────────────────────────────────────────────────

create table public.key_openings (
    id bigint generated always as identity primary key,
    at timestamptz not null default clock_timestamp(),
    deployment_id uuid constraint key_openings_deployment references public.deployments (id),
    agent_id uuid constraint key_openings_agent references public.hyperliquid_agents (id),
    epoch bigint check (epoch > 0),
    holder text not null check (holder <> ''),
    purpose text not null check (purpose in ('trade', 'operator', 'rewrap', 'destroy')),
    constraint key_openings_trade_is_leased
        check (purpose <> 'trade' or num_nulls(deployment_id, agent_id, epoch) = 0)
);

comment on table public.key_openings is 'every time a sealed key was handed out, sealed anew or destroyed; never what it was';
comment on column public.key_openings.holder is 'of the lease when it was handed out to trade, else the login';
comment on column public.key_openings.agent_id is 'null for a key that no approved wallet has';

create index key_openings_by_deployment on public.key_openings (deployment_id, epoch) where deployment_id is not null;

create trigger key_openings_stay before update or delete on public.key_openings
    for each row execute function public.keep_facts('id');

create trigger key_openings_stay_all before truncate on public.key_openings
    for each statement execute function public.keep_facts();

-- ── what was revoked ────────────────────────────────────────────────────────────────────────────────────────────────

-- Roles that may end a wallet may write its end, and could take it back: the key would be handed out again.
create function public.keep_revoked() returns trigger
    language plpgsql set search_path = pg_catalog, pg_temp
    as $$
begin
    if pg_catalog.pg_has_role(
        current_user, (select relowner from pg_catalog.pg_class where oid = tg_relid), 'usage'
    ) then
        return new;
    end if;
    raise exception 'agent wallet % was revoked, and stays so', old.agent_address
        using errcode = 'restrict_violation', schema = tg_table_schema, table = tg_table_name;
end $$;

create trigger hyperliquid_agents_stay_revoked before update on public.hyperliquid_agents
    for each row when (old.revoked_at is not null and new.revoked_at is distinct from old.revoked_at)
    execute function public.keep_revoked();

-- ── who asks ────────────────────────────────────────────────────────────────────────────────────────────────────────

-- The role somebody acts as, also inside of a function that runs as its owner.
create function public.calling_role() returns name
    language sql stable set search_path = pg_catalog, pg_temp
    return case pg_catalog.current_setting('role')
        when 'none' then session_user
        else pg_catalog.current_setting('role')::name
    end;

-- Whether that role is the owner of the tables, or may act for it.
create function public.acts_as_owner() returns boolean
    language sql stable set search_path = pg_catalog, pg_temp
    return (
        select pg_catalog.pg_has_role(public.calling_role(), relowner, 'usage')
        from pg_catalog.pg_class
        where oid = 'public.users'::pg_catalog.regclass
    );

-- ── what a sealed key looks like ────────────────────────────────────────────────────────────────────────────────────

create function public.is_key_envelope(content text) returns boolean
    language sql immutable parallel safe set search_path = pg_catalog, pg_temp
    return coalesce(content ~ '^v1[.][a-z0-9][a-z0-9_-]{0,31}[.][A-Za-z0-9_-]{80}[.][A-Za-z0-9_-]{80}$', false);

-- `agent_key/<network>/<tenant>/<address>/<deployment or unbound>`: other secrets in the vault are not ours.
create function public.is_key_name(name text) returns boolean
    language sql immutable parallel safe set search_path = pg_catalog, pg_temp
    return coalesce(
        is_key_name.name ~ ('^agent_key/[A-Za-z0-9_-]+/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/0x[0-9a-f]{40}/'
            || '(unbound|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$'),
        false
    );

-- Refuses somebody for whom the key of that name is not: whoever has no key of their own may have it, and its tenant.
create function public.check_key_is_ours(name text) returns void
    language plpgsql stable set search_path = pg_catalog, pg_temp
    as $$
begin
    if public.acts_as_owner() then
        return;
    end if;
    if not public.is_key_name(check_key_is_ours.name)
        or split_part(check_key_is_ours.name, '/', 3) is distinct from public.acting_user()::text then
        raise exception 'this key is not one of the user that % acts for', public.calling_role()
            using errcode = 'insufficient_privilege';
    end if;
end $$;

-- One change of a key after the other; the tables of the real vault cannot be locked by whoever uses it.
create function public.lock_sealed_key(key uuid) returns void
    language sql volatile set search_path = pg_catalog, pg_temp
    as $$ select pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('sealed key ' || key::text, 0)); $$;

create function public.note_key_opening(purpose text, key uuid) returns void
    language sql volatile set search_path = pg_catalog, pg_temp
    as $$
        insert into public.key_openings (agent_id, holder, purpose)
        values (
            (select id from public.hyperliquid_agents where vault_key_id = note_key_opening.key),
            session_user, note_key_opening.purpose
        );
    $$;

-- ── keeping, handing out, sealing anew, destroying ──────────────────────────────────────────────────────────────────

-- No error of it repeats what it was given, and nobody gets a bare private key in: it would be in the server's log.
create function public.create_hyperliquid_agent_secret(value text, name text) returns uuid
    language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
    as $$
declare
    content text := create_hyperliquid_agent_secret.value;
    called text := create_hyperliquid_agent_secret.name;
begin
    if content is null or content = '' then
        raise exception 'there is nothing to keep' using errcode = 'restrict_violation';
    end if;
    if content ~ '[0-9a-fA-F]{64}' or called ~ '[0-9a-fA-F]{64}' then
        raise exception 'this holds a bare private key, and is not kept'
            using errcode = 'restrict_violation', hint = 'seal it first; it may be in the log of the server now: '
                'do not use it any more';
    end if;
    if not public.acts_as_owner() then
        if not public.is_key_envelope(content) then
            raise exception 'only a sealed key may be kept here' using errcode = 'restrict_violation';
        end if;
        perform public.check_key_is_ours(called);
    end if;
    return vault.create_secret(content, called);
end $$;

-- For the operator, by the wallet: what is sealed stays sealed. Null where there is no such wallet or it was revoked.
create function public.get_hyperliquid_agent_secret(agent_id uuid) returns text
    language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
    as $$
declare
    found_key uuid;
    content text;
begin
    select kept.id, kept.decrypted_secret into found_key, content
    from public.hyperliquid_agents as wallet
    join vault.decrypted_secrets as kept on kept.id = wallet.vault_key_id
    where wallet.id = get_hyperliquid_agent_secret.agent_id and wallet.revoked_at is null;
    if content is not null then
        perform public.note_key_opening('operator', found_key);
    end if;
    return content;
end $$;

-- For a runner: the sealed key of its deployment, while it holds the lease of its account under that epoch.
-- The owner, who is bound to no deployment, names the one it runs.
create function public.open_agent_envelope(epoch bigint, holder text, deployment uuid default null)
    returns table (is_live boolean, cause text, key_id uuid, name text, envelope text)
    language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
    as $$
#variable_conflict use_column
declare
    asked_epoch bigint := open_agent_envelope.epoch;
    asked_holder text := open_agent_envelope.holder;
    asked_for uuid := open_agent_envelope.deployment;
    ours uuid;
    wallet record;
begin
    if public.acts_as_owner() then
        ours := asked_for;
    else
        ours := public.runner_deployment();
        if ours is distinct from coalesce(asked_for, ours) then
            ours := null;
        end if;
    end if;
    if ours is null then
        raise exception '% is not bound to this deployment', session_user using errcode = 'insufficient_privilege';
    end if;

    perform from public.deployments as mine
    join public.leases as lease on lease.account_key = mine.account_key and lease.deployment_id = mine.id
    where mine.id = ours and lease.epoch = asked_epoch and lease.holder = asked_holder and lease.state = 'held'
        and lease.expires_at >= clock_timestamp()
    for share of lease;
    if not found then
        raise log 'sealed key of deployment % refused to %: not the live lease', ours, session_user;
        return query select false, null::text, null::uuid, null::text, null::text;
        return;
    end if;

    -- Whoever let the wallet be approved said which key is its: that it is this tenant's and of this address is what
    -- the key itself is called.
    select approved.id, approved.revoked_at, kept.id as key_id, kept.decrypted_secret as envelope,
        coalesce(kept.name, '') as name,
        format('agent_key/%s/%s/%s/', approved.network, mine.user_id, approved.agent_address) as called
    into wallet
    from public.deployments as mine
    join public.hyperliquid_agents as approved on approved.id = mine.hyperliquid_agent_id
    left join vault.decrypted_secrets as kept on kept.id = approved.vault_key_id
    where mine.id = ours;
    cause := case
        when wallet.id is null then 'no_wallet'
        when wallet.revoked_at is not null then 'revoked'
        when wallet.key_id is null then 'destroyed'
        when not starts_with(wallet.name, wallet.called) then 'another_key'
        when wallet.name <> wallet.called || ours::text then 'bound_elsewhere'
        when exists (
            select from public.key_openings as earlier
            where earlier.deployment_id = ours and earlier.epoch = asked_epoch and earlier.purpose = 'trade'
                and earlier.holder <> asked_holder
        ) then 'opened_by_another'
    end;
    if cause is not null then
        raise log 'sealed key of deployment % refused to %: %', ours, session_user, cause;
        return query select true, cause, null::uuid, null::text, null::text;
        return;
    end if;

    insert into public.key_openings (deployment_id, agent_id, epoch, holder, purpose)
    values (ours, wallet.id, asked_epoch, asked_holder, 'trade');
    -- Whoever rolls back takes the row back, and not this line.
    raise log 'sealed key of deployment % handed to % in epoch %', ours, session_user, asked_epoch;
    return query select true, null::text, wallet.key_id, wallet.name, wallet.envelope;
end $$;

-- What is needed to seal a key anew, for its tenant's web or the owner; nothing where there is none.
create function public.sealed_agent_key(key uuid) returns table (key_id uuid, name text, envelope text)
    language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
    as $$
#variable_conflict use_column
declare
    kept record;
begin
    select found.id, found.name, found.decrypted_secret as envelope into kept
    from vault.decrypted_secrets as found
    where found.id = sealed_agent_key.key and public.is_key_name(found.name);
    if kept.id is null then
        return;
    end if;
    perform public.check_key_is_ours(kept.name);
    perform public.note_key_opening('rewrap', kept.id);
    return query select kept.id, kept.name, kept.envelope;
end $$;

-- Puts a key sealed anew in the place of what was read. The key itself must be the same, only what it is sealed under
-- and for which deployment may change; false where somebody else was first.
create function public.rewrap_agent_envelope(key uuid, before text, after text, name text) returns boolean
    language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
    as $$
#variable_conflict use_column
declare
    called text := rewrap_agent_envelope.name;
    bound text := split_part(rewrap_agent_envelope.name, '/', 5);
    kept record;
begin
    perform public.lock_sealed_key(rewrap_agent_envelope.key);
    select found.name, found.decrypted_secret as envelope into kept
    from vault.decrypted_secrets as found
    where found.id = rewrap_agent_envelope.key and public.is_key_name(found.name);
    if kept.name is null or kept.envelope is distinct from rewrap_agent_envelope.before then
        return false;
    end if;
    perform public.check_key_is_ours(kept.name);
    if not public.is_key_envelope(rewrap_agent_envelope.after)
        or split_part(rewrap_agent_envelope.after, '.', 4) <> split_part(kept.envelope, '.', 4) then
        raise exception 'this is not the same key sealed anew' using errcode = 'restrict_violation';
    end if;
    if not public.is_key_name(called)
        or regexp_replace(called, '/[^/]*$', '') <> regexp_replace(kept.name, '/[^/]*$', '') then
        raise exception 'a key stays what it is: only the deployment in its name may change'
            using errcode = 'restrict_violation';
    end if;
    if called <> kept.name then
        perform public.check_key_may_move(rewrap_agent_envelope.key, split_part(kept.name, '/', 5), bound);
    end if;
    perform vault.update_secret(rewrap_agent_envelope.key, rewrap_agent_envelope.after, called);
    return true;
end $$;

-- A key goes to a deployment that has its wallet, and not away from one that still has its user's place.
create function public.check_key_may_move(key uuid, bound_to text, bound text) returns void
    language plpgsql stable set search_path = pg_catalog, pg_temp
    as $$
begin
    if bound <> 'unbound' and not exists (
        select from public.deployments as target
        join public.hyperliquid_agents as wallet on wallet.id = target.hyperliquid_agent_id
        where target.id = nullif(bound, 'unbound')::uuid and wallet.vault_key_id = check_key_may_move.key
    ) then
        raise exception 'deployment % does not have this wallet', bound using errcode = 'restrict_violation';
    end if;
    if exists (
        select from public.deployments as holder
        where holder.id = nullif(bound_to, 'unbound')::uuid and holder.status in ('provisioning', 'running', 'paused', 'halted')
    ) then
        raise exception 'deployment % still has this wallet; stop it first', bound_to
            using errcode = 'restrict_violation';
    end if;
end $$;

-- Makes a key unreadable; again does nothing. The jobs destroy what no wallet that may still trade needs, and a web
-- what is its user's.
create function public.destroy_hyperliquid_agent_secret(key uuid) returns void
    language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
    as $$
declare
    called text;
    is_jobs boolean := coalesce(
        pg_catalog.pg_has_role(public.calling_role(), pg_catalog.to_regrole('agentic_jobs'), 'usage'), false
    );
begin
    perform public.lock_sealed_key(destroy_hyperliquid_agent_secret.key);
    select found.name into called from vault.secrets as found
    where found.id = destroy_hyperliquid_agent_secret.key;
    if not found then
        return;
    end if;
    if is_jobs and not public.acts_as_owner() then
        if not public.is_key_name(called) or exists (
            select from public.hyperliquid_agents as wallet
            where wallet.vault_key_id = destroy_hyperliquid_agent_secret.key and wallet.revoked_at is null
        ) then
            raise exception 'the key of a wallet that was not revoked is not swept'
                using errcode = 'restrict_violation';
        end if;
    else
        perform public.check_key_is_ours(called);
    end if;
    perform vault.update_secret(destroy_hyperliquid_agent_secret.key, 'destroyed');
    delete from vault.secrets where id = destroy_hyperliquid_agent_secret.key;
    perform public.note_key_opening('destroy', destroy_hyperliquid_agent_secret.key);
end $$;

-- Sealed keys that no wallet has: whoever drew them broke off before the owner was asked to sign.
create function public.orphan_agent_secrets(older_than_ms bigint) returns setof uuid
    language sql stable security definer set search_path = pg_catalog, pg_temp
    as $$
        select kept.id
        from vault.secrets as kept
        where public.is_key_name(kept.name)
            and kept.created_at <= pg_catalog.now() - older_than_ms * interval '1 millisecond'
            and not exists (select from public.hyperliquid_agents where vault_key_id = kept.id)
            and not exists (select from public.pending_hyperliquid_agents where vault_key_id = kept.id)
        order by kept.created_at, kept.id;
    $$;

-- Sealed keys that are not under the named root key, for whoever turns the roots over.
create function public.sealed_keys_not_under(kek_id text) returns setof uuid
    language sql stable security definer set search_path = pg_catalog, pg_temp
    as $$
        select kept.id
        from vault.decrypted_secrets as kept
        where public.is_key_name(kept.name)
            and pg_catalog.split_part(kept.decrypted_secret, '.', 2) <> sealed_keys_not_under.kek_id
        order by kept.created_at, kept.id;
    $$;

-- ── nobody by default ───────────────────────────────────────────────────────────────────────────────────────────────

do $$
declare
    -- A hosted platform grants what is new in this schema to roles of its own.
    hosted text := (
        select coalesce(string_agg(format(', %I', rolname), ''), '')
        from pg_catalog.pg_roles
        where rolname in ('anon', 'authenticated', 'service_role')
    );
    named record;
begin
    for named in
        select candidate.oid::regprocedure as called
        from pg_catalog.pg_proc as candidate
        where candidate.pronamespace = 'public'::regnamespace and candidate.proname in (
            'acts_as_owner', 'calling_role', 'check_key_is_ours', 'check_key_may_move',
            'create_hyperliquid_agent_secret', 'destroy_hyperliquid_agent_secret', 'get_hyperliquid_agent_secret',
            'is_key_envelope', 'is_key_name', 'keep_revoked', 'lock_sealed_key', 'note_key_opening',
            'open_agent_envelope', 'orphan_agent_secrets', 'rewrap_agent_envelope', 'sealed_agent_key',
            'sealed_keys_not_under'
        )
    loop
        execute format('revoke all on function %s from public%s', named.called, hosted);
    end loop;
    execute format('revoke all on public.key_openings from public%s', hosted);
end $$;
