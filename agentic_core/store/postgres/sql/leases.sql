-- Trading leases, by the database's own clock.

-- name: acquire_lease
-- The next epoch, unless another holder's lease still runs or was revoked, and provided that the deployment shall come
-- to this, which is not its end; its row stays locked, so that nobody changes that meanwhile.
with wanted as materialized (
    select id from deployments
    where id = %(deployment)s and account_key = %(account)s and desired = %(desired)s and desired <> 'stopped'
    for share
)
insert into leases as held (account_key, epoch, holder, state, expires_at, deployment_id)
select %(account)s, 1, %(holder)s, 'held', clock_timestamp() + %(ttl_ms)s * interval '1 millisecond', id
from wanted
on conflict (account_key) do update
set epoch = held.epoch + 1,
    holder = excluded.holder,
    deployment_id = excluded.deployment_id,
    state = 'held',
    expires_at = clock_timestamp() + %(ttl_ms)s * interval '1 millisecond'
where held.state = 'free'
   or (held.state = 'held' and (held.expires_at < clock_timestamp() or held.holder = excluded.holder))
returning epoch;

-- name: renew_lease
-- A later end, while the lease is still live.
update leases
set expires_at = clock_timestamp() + %(ttl_ms)s * interval '1 millisecond'
where account_key = %(account)s
  and epoch = %(epoch)s
  and state = 'held'
  and expires_at >= clock_timestamp()
returning epoch;

-- name: release_lease
-- The lease is free if it is still ours.
update leases
set state = 'free'
where account_key = %(account)s and epoch = %(epoch)s and state = 'held';

-- name: trades_account
-- The deployment, provided that it trades the account.
select id::text from deployments where id = %(deployment)s and account_key = %(account)s;

-- name: revoke_lease
-- The next epoch, which nobody holds, and what the account's deployments shall come to. Deployments before leases, as
-- whoever takes a lease locks them.
with meant as (
    update deployments
    set desired = %(desired)s
    where account_key = %(account)s
      and desired <> %(desired)s
      and (status <> all (%(final)s) or id = (select deployment_id from leases where account_key = %(account)s))
    returning id
)
insert into leases as held (account_key, epoch, holder, state, expires_at)
select %(account)s, 1, '', 'revoked', clock_timestamp()
from (select count(*) from meant) as first
on conflict (account_key) do update
set epoch = held.epoch + (held.state <> 'revoked')::integer,
    state = 'revoked'
returning epoch;

-- name: allow_lease
-- A revoked account may be taken again.
update leases
set state = 'free'
where account_key = %(account)s and state = 'revoked';

-- name: raise_epoch
-- An epoch above a number; a lease below it is nobody's any more, and a revoked one stays so.
insert into leases as held (account_key, epoch, holder, state, expires_at)
values (%(account)s, %(above)s + 1, '', 'free', clock_timestamp())
on conflict (account_key) do update
set epoch = greatest(held.epoch, %(above)s + 1),
    state = case when held.state = 'held' and held.epoch <= %(above)s then 'free' else held.state end
returning epoch;

-- name: read_lease
-- The lease of an account.
select account_key as account, deployment_id::text as deployment, epoch, holder, state,
    instant_ms(expires_at) as expires_at, instant_ms(taken_at) as taken_at,
    state = 'held' and expires_at >= clock_timestamp() as is_live
from leases
where account_key = %(account)s;
