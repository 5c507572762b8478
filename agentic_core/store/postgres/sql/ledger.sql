-- Funding, transfers and orders at a venue. `live` answers whether the fence held, `fresh` what was not there before.

-- name: record_funding
with fence as materialized (
    select 1 from leases
    where account_key = %(account)s and epoch = %(epoch)s and state = 'held' and expires_at >= clock_timestamp()
    for share
), recorded as (
    insert into funding_payments (
        account_key, payment_id, deployment_id, symbol, amount_usd, rate, size, paid_at, recorded_at
    )
    select %(account)s, payment.payment_id, %(deployment)s::uuid, payment.symbol, payment.amount, payment.rate,
        payment.size, instant_at(payment.time), instant_at(%(at)s)
    from fence
    cross join json_to_recordset(%(payments)s::json) as payment (
        payment_id text, symbol text, amount numeric, rate numeric, size numeric, "time" bigint
    )
    order by payment.payment_id
    on conflict (account_key, payment_id) do nothing
    returning payment_id
)
select exists (select from fence) as live, array(select payment_id from recorded) as fresh;

-- name: record_transfers
with fence as materialized (
    select 1 from leases
    where account_key = %(account)s and epoch = %(epoch)s and state = 'held' and expires_at >= clock_timestamp()
    for share
), recorded as (
    insert into transfers (account_key, transfer_id, deployment_id, kind, amount_usd, moved_at, recorded_at)
    select %(account)s, transfer.transfer_id, %(deployment)s::uuid, transfer.kind, transfer.amount,
        instant_at(transfer.at), instant_at(%(at)s)
    from fence
    cross join json_to_recordset(%(transfers)s::json) as transfer (
        transfer_id text, kind text, amount numeric, at bigint
    )
    order by transfer.transfer_id
    on conflict (account_key, transfer_id) do nothing
    returning transfer_id
)
select exists (select from fence) as live, array(select transfer_id from recorded) as fresh;

-- name: ledger_entries
-- Everything that moved an account's money from an instant on; `sort` tells the kinds apart and orders one instant.
select entry.*
from (
    select 1 as sort, fill_id as id, symbol, cloid, side, size, price, fee as amount, liquidity, closed_pnl, kind,
        null::numeric as rate, instant_ms(filled_at) as at, seq
    from fills
    where account_key = %(account)s and filled_at >= instant_at(%(since)s)
    union all
    select 2, payment_id, symbol, null, null, size, null, amount_usd, null, null, null, rate, instant_ms(paid_at), 0
    from funding_payments
    where account_key = %(account)s and paid_at >= instant_at(%(since)s)
    union all
    select 3, transfer_id, null, null, null, null, null, amount_usd, null, null, kind, null, instant_ms(moved_at), 0
    from transfers
    where account_key = %(account)s and moved_at >= instant_at(%(since)s)
) as entry
order by entry.at, entry.sort, entry.seq, entry.id collate "C";

-- name: ledger_totals
select executed.fills, executed.closed_pnl_usd, executed.fees_usd, paid.funding_usd, moved.transfers_usd
from (
    select count(*) as fills, coalesce(sum(closed_pnl), 0) as closed_pnl_usd, coalesce(sum(fee), 0) as fees_usd
    from fills
    where account_key = %(account)s and filled_at >= instant_at(%(since)s) and filled_at < instant_at(%(until)s)
) as executed
cross join (
    select coalesce(sum(amount_usd), 0) as funding_usd
    from funding_payments
    where account_key = %(account)s and paid_at >= instant_at(%(since)s) and paid_at < instant_at(%(until)s)
) as paid
cross join (
    select coalesce(sum(amount_usd), 0) as transfers_usd
    from transfers
    where account_key = %(account)s and moved_at >= instant_at(%(since)s) and moved_at < instant_at(%(until)s)
) as moved;

-- name: placed_orders
-- The newest orders that a deployment sent to its venue.
select cloid, deployment_id::text, account_key, symbol, side, kind, reduce_only, status, size_base, filled_size_base,
    avg_fill_price, fee_usd, limit_price, venue_order_id, instant_ms(placed_at) as placed_at,
    instant_ms(settled_at) as settled_at
from mainnet_orders
where deployment_id = %(deployment)s::uuid
order by mainnet_orders.placed_at desc, cloid collate "C" desc
limit %(limit)s;
