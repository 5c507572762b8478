-- What every connection is set to.

-- name: configure_session
-- UTC, so that month and day borders written in SQL are UTC ones; commits reach the disk before they are acknowledged;
-- one plan for each statement, because planning costs more than running; nothing waits for ever.
select
    set_config('timezone', 'UTC', false),
    set_config('synchronous_commit', 'on', false),
    set_config('plan_cache_mode', 'force_generic_plan', false),
    set_config('statement_timeout', '30s', false),
    set_config('lock_timeout', '10s', false),
    set_config('idle_in_transaction_session_timeout', '30s', false);
