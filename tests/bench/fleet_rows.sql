-- A fleet with its history, for tests.bench.fleet: settings bench.deployments, bench.ticks (of each deployment),
-- bench.ticks_today (of those; the others lie a quarter of an hour apart before midnight) and bench.logs (in all).
-- Four deployments belong to a user, the first of the four trades a real account. bench.action, bench.verdict,
-- bench.result, bench.marks and bench.positions are JSON as the store writes it.

create temporary table bench on commit drop as
select
    current_setting('bench.deployments')::integer as deployments,
    current_setting('bench.ticks')::integer as ticks,
    current_setting('bench.ticks_today')::integer as ticks_today,
    current_setting('bench.logs')::integer as logs,
    current_setting('bench.action')::jsonb as action,
    current_setting('bench.verdict')::jsonb as verdict,
    current_setting('bench.result')::jsonb as result,
    current_setting('bench.marks')::jsonb as marks,
    current_setting('bench.positions')::jsonb as positions,
    date_trunc('milliseconds', now()) as now,
    date_trunc('day', now(), 'UTC') as today;

create temporary table fleet on commit drop as
select
    number,
    md5('deployment ' || number)::uuid as id,
    md5('user ' || number / 4)::uuid as user_id,
    md5('skill ' || number)::uuid as skill_id,
    md5('wallet ' || number / 4)::uuid as agent_id,
    number % 4 = 0 as is_live,
    '0x' || md5('master ' || number / 4) || substr(md5('master again ' || number / 4), 1, 8) as master,
    case
        when number % 4 = 0
            then 'mainnet:0x' || md5('master ' || number / 4) || substr(md5('master again ' || number / 4), 1, 8)
        else 'paper:' || md5('deployment ' || number)::uuid
    end as account_key,
    case
        when number % 50 < 40 then 'running'
        when number % 50 < 44 then 'paused'
        else (array['halted', 'halted', 'provisioning', 'stopping', 'stopped', 'error'])[number % 50 - 43]
    end as status
from bench, generate_series(0, bench.deployments - 1) as number;

insert into users (id, email)
select distinct user_id, replace(user_id::text, '-', '') || '@example.org' from fleet;

insert into skills (id, user_id, name, slug) select skill_id, user_id, 'Skill ' || number, 'skill-' || number from fleet;

insert into skill_versions (skill_id, version, payload, payload_hash)
select skill_id, 1,
    jsonb_build_object(
        'schedule', '{"interval": "15m"}'::jsonb,
        'thesis', repeat('Buy what is strong and cheap, and sell what is neither. ', 20),
        'risk', '{"maxPositionPct": 20, "maxTotalExposurePct": 40, "maxMonthlyCostUsd": 200}'::jsonb
    ),
    md5(number::text) || md5('hash ' || number)
from fleet;

insert into hyperliquid_master_wallets (id, user_id, address, verified_at, pairing_sig_hash)
select md5('master ' || number)::uuid, user_id, master, now(), md5(master) || md5(master)
from fleet where is_live;

insert into hyperliquid_agents (
    id, master_wallet_id, network, agent_address, agent_name, vault_key_id, valid_until, approved_at
)
select agent_id, md5('master ' || number)::uuid, 'Mainnet', '0x' || md5('agent ' || number) || '00000000', 'desk',
    md5('key ' || number)::uuid, now() + interval '90 days', now()
from fleet where is_live;

insert into deployments (
    id, user_id, skill_id, skill_version, broker_kind, status, account_key, hyperliquid_agent_id, created_at, started_at
)
select id, user_id, skill_id, 1, case when is_live then 'hyperliquid-mainnet' else 'paper' end, status, account_key,
    case when is_live then agent_id end, bench.now - interval '60 days', bench.now - interval '60 days'
from fleet, bench;

insert into leases (account_key, epoch, holder, state, expires_at, deployment_id, taken_at)
select account_key, 7, 'runner-' || number, 'held', bench.now + interval '1 day', id, bench.now from fleet, bench;

-- One in thirty fell silent.
insert into agent_state (deployment_id, equity_usd, day_pnl_usd, positions, marks, last_tick_at, updated_at)
select id, 10000.123456, -1.25, positions, marks, bench.now, bench.now - number % 60 * interval '1 second'
        - case when number % 30 = 7 then interval '2 hours' else interval '0' end
from fleet, bench
where status <> 'provisioning';

-- ── decisions and what they cost ────────────────────────────────────────────────────────────────────────────────────

create temporary table ticks on commit drop as
select back,
    case
        when back < ticks_today then bench.now - (bench.now - today) * (back::float8 / ticks_today)
        else today - (back - ticks_today + 1) * interval '15 minutes'
    end as tick_at
from bench, generate_series(0, ticks - 1) as back;

analyze fleet, ticks;

insert into decision_snapshots (
    id, deployment_id, trace_id, skill_id, skill_version, tick_at, decided_by, proposed_action, verdict, engine_result,
    final_text, equity_usd, marks, prompt_tokens, completion_tokens, cost_usd, created_at
)
select md5('decision ' || number || ' ' || back)::uuid, id, md5('trace ' || number || ' ' || back), skill_id, 1, tick_at,
    'chat', case when back % 5 = 0 then action end, verdict, result,
    repeat('The short average stays below the long one, the spread is usual. ', 4), 10000.123456, marks, 1200, 80,
    case when back % 200 <> 0 then back % 97 * 0.000123 end, tick_at
from bench, ticks, fleet
order by back desc, number;

insert into cost_rollups (deployment_id, month, cost_usd, unknown_costs)
select deployment_id, date_trunc('month', tick_at, 'UTC')::date, coalesce(sum(cost_usd), 0),
    count(*) filter (where cost_usd is null)
from decision_snapshots
group by 1, 2;

-- ── orders of the real accounts: one in five ticks ──────────────────────────────────────────────────────────────────

insert into order_intents (
    cloid, decision_id, deployment_id, account_key, epoch, trace_id, kind, leg, attempt, symbol, side, size, limit_price,
    reduce_only, time_in_force, signer, nonce, expires_at, state, filled, booked, sends, ended_by, prepared_at, settled_at
)
select '0x' || md5('order ' || number || ' ' || back), md5('decision ' || number || ' ' || back)::uuid, id, account_key, 7,
    md5('trace ' || number || ' ' || back), 'order', 0, 0, 'BTC', case when back % 2 = 0 then 'buy' else 'sell' end,
    0.0026, 46841.3, false, 'ioc', master, back, tick_at + interval '10 seconds', 'booked', 0.0026, 0.0026, 1,
    'executed_all', tick_at, tick_at
from ticks, fleet
where is_live and back % 5 = 0
order by back desc, number;

insert into fills (
    account_key, fill_id, deployment_id, cloid, symbol, side, size, price, fee, liquidity, kind, closed_pnl, filled_at,
    recorded_at
)
select account_key, cloid, deployment_id, cloid, symbol, side, size, 46400.10, 0.027145, 'taker', 'order', -0.5,
    prepared_at, prepared_at
from order_intents
order by prepared_at;

insert into mainnet_orders (
    cloid, deployment_id, account_key, symbol, side, kind, reduce_only, status, size_base, filled_size_base,
    avg_fill_price, fee_usd, limit_price, venue_order_id, placed_at, settled_at, updated_at
)
select cloid, deployment_id, account_key, symbol, side, kind, reduce_only, 'filled', size, size, 46400.10, 0.027145,
    limit_price, nonce::text, prepared_at, prepared_at, prepared_at
from order_intents
order by prepared_at;

insert into funding_payments (
    account_key, payment_id, deployment_id, symbol, amount_usd, rate, size, paid_at, recorded_at
)
select account_key, 'BTC@' || hour, id, 'BTC', -0.0125, 0.0000125, 0.0026, bench.now - hour * interval '1 hour', bench.now
from bench, generate_series(1, 240) as hour, fleet
where is_live
order by hour desc;

-- ── commands, and the journals' heads: nobody here asks for records ──────────────────────────────────────────────────

insert into agent_commands (id, deployment_id, seq, kind, issued_at, state, outcome, acked_at, finished_at)
select md5('command ' || number || ' ' || seq)::uuid, id, seq, 'snapshot', bench.now - (50 - seq) * interval '1 hour',
    case when seq = 50 and number % 30 = 0 then 'queued' else 'applied' end,
    case when seq = 50 and number % 30 = 0 then null else 'done' end,
    case when seq = 50 and number % 30 = 0 then null else bench.now - (50 - seq) * interval '1 hour' end,
    case when seq = 50 and number % 30 = 0 then null else bench.now - (50 - seq) * interval '1 hour' end
from bench, generate_series(1, 50) as seq, fleet
order by seq, number;

insert into journal_heads (deployment_id, seq, hash, epoch)
select id, 2 * ticks, sha256(id::text::bytea), 7 from fleet, bench;

insert into journal_checkpoints (deployment_id, seq, hash, key_id, statement, signature, made_at)
select id, 2 * ticks * part / 20 - number % 40, sha256(id::text::bytea), 'k1', '{}',
    sha512((id::text || part)::bytea), bench.now - (20 - part) * interval '6 hours'
from fleet, bench, generate_series(10, 20) as part;

-- ── log lines: evenly in time, a deployment after the other ─────────────────────────────────────────────────────────

-- Emptied and filled in one transaction, and indexed once it is full. One deployment in twenty had errors, the orders'
-- lines are those of real accounts.
truncate agent_logs;
alter table agent_logs drop constraint agent_logs_pkey;
create temporary table log_indexes on commit drop as
select pg_get_indexdef(indexrelid) as statement, indexrelid::regclass as name
from pg_index where indrelid = 'agent_logs'::regclass;
do $$ declare each record; begin
    for each in select name from log_indexes loop execute format('drop index %s', each.name); end loop;
end $$;

insert into agent_logs (deployment_id, ts, level, event, message, trace_id, data)
select fleet.id, bench.now - (bench.logs - line) * (bench.now - (select min(tick_at) from ticks)) / bench.logs,
    case
        when fleet.number % 20 = 3 and line / bench.deployments % 1000 = 0 then 'error'
        when line / bench.deployments % 50 = 0 then 'warn'
        else 'info'
    end,
    case
        when fleet.is_live and line / bench.deployments % 50 < 2
            then (array['order_placed', 'order_filled'])[1 + line / bench.deployments % 50]
        when line / bench.deployments % 10 = 0 then 'tick_finished'
        else (array['reconciled', 'command_applied', 'settings_changed'])[1 + line / bench.deployments % 3]
    end,
    'The account agrees with the venue: 1 position, 2 orders, equity 10000.12 USD.',
    md5('trace ' || fleet.number || ' ' || line / bench.deployments / 10),
    '{"equity": "10000.123456", "positions": 1, "took_ms": 17}'
from bench, generate_series(0, bench.logs - 1) as line
join fleet on fleet.number = line % current_setting('bench.deployments')::integer;

set local maintenance_work_mem = '1GB';
alter table agent_logs add constraint agent_logs_pkey primary key (id);
do $$ declare each record; begin
    for each in select statement from log_indexes loop execute each.statement; end loop;
end $$;
