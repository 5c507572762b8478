-- Everything a deployment needs to run and everything it leaves behind.
-- Instants travel as integers of UTC milliseconds and are stored as timestamptz; money and sizes are numeric.

create function instant_at(ms bigint) returns timestamptz
    language sql stable strict parallel safe
    return timestamptz 'epoch' + ms * interval '1 millisecond';

create function instant_ms(at timestamptz) returns bigint
    language sql stable strict parallel safe
    return floor(extract(epoch from at) * 1000)::bigint;

-- ── people and skills ───────────────────────────────────────────────────────────────────────────────────────────────

create table users (
    id uuid primary key default gen_random_uuid(),
    created_at timestamptz not null default now()
);

create table skills (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null constraint skills_user references users (id),
    name text not null,
    slug text not null,
    description text not null default '',
    latest_version integer not null default 1 check (latest_version >= 0),
    is_archived boolean not null default false,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint skills_one_slug_per_user unique (user_id, slug)
);

create table skill_versions (
    skill_id uuid not null references skills (id),
    version integer not null check (version > 0),
    payload jsonb not null,
    payload_hash text not null check (payload_hash ~ '^[0-9a-f]{64}$'),
    notes text,
    created_at timestamptz not null default now(),
    primary key (skill_id, version)
);

create function refuse_skill_version_change() returns trigger language plpgsql as $$
declare
    owner name := (select pg_get_userbyid(relowner) from pg_class where oid = tg_relid);
begin
    -- The owner's own edits run, such as the checklist's lowered cost cap; a hash that no longer fits gives them away.
    if tg_op = 'UPDATE' and current_user = owner then
        return new;
    end if;
    raise exception 'skill versions are immutable; save a new version instead'
        using errcode = 'restrict_violation';
end $$;

create trigger skill_versions_stay before update of skill_id, version, payload, payload_hash or delete on skill_versions
    for each row execute function refuse_skill_version_change();

create trigger skill_versions_stay_all before truncate on skill_versions
    for each statement execute function refuse_skill_version_change();

-- ── deployments and backtests ───────────────────────────────────────────────────────────────────────────────────────

create table deployments (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null constraint deployments_user references users (id),
    skill_id uuid not null,
    skill_version integer not null,
    broker_kind text not null check (broker_kind in ('paper', 'hyperliquid-mainnet')),
    status text not null check (
        status in ('provisioning', 'running', 'paused', 'halted', 'stopping', 'stopped', 'error')
    ),
    account_key text not null,
    error_text text,
    error_trace_id text check (error_trace_id ~ '^[0-9a-f]{32}$'),
    halt_reason text,
    commands_issued bigint not null default 0 check (commands_issued >= 0),
    created_at timestamptz not null default now(),
    started_at timestamptz,
    stopped_at timestamptz,
    constraint deployments_skill_version foreign key (skill_id, skill_version)
        references skill_versions (skill_id, version),
    constraint deployments_account_of_broker check ((broker_kind = 'paper') = (account_key like 'paper:%')),
    constraint deployments_one_account unique (id, account_key)
);

create unique index deployments_one_active_mainnet_per_user on deployments (user_id)
    where broker_kind = 'hyperliquid-mainnet' and status in ('provisioning', 'running', 'paused', 'halted');

create unique index deployments_one_active_per_skill_broker on deployments (user_id, skill_id, broker_kind)
    where status in ('provisioning', 'running', 'paused', 'halted');

create table sim_runs (
    id uuid primary key default gen_random_uuid(),
    skill_id uuid not null,
    skill_version integer not null,
    user_id uuid not null constraint sim_runs_user references users (id),
    symbol text not null,
    bars_interval text not null check (
        bars_interval in ('1m', '3m', '5m', '15m', '30m', '1h', '2h', '4h', '8h', '12h', '1d')
    ),
    range_from timestamptz not null,
    range_to timestamptz not null,
    status text not null check (status in ('queued', 'running', 'complete', 'error', 'cancelled')),
    progress_pct integer not null default 0 check (progress_pct between 0 and 100),
    error_text text,
    metrics_json json,
    cost_usd numeric default 0 check (cost_usd >= 0),
    created_at timestamptz not null default now(),
    started_at timestamptz,
    finished_at timestamptz,
    constraint sim_runs_skill_version foreign key (skill_id, skill_version)
        references skill_versions (skill_id, version),
    constraint sim_runs_range check (range_from <= range_to)
);

comment on column sim_runs.cost_usd is 'what its decisions cost; null once the cost of one is unknown';

-- ── who may trade ───────────────────────────────────────────────────────────────────────────────────────────────────

create table leases (
    account_key text primary key,
    epoch bigint not null check (epoch > 0),
    holder text not null,
    state text not null check (state in ('free', 'held', 'revoked')),
    expires_at timestamptz not null
);

comment on column leases.state is 'revoked is set by an operator together with epoch + 1, and lasts until set to free';

create function keep_lease_epoch() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' and new.epoch >= old.epoch and new.account_key = old.account_key then
        return new;
    end if;
    raise exception 'the epoch of a lease only grows, and a lease is never deleted'
        using errcode = 'restrict_violation';
end $$;

create trigger leases_only_grow before update or delete on leases
    for each row execute function keep_lease_epoch();

create trigger leases_only_grow_all before truncate on leases
    for each statement execute function keep_lease_epoch();

-- ── decisions, orders, fills ────────────────────────────────────────────────────────────────────────────────────────

create table decision_snapshots (
    id uuid primary key,
    deployment_id uuid constraint decision_snapshots_deployment references deployments (id),
    sim_run_id uuid constraint decision_snapshots_sim_run references sim_runs (id),
    trace_id text not null check (trace_id ~ '^[0-9a-f]{32}$'),
    skill_id uuid not null,
    skill_version integer not null,
    tick_at timestamptz not null,
    decided_by text not null,
    context_hash text check (context_hash ~ '^[0-9a-f]{64}$'),
    proposed_action jsonb,
    verdict jsonb not null,
    engine_result jsonb,
    final_text text not null default '',
    equity_usd numeric not null,
    marks jsonb not null,
    prompt_tokens bigint not null default 0 check (prompt_tokens >= 0),
    completion_tokens bigint not null default 0 check (completion_tokens >= 0),
    cost_usd numeric check (cost_usd >= 0),
    created_at timestamptz not null default now(),
    constraint decision_snapshots_skill_version foreign key (skill_id, skill_version)
        references skill_versions (skill_id, version),
    constraint decision_snapshots_one_origin check (num_nonnulls(deployment_id, sim_run_id) = 1)
) with (autovacuum_vacuum_insert_scale_factor = 0.05);

comment on column decision_snapshots.cost_usd is 'null means unknown, never free';

create index decision_snapshots_by_deployment on decision_snapshots (deployment_id, tick_at)
    where deployment_id is not null;

create index decision_snapshots_by_sim_run on decision_snapshots (sim_run_id, tick_at)
    where sim_run_id is not null;

create table cost_rollups (
    deployment_id uuid not null references deployments (id),
    month date not null check (extract(day from month) = 1),
    cost_usd numeric not null check (cost_usd >= 0),
    unknown_costs integer not null check (unknown_costs >= 0),
    primary key (deployment_id, month)
) with (fillfactor = 70);

comment on table cost_rollups is 'decision_snapshots.cost_usd by UTC month, kept in the same transaction';

create table order_intents (
    cloid text primary key check (cloid ~ '^0x[0-9a-f]{32}$'),
    decision_id uuid not null constraint order_intents_decision references decision_snapshots (id),
    deployment_id uuid not null,
    account_key text not null,
    epoch bigint not null check (epoch > 0),
    trace_id text not null check (trace_id ~ '^[0-9a-f]{32}$'),
    kind text not null check (kind in ('order', 'stop', 'cancel', 'leverage', 'noop')),
    leg smallint not null check (leg >= 0),
    attempt smallint not null check (attempt >= 0),
    symbol text not null,
    side text not null check (side in ('buy', 'sell')),
    size numeric not null check (size >= 0),
    limit_price numeric not null check (limit_price >= 0),
    reduce_only boolean not null,
    time_in_force text not null check (time_in_force in ('ioc', 'gtc', 'post_only')),
    nonce bigint,
    expires_at timestamptz,
    state text not null check (
        state in ('prepared', 'sent', 'resting', 'partial', 'filled', 'rejected', 'unknown', 'dead', 'booked')
    ),
    venue_order_id text,
    cause text,
    prepared_at timestamptz not null,
    settled_at timestamptz,
    constraint order_intents_deployment foreign key (deployment_id, account_key)
        references deployments (id, account_key),
    constraint order_intents_one_per_attempt unique (decision_id, leg, attempt),
    constraint order_intents_orders_have_size check (kind not in ('order', 'stop') or (size > 0 and limit_price > 0))
);

comment on column order_intents.cause is 'why it was rejected, or why its fate is not known';

create index order_intents_unresolved on order_intents (account_key)
    where state in ('prepared', 'sent', 'unknown');

create table fills (
    account_key text not null,
    fill_id text not null,
    seq bigint generated always as identity,
    deployment_id uuid not null,
    cloid text,
    symbol text not null,
    side text not null check (side in ('buy', 'sell')),
    size numeric not null check (size > 0),
    price numeric not null check (price > 0),
    fee numeric not null,
    liquidity text not null check (liquidity in ('taker', 'maker')),
    kind text not null check (kind in ('order', 'external', 'liquidation', 'adl')),
    closed_pnl numeric not null,
    filled_at timestamptz not null,
    recorded_at timestamptz not null,
    primary key (account_key, fill_id),
    constraint fills_deployment foreign key (deployment_id, account_key) references deployments (id, account_key)
);

create index fills_by_time on fills (account_key, filled_at, seq);

create function refuse_fill_change() returns trigger language plpgsql as $$
begin
    raise exception 'fills are facts: they are added, never changed' using errcode = 'restrict_violation';
end $$;

create trigger fills_stay before update or delete on fills
    for each row execute function refuse_fill_change();

create trigger fills_stay_all before truncate on fills
    for each statement execute function refuse_fill_change();

-- ── what people see and order ───────────────────────────────────────────────────────────────────────────────────────

create table agent_state (
    deployment_id uuid primary key constraint agent_state_deployment references deployments (id),
    equity_usd numeric not null,
    day_pnl_usd numeric not null,
    positions jsonb not null,
    marks jsonb not null,
    last_tick_at timestamptz,
    updated_at timestamptz not null
) with (fillfactor = 50);

create table agent_logs (
    id bigint generated always as identity primary key,
    deployment_id uuid not null constraint agent_logs_deployment references deployments (id),
    ts timestamptz not null,
    level text not null check (level in ('debug', 'info', 'warn', 'error')),
    event text not null check (event ~ '^[a-z_]+$'),
    message text not null,
    trace_id text not null check (trace_id ~ '^[0-9a-f]{32}$'),
    data jsonb not null default '{}'
);

create index agent_logs_by_time on agent_logs (deployment_id, ts, id);

create index agent_logs_by_trace on agent_logs (trace_id);

create table agent_commands (
    id uuid primary key,
    deployment_id uuid not null constraint agent_commands_deployment references deployments (id),
    seq bigint not null check (seq > 0),
    kind text not null check (kind in ('pause', 'resume', 'clear_halt', 'flatten', 'stop', 'kill', 'snapshot')),
    payload jsonb not null default '{}',
    issued_at timestamptz not null,
    state text not null check (state in ('queued', 'claimed', 'applied', 'refused', 'expired')),
    outcome text,
    acked_at timestamptz,
    constraint agent_commands_one_seq unique (deployment_id, seq),
    constraint agent_commands_ack check ((state in ('applied', 'refused', 'expired')) = (acked_at is not null))
);

create index agent_commands_pending on agent_commands (deployment_id, seq)
    where state in ('queued', 'claimed');
