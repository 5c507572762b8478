-- Log lines and commands.

-- name: append_logs
-- Lines in the order given; those that are there already stay as they are.
insert into agent_logs (deployment_id, ts, level, event, message, trace_id, data, line_key)
select line.deployment_id, instant_at(line.ts), line.level, line.event, line.message, line.trace_id, line.data,
    line.line_key
from rows from (json_to_recordset(%(lines)s::json) as (
    deployment_id uuid, ts bigint, level text, event text, message text, trace_id text, data jsonb, line_key uuid
)) with ordinality as line
order by line.ordinality
on conflict (deployment_id, line_key) where line_key is not null do nothing;

-- name: recent_logs
-- The newest lines of a deployment.
select deployment_id::text, instant_ms(ts) as ts, level, event, message, trace_id, data, line_key::text
from agent_logs
where deployment_id = %(deployment)s
order by agent_logs.ts desc, id desc
limit %(limit)s;

-- name: queue_command
-- A command with its deployment's next sequence number; the row stays locked until the command is in. With a kill,
-- whoever takes the lease next does so to flatten. Whoever listens is told the number, which is a hint to look.
with counted as (
    update deployments
    set commands_issued = commands_issued + 1,
        desired = case when %(kind)s = 'kill' and desired = 'running' then 'flatten' else desired end
    where id = %(deployment)s
    returning id, commands_issued
), queued as (
    insert into agent_commands (id, deployment_id, seq, kind, payload, issued_at, state)
    select gen_random_uuid(), id, commands_issued, %(kind)s, %(payload)s::jsonb, instant_at(%(at)s), 'queued'
    from counted
    returning *
)
select id::text, deployment_id::text, seq, kind, payload, instant_ms(issued_at) as issued_at, state, outcome,
    instant_ms(acked_at) as acked_at, claimed_epoch, steps, instant_ms(finished_at) as finished_at
from queued
cross join pg_notify('agent_commands_' || deployment_id, seq::text);

-- name: queue_own_pause
-- The same by the deployment's own runner, whose only order it is.
select id::text, deployment_id::text, seq, kind, payload, instant_ms(issued_at) as issued_at, state, outcome,
    instant_ms(acked_at) as acked_at, claimed_epoch, steps, instant_ms(finished_at) as finished_at
from pause_own_deployment(%(reason)s, %(deployment)s::uuid, instant_at(%(at)s)) as queued
cross join pg_notify('agent_commands_' || deployment_id, seq::text);

-- name: pending_commands
-- Commands without an outcome, in sequence.
select id::text, deployment_id::text, seq, kind, payload, instant_ms(issued_at) as issued_at, state, outcome,
    instant_ms(acked_at) as acked_at, claimed_epoch, steps, instant_ms(finished_at) as finished_at
from agent_commands
where deployment_id = %(deployment)s and state in ('queued', 'claimed')
order by seq;

-- name: claim_command
-- Taken up by whoever holds the lease of the deployment's account, unless it has its outcome. `live` answers whether
-- the fence held.
with fence as materialized (
    select 1 from leases
    where account_key = %(account)s and epoch = %(epoch)s and state = 'held' and expires_at >= clock_timestamp()
    for share
), claimed as (
    update agent_commands as command
    set state = case when finished_at is null then 'claimed' else command.state end,
        claimed_epoch = case when finished_at is null then %(epoch)s else claimed_epoch end,
        acked_at = coalesce(acked_at, instant_at(%(at)s))
    from fence, deployments as deployment
    where command.id = %(id)s
      and deployment.id = command.deployment_id
      and deployment.account_key = %(account)s
    returning command.id, command.deployment_id, command.seq, command.kind, command.payload,
        instant_ms(command.issued_at) as issued_at, command.state, command.outcome,
        instant_ms(command.acked_at) as acked_at, command.claimed_epoch, command.steps,
        instant_ms(command.finished_at) as finished_at
)
select exists (select from fence) as live, (select to_json(claimed) from claimed) as command;

-- name: step_command
-- What was done of it, where this epoch took it up; the newest takes the place of the last one where there is no room.
with fence as materialized (
    select 1 from leases
    where account_key = %(account)s and epoch = %(epoch)s and state = 'held' and expires_at >= clock_timestamp()
    for share
), noted as (
    update agent_commands as command
    set steps = case
        when finished_at is not null or claimed_epoch is distinct from %(epoch)s
            or steps -> -1 ->> 'text' = %(text)s then steps
        else case when jsonb_array_length(steps) < %(steps_max)s then steps else steps - (-1) end
            || jsonb_build_array(jsonb_build_object('at', %(at)s::bigint, 'text', %(text)s::text))
    end
    from fence, deployments as deployment
    where command.id = %(id)s
      and deployment.id = command.deployment_id
      and deployment.account_key = %(account)s
    returning command.id, command.deployment_id, command.seq, command.kind, command.payload,
        instant_ms(command.issued_at) as issued_at, command.state, command.outcome,
        instant_ms(command.acked_at) as acked_at, command.claimed_epoch, command.steps,
        instant_ms(command.finished_at) as finished_at
)
select exists (select from fence) as live, (select to_json(noted) from noted) as command;

-- name: ack_command
-- The one outcome of a command; whoever comes second reads the first.
update agent_commands
set state = case when finished_at is null then %(state)s else state end,
    outcome = case when finished_at is null then %(outcome)s else outcome end,
    acked_at = coalesce(acked_at, instant_at(%(at)s)),
    finished_at = coalesce(finished_at, instant_at(%(at)s))
where id = %(id)s
returning id::text, deployment_id::text, seq, kind, payload, instant_ms(issued_at) as issued_at, state, outcome,
    instant_ms(acked_at) as acked_at, claimed_epoch, steps, instant_ms(finished_at) as finished_at;

-- name: ack_command_fenced
-- The same by whoever holds the lease of the deployment's account. `live` answers whether the fence held.
with fence as materialized (
    select 1 from leases
    where account_key = %(account)s and epoch = %(epoch)s and state = 'held' and expires_at >= clock_timestamp()
    for share
), acked as (
    update agent_commands as command
    set state = case when finished_at is null then %(state)s else command.state end,
        outcome = case when finished_at is null then %(outcome)s else command.outcome end,
        acked_at = coalesce(acked_at, instant_at(%(at)s)),
        finished_at = coalesce(finished_at, instant_at(%(at)s))
    from fence, deployments as deployment
    where command.id = %(id)s
      and deployment.id = command.deployment_id
      and deployment.account_key = %(account)s
    returning command.id, command.deployment_id, command.seq, command.kind, command.payload,
        instant_ms(command.issued_at) as issued_at, command.state, command.outcome,
        instant_ms(command.acked_at) as acked_at, command.claimed_epoch, command.steps,
        instant_ms(command.finished_at) as finished_at
)
select exists (select from fence) as live, (select to_json(acked) from acked) as command;

-- name: recent_commands
-- The newest commands of a deployment.
select id::text, deployment_id::text, seq, kind, payload, instant_ms(issued_at) as issued_at, state, outcome,
    instant_ms(acked_at) as acked_at, claimed_epoch, steps, instant_ms(finished_at) as finished_at
from agent_commands
where deployment_id = %(deployment)s
order by seq desc
limit %(limit)s;
