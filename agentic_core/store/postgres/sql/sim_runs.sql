-- Backtests.

-- name: create_run
-- A new backtest.
insert into sim_runs (
    id, skill_id, skill_version, user_id, symbol, bars_interval, range_from, range_to, status, progress_pct,
    error_text, metrics_json, created_at, started_at, finished_at
)
values (
    %(id)s, %(skill_id)s, %(skill_version)s, %(user_id)s, %(symbol)s, %(bars_interval)s, instant_at(%(range_from)s),
    instant_at(%(range_to)s), %(status)s, %(progress_pct)s, %(error_text)s, %(metrics_json)s::json,
    instant_at(%(created_at)s), instant_at(%(started_at)s), instant_at(%(finished_at)s)
);

-- name: update_run
-- Progress, status and figures; what it ran on stays.
update sim_runs
set status = %(status)s,
    progress_pct = %(progress_pct)s,
    error_text = %(error_text)s,
    metrics_json = %(metrics_json)s::json,
    started_at = instant_at(%(started_at)s),
    finished_at = instant_at(%(finished_at)s)
where id = %(id)s
returning id::text;

-- name: load_run
-- One backtest.
select id::text, skill_id::text, skill_version, user_id::text, symbol, bars_interval,
    instant_ms(range_from) as range_from, instant_ms(range_to) as range_to, status, progress_pct, error_text,
    metrics_json::text as metrics_json, instant_ms(created_at) as created_at, instant_ms(started_at) as started_at,
    instant_ms(finished_at) as finished_at
from sim_runs
where id = %(run)s;

-- name: add_decisions
-- Decisions of a backtest, many at once; not by COPY, which row-level security does not admit.
insert into decision_snapshots (
    id, sim_run_id, trace_id, skill_id, skill_version, tick_at, decided_by, proposed_action, verdict, engine_result,
    final_text, equity_usd, marks, prompt_tokens, completion_tokens, cost_usd, context_hash, steps
)
select id, %(run)s::uuid, trace, skill, skill_version, instant_at(tick_at), decided_by, action, verdict, result,
    final_text, equity, marks, prompt_tokens, completion_tokens, cost, context_hash, steps
from json_to_recordset(%(decisions)s::json) as decided (
    id uuid, trace text, skill uuid, skill_version integer, tick_at bigint, decided_by text, action jsonb,
    verdict jsonb, result jsonb, final_text text, equity numeric, marks jsonb, prompt_tokens bigint,
    completion_tokens bigint, cost numeric, context_hash text, steps jsonb
);

-- name: add_run_cost
-- What the decisions just written cost, unknown when one of them is.
update sim_runs set cost_usd = cost_usd + %(cost)s where id = %(run)s
returning id::text;
