-- Deployments and their status.

-- name: create_deployment
-- A new deployment; the indexes say whether its place is free.
insert into deployments (
    id, user_id, skill_id, skill_version, broker_kind, status, account_key, desired,
    hyperliquid_agent_id, error_text, halt_reason, halted_at, created_at, started_at, stopped_at
)
values (
    %(id)s, %(user_id)s, %(skill_id)s, %(skill_version)s, %(broker_kind)s, %(status)s, %(account_key)s,
    %(desired)s, %(hyperliquid_agent_id)s, %(error_text)s, %(halt_reason)s, instant_at(%(halted_at)s),
    instant_at(%(created_at)s), instant_at(%(started_at)s), instant_at(%(stopped_at)s)
);

-- name: load_deployment
-- One deployment.
select id::text, user_id::text, skill_id::text, skill_version, broker_kind, status, account_key,
    desired, hyperliquid_agent_id::text, error_text, halt_reason, instant_ms(halted_at) as halted_at,
    instant_ms(created_at) as created_at, instant_ms(started_at) as started_at, instant_ms(stopped_at) as stopped_at
from deployments
where id = %(deployment)s;

-- name: recent_deployments
-- The newest ones, newest first.
select id::text, user_id::text, skill_id::text, skill_version, broker_kind, status, account_key,
    desired, hyperliquid_agent_id::text, error_text, halt_reason, instant_ms(halted_at) as halted_at,
    instant_ms(created_at) as created_at, instant_ms(started_at) as started_at, instant_ms(stopped_at) as stopped_at
from deployments
order by deployments.created_at desc, deployments.id desc
limit %(limit)s;

-- name: occupying_deployments
-- Whoever takes a user's place for a skill on a broker.
select id::text, user_id::text, skill_id::text, skill_version, broker_kind, status, account_key,
    desired, hyperliquid_agent_id::text, error_text, halt_reason, instant_ms(halted_at) as halted_at,
    instant_ms(created_at) as created_at, instant_ms(started_at) as started_at, instant_ms(stopped_at) as stopped_at
from deployments
where user_id = %(user)s and skill_id = %(skill)s and broker_kind = %(broker)s and status = any (%(statuses)s)
order by deployments.created_at, deployments.id;

-- name: move_deployment
-- The move, provided that the status is one it may start from; an error points at the trace of its newest error line.
update deployments
set status = %(status)s,
    error_text = case %(status)s::text when 'error' then %(reason)s else error_text end,
    error_trace_id = case %(status)s::text
        when 'error' then (
            select trace_id from agent_logs
            where deployment_id = %(deployment)s and level = 'error'
            order by ts desc, id desc
            limit 1
        )
        else error_trace_id
    end,
    halt_reason = case %(status)s::text when 'halted' then %(reason)s when 'running' then null else halt_reason end,
    halted_at = case %(status)s::text when 'halted' then instant_at(%(at)s) when 'running' then null else halted_at end,
    started_at = case %(status)s::text
        when 'running' then coalesce(started_at, instant_at(%(at)s)) else started_at
    end,
    stopped_at = case when %(final)s then instant_at(%(at)s) else stopped_at end
where id = %(deployment)s and status = any (%(sources)s)
returning id::text, user_id::text, skill_id::text, skill_version, broker_kind, status, account_key,
    desired, hyperliquid_agent_id::text, error_text, halt_reason, instant_ms(halted_at) as halted_at,
    instant_ms(created_at) as created_at, instant_ms(started_at) as started_at, instant_ms(stopped_at) as stopped_at;

-- name: set_desired
-- What it shall come to.
update deployments
set desired = %(desired)s
where id = %(deployment)s
returning id::text, user_id::text, skill_id::text, skill_version, broker_kind, status, account_key,
    desired, hyperliquid_agent_id::text, error_text, halt_reason, instant_ms(halted_at) as halted_at,
    instant_ms(created_at) as created_at, instant_ms(started_at) as started_at, instant_ms(stopped_at) as stopped_at;

-- name: read_desired
-- What it shall come to.
select desired from deployments where id = %(deployment)s;
