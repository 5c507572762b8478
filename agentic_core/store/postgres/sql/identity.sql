-- Which database this is, and what its owner does when it is another one than before.

-- name: read_identity
-- What the database is now, what it noted, and why no lease is given.
select
    json_build_object(
        'system_identifier', now.system_identifier,
        'timeline_id', now.timeline_id,
        'database_oid', now.database_oid::bigint
    ) as now,
    case when noted.singleton then json_build_object(
        'system_identifier', noted.system_identifier,
        'timeline_id', noted.timeline_id,
        'database_oid', noted.database_oid::bigint
    ) end as noted,
    instant_ms(noted.noted_at) as noted_at,
    public.database_difference() as difference
from public.database_identity_now() as now
left join public.database_identity as noted on true;

-- name: has_identity
-- Whether the database is recent enough to have one.
select to_regclass('public.database_identity') is not null as answer;

-- name: lock_identity
-- Nobody takes or writes a lease until this transaction has ended, and two of its kind wait for each other.
lock table public.leases in share row exclusive mode;

-- name: raise_epochs
-- Every account that can be traded goes to the clock, in milliseconds, and is free; a revoked one stays revoked. Epochs
-- grow by one with a taking, so nobody who took a lease before can be there, in whatever was lost. An account without a
-- lease may have had one, too.
insert into public.leases as lease (account_key, epoch, holder, state, expires_at)
select account_key, greatest(%(epoch_above)s::bigint + 1, instant_ms(clock_timestamp())), 'resolved', 'free',
    clock_timestamp()
from (select account_key from public.deployments union select account_key from public.leases) as known
order by account_key
on conflict (account_key) do update
set epoch = greatest(lease.epoch + 1, excluded.epoch),
    state = case lease.state when 'revoked' then 'revoked' else 'free' end
returning account_key, epoch;

-- name: raise_nonces
-- Every signer goes past every nonce it can have been given: they follow the clock, so a minute from now is enough. A
-- wallet that has not signed yet may have done so in what was lost.
insert into public.signer_nonces as last (signer, nonce)
select signer, greatest(%(nonce_above)s::bigint, instant_ms(clock_timestamp()) + 60000)
from (
    select signer from public.signer_nonces
    union
    select signer from public.order_intents where signer is not null
    union
    select agent_address from public.hyperliquid_agents where revoked_at is null
    union
    select agent_address from public.pending_hyperliquid_agents
) as known
order by signer
on conflict (signer) do update set nonce = greatest(last.nonce, excluded.nonce)
returning signer, nonce;

-- name: expire_loosening
-- Orders to go on that wait were given to another time; those that stop something stay.
update public.agent_commands
set state = 'expired', outcome = 'the database was restored after it was issued',
    acked_at = coalesce(acked_at, clock_timestamp()), finished_at = clock_timestamp()
where state in ('queued', 'claimed') and kind in ('resume', 'clear_halt', 'snapshot')
returning id::text;

-- name: pause_everything
-- Whatever ran is ordered to pause: a stop, a halt or a pause that was lost would otherwise be undone.
with counted as (
    update public.deployments
    set commands_issued = commands_issued + 1
    where status in ('provisioning', 'running')
    returning id, commands_issued
)
insert into public.agent_commands (id, deployment_id, seq, kind, payload, issued_at, state)
select gen_random_uuid(), id, commands_issued, 'pause', '{"by": "agentic db resolve"}', clock_timestamp(), 'queued'
from counted
returning id::text;

-- name: journal_restored
-- Each chain says from here on that somebody answered for what may be missing before.
select public.journal_append(
    head.deployment_id,
    'restored',
    json_build_object(
        'reason', %(reason)s::text, 'restore_id', %(restore)s::bigint, 'resolved_by', session_user::text
    )
)
from public.journal_heads as head
order by head.deployment_id;

-- name: open_restore
-- What was found, unless it is open already.
insert into public.restores (found_at, reason, found)
select clock_timestamp(), %(reason)s::text, %(found)s::jsonb
where not exists (select from public.restores where resolved_at is null)
returning id;

-- name: close_restores
-- Everything that was open is answered for.
update public.restores
set resolved_at = clock_timestamp(), resolved_by = session_user, resolution = %(resolution)s::jsonb
where resolved_at is null;

-- name: open_restore_id
-- The newest one that is open.
select max(id) as id from public.restores where resolved_at is null;

-- name: forget_identity
-- Before it is noted anew.
delete from public.database_identity;

-- name: note_identity
-- What the database is now is what it should be.
select public.note_database_identity();

-- name: find_remembered
-- What the database says of what a runner remembers.
select
    (
        select encode(entry.hash, 'hex') from public.journal as entry
        where entry.deployment_id = %(deployment)s and entry.seq = %(seq)s
    ) as hash_at_head,
    (
        select lease.epoch from public.deployments as deployment
        join public.leases as lease using (account_key)
        where deployment.id = %(deployment)s
    ) as epoch,
    (
        select coalesce(json_object_agg(last.signer, last.nonce), '{}') from public.signer_nonces as last
        where last.signer = any (%(signers)s)
    ) as nonces,
    restored.seq as restored_seq,
    restored.hash as restored_hash
from (select 1) as one
left join (
    select entry.seq, encode(entry.hash, 'hex') as hash from public.journal as entry
    where entry.deployment_id = %(deployment)s and entry.kind = 'restored'
    order by entry.seq desc
    limit 1
) as restored on true;
