-- Who may do what: one narrow role each for the web, for the runner of one deployment and for the jobs. A role's verbs
-- are its grants; which rows they reach is said by one policy for each table and role. Nobody else gets in, and the
-- owner of the tables is admitted by a policy too, because row-level security is forced.

-- ── roles ───────────────────────────────────────────────────────────────────────────────────────────────────────────

-- Roles belong to the whole server. Those that are there stay as they are: another database's owner may have made them.
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
                execute format('create role %I %s', wanted.name, wanted.kind);
            end if;
        exception when duplicate_object or unique_violation then
            null;  -- the migration of another database was quicker
        end;
    end loop;
end $$;

-- Row-level security does not hold for these.
do $$
declare
    mighty text := (
        select string_agg(rolname, ', ' order by rolname)
        from pg_catalog.pg_roles
        where rolname in ('agentic_web', 'agentic_runner', 'agentic_jobs', 'agentic_journal')
          and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication)
    );
begin
    if mighty is not null then
        raise exception '% may more than a role of an application', mighty
            using hint = 'alter role … nosuperuser nobypassrls nocreaterole nocreatedb noreplication, and migrate again';
    end if;
end $$;

-- ── who asks ────────────────────────────────────────────────────────────────────────────────────────────────────────

create table public.runner_logins (
    role_name name primary key,
    deployment_id uuid not null constraint runner_logins_deployment references public.deployments (id),
    created_at timestamptz not null default now(),
    constraint runner_logins_one_deployment unique (deployment_id)
);

comment on table public.runner_logins is
    'which deployment a login runs; deleting the row ends what the login may, with its next transaction at the latest';

-- Each of them is asked once a statement, from a subselect of a policy. The login is what was signed in with: nothing
-- that is set, switched or called afterwards changes it.
create function public.runner_deployment() returns uuid
    language plpgsql stable parallel safe security definer set search_path = pg_catalog, pg_temp
    as $$
begin
    return (select deployment_id from public.runner_logins where role_name = session_user);
end $$;

create function public.runner_account() returns text
    language plpgsql stable parallel safe security definer set search_path = pg_catalog, pg_temp
    as $$
begin
    return (
        select deployment.account_key
        from public.runner_logins as login
        join public.deployments as deployment on deployment.id = login.deployment_id
        where login.role_name = session_user
    );
end $$;

create function public.runner_wallet() returns uuid
    language plpgsql stable parallel safe security definer set search_path = pg_catalog, pg_temp
    as $$
begin
    return (
        select deployment.hyperliquid_agent_id
        from public.runner_logins as login
        join public.deployments as deployment on deployment.id = login.deployment_id
        where login.role_name = session_user
    );
end $$;

create function public.runner_master() returns uuid
    language plpgsql stable parallel safe security definer set search_path = pg_catalog, pg_temp
    as $$
begin
    return (select master_wallet_id from public.hyperliquid_agents where id = public.runner_wallet());
end $$;

-- All wallets its account ever had: a successor goes on counting where its predecessor stopped.
create function public.runner_signers() returns text[]
    language plpgsql stable parallel safe security definer set search_path = pg_catalog, pg_temp
    as $$
begin
    return array(
        select wallet.agent_address
        from public.runner_logins as login
        join public.deployments as deployment on deployment.id = login.deployment_id
        join public.hyperliquid_agents as present on present.id = deployment.hyperliquid_agent_id
        join public.hyperliquid_agents as wallet
            on wallet.master_wallet_id = present.master_wallet_id and wallet.network = present.network
        where login.role_name = session_user
    );
end $$;

-- The web says for whom it acts, transaction by transaction; without that it acts for nobody.
create function public.acting_user() returns uuid
    language sql stable parallel safe set search_path = pg_catalog, pg_temp
    return nullif(current_setting('agentic.user_id', true), '')::uuid;

-- ── logins of runners ───────────────────────────────────────────────────────────────────────────────────────────────

-- For the owner, who may create roles. What arrives is what the server keeps of a password, never the password: that
-- could be in a log. Again gives the login another password. Its name holds this database's number, because logins
-- belong to the server and a copy of the database has the same deployments.
create function public.enrol_runner(deployment uuid, verifier text) returns name
    language plpgsql set search_path = pg_catalog, pg_temp
    as $$
declare
    login name := (
        select 'agentic_runner_' || replace(enrol_runner.deployment::text, '-', '') || '_' || oid
        from pg_catalog.pg_database
        where datname = current_database()
    );
begin
    if verifier is null or verifier !~ '^SCRAM-SHA-256\$[0-9]+:[A-Za-z0-9+/=]+\$[A-Za-z0-9+/=]+:[A-Za-z0-9+/=]+$' then
        raise exception 'this is no verifier of a password' using errcode = 'restrict_violation';
    end if;
    if exists (select from pg_catalog.pg_roles where rolname = login) then
        execute format('grant agentic_runner to %I', login);
        execute format('alter role %I login password %L', login, verifier);
    else
        execute format('create role %I login password %L in role agentic_runner', login, verifier);
    end if;
    insert into public.runner_logins (role_name, deployment_id)
    values (login, enrol_runner.deployment)
    on conflict (deployment_id) do update set role_name = excluded.role_name;
    return login;
end $$;

-- Takes the login of a deployment away and ends what it has open. Null where there was none. Whoever has taken a runner
-- over does not prevent that: any role may own large objects, also in another database, where we cannot remove them; then
-- its name stays, and nothing it could do.
create function public.dismiss_runner(deployment uuid) returns name
    language plpgsql set search_path = pg_catalog, pg_temp
    as $$
declare
    login name;
begin
    delete from public.runner_logins
    where deployment_id = dismiss_runner.deployment
    returning role_name into login;
    if exists (select from pg_catalog.pg_roles where rolname = login) then
        -- Only a member may end somebody's sessions, and whoever made a role may become one.
        execute format('grant %I to %I', login, current_user);
        execute format('revoke agentic_runner from %I', login);
        execute format('alter role %I nologin password null', login);
        perform pg_catalog.pg_terminate_backend(pid) from pg_catalog.pg_stat_activity where usename = login;
        begin
            execute format('drop owned by %I', login);
            execute format('drop role %I', login);
        exception when dependent_objects_still_exist then
            raise warning 'role % owns something in another database and stays, without a login', login;
        end;
    end if;
    return login;
end $$;

-- ── nobody by default ───────────────────────────────────────────────────────────────────────────────────────────────

-- Takes from PUBLIC, and from roles that a hosted platform grants whatever is new, what they have on our objects; and
-- from PUBLIC the right to temporary ones, among which names are looked up too. What is granted on a database is in no
-- dump and in no copy of it, so a restored one needs this again.
create function public.shut_out_strangers() returns void
    language plpgsql set search_path = pg_catalog, pg_temp
    as $$
declare
    ours constant oid[] := array(
        select oid from pg_catalog.pg_roles
        where rolname in (current_user, 'agentic_web', 'agentic_runner', 'agentic_jobs', 'agentic_journal')
    );
    granted record;
begin
    for granted in
        select 'table' as kind, relation.oid::regclass::text as object, entry.grantee
        from pg_catalog.pg_class as relation
        cross join lateral pg_catalog.aclexplode(relation.relacl) as entry
        where relation.relnamespace = 'public'::regnamespace and relation.relowner = any (ours)
          and relation.relkind in ('r', 'p', 'v', 'm', 'S')
        union
        select 'function', called.oid::regprocedure::text, entry.grantee
        from pg_catalog.pg_proc as called
        cross join lateral pg_catalog.aclexplode(
            coalesce(called.proacl, pg_catalog.acldefault('f', called.proowner))
        ) as entry
        where called.pronamespace = 'public'::regnamespace and called.proowner = any (ours)
          and not exists (
            select from pg_catalog.pg_depend
            where classid = 'pg_catalog.pg_proc'::regclass and objid = called.oid and deptype = 'e'
          )
    loop
        if granted.grantee = 0 then
            execute format('revoke all on %s %s from public cascade', granted.kind, granted.object);
        elsif granted.grantee <> all (ours) then
            execute format(
                'revoke all on %s %s from %I cascade',
                granted.kind, granted.object, pg_catalog.pg_get_userbyid(granted.grantee)
            );
        end if;
    end loop;

    -- Only who owns the database and the schema may; where somebody else does, theirs is the word.
    begin
        execute format('revoke temporary on database %I from public', current_database());
        revoke all on schema public from public;
    exception when insufficient_privilege then
        raise warning 'PUBLIC keeps what it has on this database and its schema public: % owns neither', current_user;
    end;
end $$;

-- Forces row-level security on every table of ours, and admits their owner to every row. Again does nothing; after a
-- restore under another name it admits the new one.
create function public.admit_owner() returns void
    language plpgsql set search_path = pg_catalog, pg_temp
    as $$
declare
    known record;
begin
    for known in
        select relation.oid::regclass as called, exists (
            select from pg_catalog.pg_policy where polrelid = relation.oid and polname = 'owner'
        ) as is_admitted
        from pg_catalog.pg_class as relation
        where relation.relnamespace = 'public'::regnamespace and relation.relowner = current_user::regrole
          and relation.relkind in ('r', 'p')
    loop
        execute format('alter table %s enable row level security', known.called);
        execute format('alter table %s force row level security', known.called);
        if known.is_admitted then
            execute format('alter policy owner on %s to %I', known.called, current_user);
        else
            execute format('create policy owner on %s to %I using (true) with check (true)', known.called, current_user);
        end if;
    end loop;
end $$;

select public.admit_owner();

-- ── grants ──────────────────────────────────────────────────────────────────────────────────────────────────────────
revoke all on all tables in schema public from agentic_web, agentic_runner, agentic_jobs;

grant usage on schema public to agentic_web, agentic_runner, agentic_jobs;

grant execute on function public.instant_at(bigint), public.instant_ms(timestamptz)
    to agentic_web, agentic_runner, agentic_jobs;
grant execute on function public.acting_user() to agentic_web;
grant execute on function public.runner_deployment(), public.runner_account(), public.runner_wallet(),
    public.runner_master(), public.runner_signers() to agentic_runner;

-- For the first look of every process: whether the database fits the release.
grant select on public.schema_migrations to agentic_web, agentic_runner, agentic_jobs;
create policy everybody on public.schema_migrations for select to agentic_web, agentic_runner, agentic_jobs using (true);

-- ── whose is what ───────────────────────────────────────────────────────────────────────────────────────────────────

-- A foreign key does not ask whose row it is. Whoever could deploy another tenant's skill, or onto another tenant's
-- account, would be shown the skill, the orders and the fills by its own runner, and could keep the other from trading.
alter table public.skills add constraint skills_of_user unique (user_id, id);

alter table public.deployments
    add constraint deployments_skill_of_user foreign key (user_id, skill_id) references public.skills (user_id, id),
    add constraint deployments_own_paper_account
        check (account_key not like 'paper:%' or account_key = 'paper:' || id::text);

alter table public.sim_runs
    add constraint sim_runs_skill_of_user foreign key (user_id, skill_id) references public.skills (user_id, id);

create function public.check_deployment_account() returns trigger
    language plpgsql set search_path = pg_catalog, pg_temp
    as $$
begin
    if new.account_key is distinct from (
        select lower(wallet.network) || ':' || master.address
        from public.hyperliquid_agents as wallet
        join public.hyperliquid_master_wallets as master on master.id = wallet.master_wallet_id
        where wallet.id = new.hyperliquid_agent_id
    ) then
        raise exception 'the agent wallet of a deployment signs for its account, and % is another', new.account_key
            using errcode = 'check_violation', schema = tg_table_schema, table = tg_table_name,
                constraint = 'deployments_account_of_agent';
    end if;
    return new;
end $$;

-- After `deployments_agent_of_user`, as their names order them.
create trigger deployments_on_its_account before insert or update of hyperliquid_agent_id, account_key
    on public.deployments
    for each row when (new.hyperliquid_agent_id is not null) execute function public.check_deployment_account();

-- ── people and skills ───────────────────────────────────────────────────────────────────────────────────────────────

grant select, insert, update (email) on public.users to agentic_web;
create policy web on public.users to agentic_web using (id = (select public.acting_user()));

grant select, insert, update (name, slug, description, latest_version, is_archived, updated_at)
    on public.skills to agentic_web;
create policy web on public.skills to agentic_web using (user_id = (select public.acting_user()));

grant select, insert, update (notes) on public.skill_versions to agentic_web;
create policy web on public.skill_versions to agentic_web using (skill_id in (select id from public.skills));

grant select on public.skill_versions to agentic_runner;
create policy runner on public.skill_versions to agentic_runner using (
    (skill_id, version) = (
        select pinned.skill_id, pinned.skill_version
        from public.deployments as pinned
        where pinned.id = (select public.runner_deployment())
    )
);

-- ── deployments and backtests ───────────────────────────────────────────────────────────────────────────────────────

create index deployments_by_user on public.deployments (user_id);

grant select, insert, update (
    status, desired, error_text, error_trace_id, halt_reason, commands_issued, hyperliquid_agent_id, fly_machine_id,
    fly_region, fly_image, started_at, stopped_at
) on public.deployments to agentic_web;
create policy web on public.deployments to agentic_web using (user_id = (select public.acting_user()));

-- How many commands there are is not a runner's to say: a number set back would keep the next one, such as a kill, out.
grant select, update (status, error_text, error_trace_id, halt_reason, started_at, stopped_at)
    on public.deployments to agentic_runner;
create policy runner on public.deployments to agentic_runner using (id = (select public.runner_deployment()));

grant select, update (status, desired, error_text, error_trace_id, halt_reason, stopped_at)
    on public.deployments to agentic_jobs;
create policy jobs on public.deployments to agentic_jobs using (true);

create index sim_runs_by_user on public.sim_runs (user_id);

grant select, insert, update (status, progress_pct, error_text, metrics_json, cost_usd, started_at, finished_at)
    on public.sim_runs to agentic_web;
create policy web on public.sim_runs to agentic_web using (user_id = (select public.acting_user()));

-- ── leases ──────────────────────────────────────────────────────────────────────────────────────────────────────────

grant select, insert, update (epoch, holder, state, expires_at, deployment_id, taken_at)
    on public.leases to agentic_runner;
create policy runner on public.leases to agentic_runner
    using (account_key = (select public.runner_account()))
    with check (
        account_key = (select public.runner_account()) and deployment_id = (select public.runner_deployment())
    );

-- Without a deployment no lease is taken: the jobs make ones that are revoked, or raised, and free.
grant select, insert (account_key, epoch, holder, state, expires_at), update (epoch, state)
    on public.leases to agentic_jobs;
create policy jobs on public.leases to agentic_jobs using (true);

-- ── decisions, orders, fills ────────────────────────────────────────────────────────────────────────────────────────

grant select, insert on public.decision_snapshots to agentic_web;
create policy web on public.decision_snapshots to agentic_web
    using (
        deployment_id in (select id from public.deployments) or sim_run_id in (select id from public.sim_runs)
    )
    with check (sim_run_id in (select id from public.sim_runs));

grant select, insert, update (engine_result) on public.decision_snapshots to agentic_runner;
create policy runner on public.decision_snapshots to agentic_runner
    using (deployment_id = (select public.runner_deployment()));

grant select on public.cost_rollups to agentic_web;
create policy web on public.cost_rollups to agentic_web using (deployment_id in (select id from public.deployments));

grant select, insert, update (cost_usd, unknown_costs) on public.cost_rollups to agentic_runner;
create policy runner on public.cost_rollups to agentic_runner using (deployment_id = (select public.runner_deployment()));

grant select on public.order_intents to agentic_web;
create policy web on public.order_intents to agentic_web using (deployment_id in (select id from public.deployments));

-- A runner settles what an earlier deployment left on its account, and prepares in its own name only. A number under a
-- signer of somebody else's would be one that the other cannot use.
grant select, insert, update (
    signer, nonce, expires_at, state, venue_order_id, cause, filled, booked, sends, burns, absent_at, uncounted,
    filled_at, ended_by, settled_at
) on public.order_intents to agentic_runner;
create policy runner on public.order_intents for select to agentic_runner
    using (account_key = (select public.runner_account()));
create policy runner_prepares on public.order_intents for insert to agentic_runner
    with check (
        account_key = (select public.runner_account())
        and deployment_id = (select public.runner_deployment())
        and (signer is null or signer = any ((select public.runner_signers())::text[]))
    );
create policy runner_notes on public.order_intents for update to agentic_runner
    using (account_key = (select public.runner_account()))
    with check (
        account_key = (select public.runner_account())
        and (signer is null or signer = any ((select public.runner_signers())::text[]))
    );

grant select on public.fills to agentic_web;
create policy web on public.fills to agentic_web using (deployment_id in (select id from public.deployments));

grant select, insert on public.fills to agentic_runner;
create policy runner on public.fills to agentic_runner using (account_key = (select public.runner_account()));

grant select, insert, update (nonce) on public.signer_nonces to agentic_runner;
create policy runner on public.signer_nonces to agentic_runner 
    using (signer = any ((select public.runner_signers())::text[]));

-- ── what people see and order ───────────────────────────────────────────────────────────────────────────────────────

grant select on public.agent_state to agentic_web, agentic_jobs;
create policy web on public.agent_state to agentic_web using (deployment_id in (select id from public.deployments));
create policy jobs on public.agent_state to agentic_jobs using (true);

grant select, insert, update (equity_usd, day_pnl_usd, positions, marks, last_tick_at, updated_at)
    on public.agent_state to agentic_runner;
create policy runner on public.agent_state to agentic_runner using (deployment_id = (select public.runner_deployment()));

grant select on public.agent_logs to agentic_web;
create policy web on public.agent_logs to agentic_web using (deployment_id in (select id from public.deployments));

-- Lines of everybody are numbered by one sequence: whoever chose numbers could take those of others' next lines.
grant select, insert (deployment_id, ts, level, event, message, trace_id, data)
    on public.agent_logs to agentic_runner, agentic_jobs;
create policy runner on public.agent_logs to agentic_runner using (deployment_id = (select public.runner_deployment()));
create policy jobs on public.agent_logs to agentic_jobs using (true);

grant select, insert on public.agent_commands to agentic_web;
create policy web on public.agent_commands to agentic_web using (deployment_id in (select id from public.deployments));

grant select, update (state, outcome, acked_at) on public.agent_commands to agentic_runner, agentic_jobs;
create policy runner on public.agent_commands to agentic_runner
    using (deployment_id = (select public.runner_deployment()));
create policy jobs on public.agent_commands to agentic_jobs using (true) with check (state = 'expired');

-- The one order that a runner gives: its own deployment is to pause. The owner, who runs any, says which; nothing comes
-- back where it is not this login's. The number is counted here, so that no other is in anybody's hands.
create function public.pause_own_deployment(reason text, deployment uuid, at timestamptz)
    returns setof public.agent_commands
    language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
    as $$
declare
    ours uuid := pause_own_deployment.deployment;
    number bigint;
begin
    if not public.acts_as_owner() and ours is distinct from public.runner_deployment() then
        return;
    end if;
    update public.deployments as run
    set commands_issued = run.commands_issued + 1
    where run.id = ours
    returning run.commands_issued into number;
    return query
        insert into public.agent_commands (id, deployment_id, seq, kind, payload, issued_at, state)
        select gen_random_uuid(), ours, number, 'pause', jsonb_build_object('reason', pause_own_deployment.reason),
            pause_own_deployment.at, 'queued'
        where number is not null
        returning *;
end $$;

grant execute on function public.pause_own_deployment(text, uuid, timestamptz) to agentic_runner;

-- What became of a command is said once: nobody queues an old one again, or unsays that it was done.
create function public.keep_acknowledged() returns trigger
    language plpgsql set search_path = pg_catalog, pg_temp
    as $$
begin
    if pg_catalog.pg_has_role(
        current_user, (select relowner from pg_catalog.pg_class where oid = tg_relid), 'usage'
    ) then
        return new;
    end if;
    raise exception 'command % is %, and stays so', old.seq, old.state
        using errcode = 'restrict_violation', schema = tg_table_schema, table = tg_table_name;
end $$;

create trigger agent_commands_stay_acked before update on public.agent_commands
    for each row when (
        old.acked_at is not null
        and (old.state, old.outcome, old.acked_at) is distinct from (new.state, new.outcome, new.acked_at)
    )
    execute function public.keep_acknowledged();

-- Shared by everybody who asks the venue from one address; there is no tenant in it.
grant select, insert, update (full_at) on public.rate_budgets to agentic_web, agentic_runner, agentic_jobs;
create policy everybody on public.rate_budgets to agentic_web, agentic_runner, agentic_jobs using (true);

-- ── wallets ─────────────────────────────────────────────────────────────────────────────────────────────────────────

create index hyperliquid_master_wallets_by_user on public.hyperliquid_master_wallets (user_id);

grant select, insert, update (verified_at, pairing_sig_hash) on public.hyperliquid_master_wallets to agentic_web;
create policy web on public.hyperliquid_master_wallets to agentic_web using (user_id = (select public.acting_user()));

grant select, insert, delete on public.pending_hyperliquid_agents to agentic_web;
create policy web on public.pending_hyperliquid_agents to agentic_web
    using (master_wallet_id in (select id from public.hyperliquid_master_wallets));

grant select, insert, update (revoked_at, ended_by, replaced_by, lease_revoked_at, key_destroyed_at)
    on public.hyperliquid_agents to agentic_web;
create policy web on public.hyperliquid_agents to agentic_web
    using (master_wallet_id in (select id from public.hyperliquid_master_wallets));

grant select on public.hyperliquid_master_wallets, public.hyperliquid_agents to agentic_runner;
create policy runner on public.hyperliquid_agents to agentic_runner using (id = (select public.runner_wallet()));
create policy runner on public.hyperliquid_master_wallets to agentic_runner
    using (id = (select public.runner_master()));

grant select on public.hyperliquid_master_wallets to agentic_jobs;
create policy jobs on public.hyperliquid_master_wallets to agentic_jobs using (true);

grant select, delete on public.pending_hyperliquid_agents to agentic_jobs;
create policy jobs on public.pending_hyperliquid_agents to agentic_jobs using (true);

grant select, update (
    expiry_told, revoked_at, ended_by, replaced_by, lease_revoked_at, key_destroyed_at, gone_at
) on public.hyperliquid_agents to agentic_jobs;
create policy jobs on public.hyperliquid_agents to agentic_jobs using (true);

-- ── sign-in and settings ────────────────────────────────────────────────────────────────────────────────────────────

grant select, insert, update (expires_at, ended_at) on public.sessions to agentic_web;
create policy web on public.sessions to agentic_web using (user_id = (select public.acting_user()));

grant select on public.platform_config to agentic_web, agentic_runner, agentic_jobs;
create policy everybody on public.platform_config for select to agentic_web, agentic_runner, agentic_jobs using (true);

-- ── the ledger ──────────────────────────────────────────────────────────────────────────────────────────────────────

grant select on public.mainnet_orders, public.funding_payments, public.transfers to agentic_web;
create policy web on public.mainnet_orders to agentic_web using (deployment_id in (select id from public.deployments));
create policy web on public.funding_payments to agentic_web
    using (deployment_id in (select id from public.deployments));
create policy web on public.transfers to agentic_web using (deployment_id in (select id from public.deployments));

grant select on public.mainnet_orders to agentic_runner;
create policy runner on public.mainnet_orders to agentic_runner using (account_key = (select public.runner_account()));

grant select, insert on public.funding_payments, public.transfers to agentic_runner;
create policy runner on public.funding_payments to agentic_runner
    using (account_key = (select public.runner_account()));
create policy runner on public.transfers to agentic_runner using (account_key = (select public.runner_account()));

grant execute on function public.units_executed(text, text, json) to agentic_runner;

-- ── the journal ─────────────────────────────────────────────────────────────────────────────────────────────────────

-- Triggers write it as agentic_journal, which nobody is; 0008 says with which verbs.
create policy journal on public.journal for insert to agentic_journal with check (true);
create policy journal on public.journal_heads to agentic_journal using (true);
create policy journal on public.journal_payloads for insert to agentic_journal with check (true);
create policy journal on public.skill_versions for select to agentic_journal using (true);

grant select on public.journal, public.journal_heads, public.journal_payloads, public.journal_checkpoints
    to agentic_web;
create policy web on public.journal to agentic_web using (deployment_id in (select id from public.deployments));
create policy web on public.journal_heads to agentic_web using (deployment_id in (select id from public.deployments));
create policy web on public.journal_payloads to agentic_web
    using (deployment_id in (select id from public.deployments));
create policy web on public.journal_checkpoints to agentic_web
    using (deployment_id in (select id from public.deployments));

grant select on public.journal, public.journal_heads to agentic_runner;
create policy runner on public.journal to agentic_runner using (deployment_id = (select public.runner_deployment()));
create policy runner on public.journal_heads to agentic_runner
    using (deployment_id = (select public.runner_deployment()));

grant select on public.journal, public.journal_heads, public.journal_checkpoints to agentic_jobs;
grant insert on public.journal_checkpoints to agentic_jobs;
create policy jobs on public.journal to agentic_jobs using (true);
create policy jobs on public.journal_heads to agentic_jobs using (true);
create policy jobs on public.journal_checkpoints to agentic_jobs using (true);

-- ── sealed keys ─────────────────────────────────────────────────────────────────────────────────────────────────────

grant execute on function public.create_hyperliquid_agent_secret(text, text), public.sealed_agent_key(uuid),
    public.rewrap_agent_envelope(uuid, text, text, text), public.destroy_hyperliquid_agent_secret(uuid) to agentic_web;
grant execute on function public.open_agent_envelope(bigint, text, uuid) to agentic_runner;
grant execute on function public.destroy_hyperliquid_agent_secret(uuid), public.orphan_agent_secrets(bigint)
    to agentic_jobs;

grant select on public.key_openings to agentic_web;
create policy web on public.key_openings to agentic_web using (
    agent_id in (select id from public.hyperliquid_agents)
    or deployment_id in (select id from public.deployments)
);

-- ── which database this is ──────────────────────────────────────────────────────────────────────────────────────────

grant execute on function public.database_difference() to agentic_web, agentic_runner, agentic_jobs;

-- What is new is executable by PUBLIC until here.
select public.shut_out_strangers();
