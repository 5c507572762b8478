-- What the account's money did besides fills, and what people look orders up in. Both hold facts of the venue: the
-- former is told by it, the latter follows from intents and fills.

create table public.funding_payments (
    account_key text not null,
    payment_id text not null check (payment_id <> ''),
    deployment_id uuid not null,
    symbol text not null,
    amount_usd numeric not null,
    rate numeric not null,
    size numeric not null,
    paid_at timestamptz not null,
    recorded_at timestamptz not null,
    primary key (account_key, payment_id),
    constraint funding_payments_deployment foreign key (deployment_id, account_key)
        references public.deployments (id, account_key)
);

comment on column public.funding_payments.amount_usd is 'what the account received; negative where it paid';
comment on column public.funding_payments.rate is 'of one hour; positive means that longs pay';
comment on column public.funding_payments.size is 'the signed position that was held';

create index funding_payments_by_time on public.funding_payments (account_key, paid_at);

create trigger funding_payments_stay before update or delete on public.funding_payments
    for each row execute function public.keep_facts('account_key', 'payment_id');

create trigger funding_payments_stay_all before truncate on public.funding_payments
    for each statement execute function public.keep_facts();

create table public.transfers (
    account_key text not null,
    transfer_id text not null check (transfer_id <> ''),
    deployment_id uuid not null,
    kind text not null,
    amount_usd numeric not null,
    moved_at timestamptz not null,
    recorded_at timestamptz not null,
    primary key (account_key, transfer_id),
    constraint transfers_deployment foreign key (deployment_id, account_key)
        references public.deployments (id, account_key)
);

comment on column public.transfers.amount_usd is 'what the account gained; negative where money went';

create index transfers_by_time on public.transfers (account_key, moved_at);

create trigger transfers_stay before update or delete on public.transfers
    for each row execute function public.keep_facts('account_key', 'transfer_id');

create trigger transfers_stay_all before truncate on public.transfers
    for each statement execute function public.keep_facts();

-- ── orders at the venue ─────────────────────────────────────────────────────────────────────────────────────────────

create table public.mainnet_orders (
    cloid text primary key constraint mainnet_orders_intent references public.order_intents (cloid),
    deployment_id uuid not null,
    account_key text not null,
    symbol text not null,
    side text not null check (side in ('buy', 'sell')),
    kind text not null check (kind in ('order', 'stop')),
    reduce_only boolean not null,
    status text not null check (
        status in ('placed', 'partially_filled', 'filled', 'cancelled', 'rejected', 'unknown')
    ),
    size_base numeric not null check (size_base > 0),
    filled_size_base numeric not null check (filled_size_base >= 0),
    avg_fill_price numeric check (avg_fill_price > 0),
    fee_usd numeric not null,
    limit_price numeric not null,
    venue_order_id text,
    placed_at timestamptz not null,
    settled_at timestamptz,
    updated_at timestamptz not null,
    constraint mainnet_orders_deployment foreign key (deployment_id, account_key)
        references public.deployments (id, account_key),
    constraint mainnet_orders_priced check ((avg_fill_price is null) = (filled_size_base = 0)),
    constraint mainnet_orders_open check (status not in ('placed', 'unknown') or settled_at is null)
) with (fillfactor = 70);

comment on table public.mainnet_orders is 'follows from order_intents and fills, by triggers; written by nobody else';
comment on column public.mainnet_orders.status is
    'filled: all of it, or all that the venue had to fill; cancelled: it ended with nothing; partially_filled: it may go '
    'on, or ended with a part where settled_at is set';
comment on column public.mainnet_orders.filled_size_base is 'units in fills';
comment on column public.mainnet_orders.avg_fill_price is 'of those units, weighted by size, to 18 decimals';
comment on column public.mainnet_orders.placed_at is 'when it was written down to be sent';

create index mainnet_orders_by_deployment on public.mainnet_orders (deployment_id, placed_at);

create index mainnet_orders_by_time on public.mainnet_orders (placed_at);

create function public.project_order(wanted text) returns void
    language plpgsql
    security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    intent public.order_intents;
    units numeric;
    notional numeric;
    fees numeric;
    newest timestamptz;
    covered boolean;
    standing text;
begin
    -- Whoever comes second waits here, and then counts the fills of whoever came first.
    select * into intent
    from public.order_intents
    where cloid = wanted and kind in ('order', 'stop') and account_key not like 'paper:%'
    for no key update;
    if not found then
        return;
    end if;

    select coalesce(sum(size), 0), sum(size * price), coalesce(sum(fee), 0), max(filled_at)
    into units, notional, fees, newest
    from public.fills
    where account_key = intent.account_key and cloid = wanted;

    -- A dead one that no send began for was withdrawn; one that is prepared was not sent, or that never left.
    if units = 0 and (
        intent.state = 'prepared'
        or intent.state = 'dead' and (
            intent.ended_by is not distinct from 'withdrawn'
            or intent.sends = 0 and intent.venue_order_id is null
               and coalesce(intent.ended_by, '') not in ('ended_empty', 'ended_rejected')
        )
    ) then
        delete from public.mainnet_orders where cloid = wanted;
        return;
    end if;

    covered := units >= intent.size;
    standing := case
        when covered then 'filled'
        -- The venue clips what only reduces, so that its word stands for less than the size.
        when units > 0 and units >= intent.filled and not intent.uncounted and (
            intent.state = 'filled'
            or intent.state = 'booked' and intent.ended_by in ('executed_all', 'called_filled', 'overfilled')
        ) then 'filled'
        when intent.state = 'unknown' then 'unknown'
        when units > 0 then 'partially_filled'
        when intent.state = 'rejected' then 'rejected'
        when intent.state = 'dead' then 'cancelled'
        else 'placed'
    end;

    insert into public.mainnet_orders as known (
        cloid, deployment_id, account_key, symbol, side, kind, reduce_only, status, size_base, filled_size_base,
        avg_fill_price, fee_usd, limit_price, venue_order_id, placed_at, settled_at, updated_at
    ) values (
        intent.cloid, intent.deployment_id, intent.account_key, intent.symbol, intent.side, intent.kind,
        intent.reduce_only, standing, intent.size, units,
        case when units > 0 then trim_scale(round(round(notional, 40) / units, 18)) end, fees,
        intent.limit_price, intent.venue_order_id, intent.prepared_at,
        case
            when standing in ('placed', 'unknown') then null
            else coalesce(intent.settled_at, case when covered then newest end)
        end,
        clock_timestamp()
    )
    on conflict (cloid) do update
    set status = excluded.status,
        filled_size_base = excluded.filled_size_base,
        avg_fill_price = excluded.avg_fill_price,
        fee_usd = excluded.fee_usd,
        venue_order_id = excluded.venue_order_id,
        settled_at = excluded.settled_at,
        updated_at = excluded.updated_at
    where (
        known.status, known.filled_size_base, known.avg_fill_price, known.fee_usd, known.venue_order_id,
        known.settled_at
    ) is distinct from (
        excluded.status, excluded.filled_size_base, excluded.avg_fill_price, excluded.fee_usd,
        excluded.venue_order_id, excluded.settled_at
    );
end $$;

create function public.project_intent() returns trigger
    language plpgsql
    security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    perform public.project_order(new.cloid);
    return null;
end $$;

create function public.project_new_fills() returns trigger
    language plpgsql
    security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    told record;
begin
    -- In one order, so that two who bring fills of the same orders do not wait for each other.
    for told in
        select distinct cloid, account_key
        from fresh
        where cloid is not null and account_key not like 'paper:%'
        order by cloid
    loop
        -- Whoever books a fill may name any order, and another account's is not locked for it.
        if exists (
            select from public.order_intents where cloid = told.cloid and account_key = told.account_key
        ) then
            perform public.project_order(told.cloid);
        end if;
    end loop;
    return null;
end $$;

create function public.project_edited_fill() returns trigger
    language plpgsql
    security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    perform public.project_order(old.cloid);
    if tg_op = 'UPDATE' and new.cloid is distinct from old.cloid then
        perform public.project_order(new.cloid);
    end if;
    return null;
end $$;

create trigger order_intents_projected after insert or update on public.order_intents
    for each row when (new.kind in ('order', 'stop') and new.account_key not like 'paper:%')
    execute function public.project_intent();

create trigger fills_projected after insert on public.fills
    referencing new table as fresh
    for each statement execute function public.project_new_fills();

-- Only the owner edits fills.
create trigger fills_projected_again after update or delete on public.fills
    for each row execute function public.project_edited_fill();

-- ── settling ────────────────────────────────────────────────────────────────────────────────────────────────────────

-- Asked with the intent's row locked: being volatile it looks anew, and sees what whoever held the lock before wrote.
create function public.units_executed(wanted_account text, wanted text, listed json) returns numeric
    language sql
    volatile
    set search_path = pg_catalog, pg_temp
as $$
    select coalesce(sum(size), 0)
    from (
        select size from public.fills where account_key = wanted_account and cloid = wanted
        union all
        select size
        from (
            select distinct on (fill_id) fill_id, cloid, size
            from rows from (json_to_recordset(listed) as (fill_id text, cloid text, size numeric)) with ordinality
                as fill (fill_id, cloid, size, position)
            order by fill_id, position
        ) as fresh
        where cloid = wanted
          and not exists (
            select from public.fills as known
            where known.account_key = wanted_account and known.fill_id = fresh.fill_id
          )
    ) as executed
$$;

revoke all on function public.project_order(text) from public;
revoke all on function public.project_intent() from public;
revoke all on function public.project_new_fills() from public;
revoke all on function public.project_edited_fill() from public;
revoke all on function public.units_executed(text, text, json) from public;

select public.project_order(cloid)
from public.order_intents
where kind in ('order', 'stop') and account_key not like 'paper:%';
