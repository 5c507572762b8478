-- Trading leases, by the database's own clock.

-- name: acquire_lease
-- The next epoch, unless another holder's lease still runs or an operator revoked it.
insert into leases as held (account_key, epoch, holder, state, expires_at)
values (%(account)s, 1, %(holder)s, 'held', clock_timestamp() + %(ttl_ms)s * interval '1 millisecond')
on conflict (account_key) do update
set epoch = held.epoch + 1,
    holder = excluded.holder,
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
