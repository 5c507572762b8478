-- What is remembered of accounts from one UTC day to the next.

-- name: newest_day
select account_key as account, day - date 'epoch' as day, baseline_usd, instant_ms(opened_at) as opened_at, peak_usd,
    instant_ms(as_of) as as_of
from account_days
where account_key = %(account)s
order by account_days.day desc
limit 1;

-- name: write_day
-- A day in place of what was known of it. `live` answers whether the fence held.
with fence as materialized (
    select 1 from leases
    where account_key = %(account)s and epoch = %(epoch)s and state = 'held' and expires_at >= clock_timestamp()
    for share
), written as (
    insert into account_days (account_key, day, baseline_usd, opened_at, peak_usd, as_of)
    select %(account)s, date 'epoch' + %(day)s::integer, %(baseline_usd)s::numeric, instant_at(%(opened_at)s),
        %(peak_usd)s::numeric, instant_at(%(as_of)s)
    from fence
    on conflict (account_key, day) do update
    set baseline_usd = excluded.baseline_usd, opened_at = excluded.opened_at, peak_usd = excluded.peak_usd,
        as_of = excluded.as_of
    returning 1
)
select exists (select from fence) as live;

-- name: orders_counted
-- Orders that were sent, of those prepared in a stretch of time, and how many of the newest one's minute.
with sent as (
    select floor(extract(epoch from prepared_at) / 60)::bigint as minute
    from order_intents
    where account_key = %(account)s and kind = 'order'
      and prepared_at >= instant_at(%(since)s) and prepared_at < instant_at(%(until)s)
      and (sends > 0 or state not in ('prepared', 'dead'))
)
select count(*) as orders, coalesce(max(minute), 0) as minute,
    count(*) filter (where minute = (select max(minute) from sent)) as minute_orders
from sent;
