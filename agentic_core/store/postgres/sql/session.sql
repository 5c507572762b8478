-- What every connection is set to, and what a transaction begins with.

-- name: configure_session
-- UTC, so that month and day borders written in SQL are UTC ones; commits reach the disk before they are acknowledged;
-- one plan for each statement, because planning costs more than running; nothing waits for ever. For one transaction
-- only where the next one may be another program's.
select
    set_config('timezone', 'UTC', %(local)s),
    set_config('synchronous_commit', 'on', %(local)s),
    set_config('plan_cache_mode', 'force_generic_plan', %(local)s),
    set_config('statement_timeout', %(statement)s, %(local)s),
    set_config('lock_timeout', %(lock)s, %(local)s),
    set_config('idle_in_transaction_session_timeout', %(idle)s, %(local)s);

-- name: act_for_user
-- Whose rows the rest of this transaction may touch, for roles that the row policies bind.
select set_config('agentic.user_id', %(user)s, true);

-- name: hold_lease
-- The fence of a unit of work: whoever wants the lease's row changed waits until the unit has ended.
select epoch
from leases
where account_key = %(account)s and epoch = %(epoch)s and state = 'held' and expires_at >= clock_timestamp()
for share;

-- name: look_around
-- Who answers: a replica may be behind, and a process other than the one that greeted means a pooler in between.
select pg_catalog.pg_is_in_recovery() as is_replica, pg_catalog.pg_backend_pid() as pid;

-- name: tell
-- Wake those who listen; the words are a hint and never an order.
select pg_catalog.pg_notify(%(channel)s, %(words)s);

-- name: listen
-- The channel's name follows, quoted.
listen
