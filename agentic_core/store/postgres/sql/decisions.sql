-- Decisions, their cost by month, and the newest state. `live` answers whether the fence held.

-- name: record_decision
-- A decision with its result, or the result of one that was prepared; the first result stays.
with fence as materialized (
    select 1 from leases
    where account_key = %(account)s and epoch = %(epoch)s and state = 'held' and expires_at >= clock_timestamp()
    for share
), written as (
    insert into decision_snapshots as known (
        id, deployment_id, trace_id, skill_id, skill_version, tick_at, decided_by, proposed_action, verdict,
        engine_result, final_text, equity_usd, marks, prompt_tokens, completion_tokens, cost_usd, context_hash, steps
    )
    select %(id)s::uuid, %(deployment)s::uuid, %(trace)s, %(skill)s::uuid, %(skill_version)s, instant_at(%(tick_at)s),
        %(decided_by)s, %(action)s::jsonb, %(verdict)s::jsonb, %(result)s::jsonb, %(final_text)s, %(equity)s::numeric,
        %(marks)s::jsonb, %(prompt_tokens)s, %(completion_tokens)s, %(cost)s::numeric, %(context_hash)s,
        %(steps)s::jsonb
    from fence
    on conflict (id) do update
    set engine_result = excluded.engine_result
    where known.engine_result is null
    -- A row this statement inserted has no earlier version, hence no xmax: its cost is not in the rollup yet.
    returning known.deployment_id, known.tick_at, known.cost_usd, known.xmax = 0 as is_new
), spent as (
    insert into cost_rollups as month (deployment_id, month, cost_usd, unknown_costs)
    select deployment_id, date_trunc('month', tick_at at time zone 'UTC')::date, coalesce(cost_usd, 0),
        (cost_usd is null)::integer
    from written
    where is_new and cost_usd is distinct from 0
    on conflict (deployment_id, month) do update
    set cost_usd = month.cost_usd + excluded.cost_usd,
        unknown_costs = month.unknown_costs + excluded.unknown_costs
)
select exists (select from fence) as live;

-- name: record_decisions
-- The same for many at once: `rows` is a list of what `record_decision` takes, and each is answered, in their order.
-- By deployment, so that two of these lock what belongs to one in the same order.
with asked as materialized (
    select asked.*
    from rows from (json_to_recordset(%(rows)s::json) as (
        account text, epoch bigint, id uuid, deployment uuid, trace text, skill uuid, skill_version integer,
        tick_at bigint, decided_by text, action jsonb, verdict jsonb, result jsonb, final_text text, equity numeric,
        marks jsonb, prompt_tokens bigint, completion_tokens bigint, cost numeric, context_hash text, steps jsonb
    )) with ordinality as asked
), fence as materialized (
    select account_key, epoch from leases
    where (account_key, epoch) in (select account, epoch from asked)
      and state = 'held' and expires_at >= clock_timestamp()
    order by account_key
    for share
), written as (
    insert into decision_snapshots as known (
        id, deployment_id, trace_id, skill_id, skill_version, tick_at, decided_by, proposed_action, verdict,
        engine_result, final_text, equity_usd, marks, prompt_tokens, completion_tokens, cost_usd, context_hash, steps
    )
    select asked.id, asked.deployment, asked.trace, asked.skill, asked.skill_version, instant_at(asked.tick_at),
        asked.decided_by, asked.action, asked.verdict, asked.result, asked.final_text, asked.equity, asked.marks,
        asked.prompt_tokens, asked.completion_tokens, asked.cost, asked.context_hash, asked.steps
    from asked join fence on fence.account_key = asked.account and fence.epoch = asked.epoch
    order by asked.deployment, asked.ordinality
    on conflict (id) do update
    set engine_result = excluded.engine_result
    where known.engine_result is null
    returning known.deployment_id, known.tick_at, known.cost_usd, known.xmax = 0 as is_new
), spent as (
    insert into cost_rollups as month (deployment_id, month, cost_usd, unknown_costs)
    select deployment_id, date_trunc('month', tick_at at time zone 'UTC')::date, sum(coalesce(cost_usd, 0)),
        sum((cost_usd is null)::integer)
    from written
    where is_new and cost_usd is distinct from 0
    group by 1, 2
    order by 1, 2
    on conflict (deployment_id, month) do update
    set cost_usd = month.cost_usd + excluded.cost_usd,
        unknown_costs = month.unknown_costs + excluded.unknown_costs
)
select fence.epoch is not null as live
from asked left join fence on fence.account_key = asked.account and fence.epoch = asked.epoch
order by asked.ordinality;

-- name: recent_decisions
-- The newest decisions with a result, of a deployment or a backtest.
select id::text, trace_id, coalesce(deployment_id, sim_run_id)::text as deployment, skill_id::text as skill,
    skill_version, instant_ms(tick_at) as tick_at, decided_by, proposed_action, verdict, engine_result, final_text,
    equity_usd, marks, prompt_tokens, completion_tokens, cost_usd, context_hash, steps
from (
    (
        select * from decision_snapshots
        where deployment_id = %(deployment)s and engine_result is not null
        order by tick_at desc, id desc
        limit %(limit)s
    )
    union all
    (
        select * from decision_snapshots
        where sim_run_id = %(deployment)s and engine_result is not null
        order by tick_at desc, id desc
        limit %(limit)s
    )
) as decided
order by decided.tick_at desc, decided.id desc
limit %(limit)s;

-- name: count_executed
-- How many decisions that a skill made by itself were executed since an instant.
select count(*) as executed
from decision_snapshots
where deployment_id = %(deployment)s and tick_at >= instant_at(%(since)s)
  and engine_result ->> 'kind' = 'executed' and (starts_with(decided_by, 'rules:') or starts_with(decided_by, 'chat:'));

-- name: month_to_date
-- What the UTC month of an instant cost so far; no row where nothing of it costs anything.
select cost_usd, unknown_costs
from cost_rollups
where deployment_id = %(deployment)s and month = date_trunc('month', instant_at(%(at)s) at time zone 'UTC')::date;

-- name: write_state
-- The newest state of a deployment.
with fence as materialized (
    select 1 from leases
    where account_key = %(account)s and epoch = %(epoch)s and state = 'held' and expires_at >= clock_timestamp()
    for share
), written as (
    insert into agent_state (deployment_id, equity_usd, day_pnl_usd, positions, marks, last_tick_at, updated_at)
    select %(deployment)s::uuid, %(equity)s::numeric, %(day_pnl)s::numeric, %(positions)s::jsonb, %(marks)s::jsonb,
        instant_at(%(last_tick_at)s), instant_at(%(updated_at)s)
    from fence
    on conflict (deployment_id) do update
    set equity_usd = excluded.equity_usd,
        day_pnl_usd = excluded.day_pnl_usd,
        positions = excluded.positions,
        marks = excluded.marks,
        last_tick_at = excluded.last_tick_at,
        updated_at = excluded.updated_at
)
select exists (select from fence) as live;

-- name: read_state
-- The newest state, if there is one.
select deployment_id::text, equity_usd, day_pnl_usd, positions, marks, instant_ms(last_tick_at) as last_tick_at,
    instant_ms(updated_at) as updated_at
from agent_state
where deployment_id = %(deployment)s;
