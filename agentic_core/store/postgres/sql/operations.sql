-- What an operator switches off, who should be heard of, and which job ran when.

-- name: read_switches
select coalesce(bool_or(value = 'true') filter (where key = 'trading_disabled'), false) as trading_disabled,
    coalesce(bool_or(value = 'true') filter (where key = 'deployments_disabled'), false) as deployments_disabled
from platform_config
where key in ('trading_disabled', 'deployments_disabled');

-- name: set_switch
insert into platform_config (key, value, updated_at)
values (%(name)s, to_jsonb(%(is_on)s::boolean), instant_at(%(at)s))
on conflict (key) do update set value = excluded.value, updated_at = excluded.updated_at;

-- name: watched_deployments
-- Those that have not ended, or one of them, with what tells whether somebody runs them.
select to_json(run) as deployment, version_interval(run.skill_id, run.skill_version) as interval,
    coalesce(
        (select instant_ms(updated_at) from agent_state where deployment_id = run.id), run.started_at, run.created_at
    ) as heard_at,
    (select to_json(held) from (
        select account_key as account, deployment_id as deployment, epoch, holder, state,
            instant_ms(expires_at) as expires_at, instant_ms(taken_at) as taken_at,
            state = 'held' and expires_at >= clock_timestamp() as is_live
        from leases
        where account_key = run.account_key
    ) as held) as lease
from (
    select id, user_id, skill_id, skill_version, broker_kind, status, account_key, desired, hyperliquid_agent_id,
        error_text, halt_reason, instant_ms(halted_at) as halted_at, instant_ms(created_at) as created_at,
        instant_ms(started_at) as started_at, instant_ms(stopped_at) as stopped_at
    from deployments
    where status not in ('stopped', 'error') and (%(deployment)s::uuid is null or id = %(deployment)s::uuid)
) as run
order by run.created_at, run.id;

-- name: why_no_lease
select database_difference() as difference;

-- name: begin_job
-- One run of a job, unless it is not due; a beginning far ahead of now is some wrong clock's.
insert into job_runs as known (name, holder, started_at)
values (%(name)s, %(holder)s, instant_at(%(at)s))
on conflict (name) do update
set holder = excluded.holder, started_at = excluded.started_at, finished_at = null, outcome = null
where known.started_at < instant_at(%(due_before)s) or known.started_at > instant_at(%(latest)s)
returning name;

-- name: finish_job
-- How it ended, where it is still this holder's run.
update job_runs
set finished_at = instant_at(%(at)s), outcome = %(outcome)s::jsonb
where name = %(name)s and holder = %(holder)s and finished_at is null;

-- name: job_runs
select name, holder, instant_ms(started_at) as started_at, instant_ms(finished_at) as finished_at, outcome
from job_runs
order by name collate "C";
