-- Order intents and fills. `live` answers whether the fence held.

-- name: prepare_intents
-- A decision without a result yet and its intents, before anything leaves the process.
with fence as materialized (
    select 1 from leases
    where account_key = %(account)s and epoch = %(epoch)s and state = 'held' and expires_at >= clock_timestamp()
    for share
), decided as (
    insert into decision_snapshots (
        id, deployment_id, trace_id, skill_id, skill_version, tick_at, decided_by, proposed_action, verdict,
        final_text, equity_usd, marks, prompt_tokens, completion_tokens, cost_usd, context_hash, steps
    )
    select %(id)s::uuid, %(deployment)s::uuid, %(trace)s, %(skill)s::uuid, %(skill_version)s, instant_at(%(tick_at)s),
        %(decided_by)s, %(action)s::jsonb, %(verdict)s::jsonb, %(final_text)s, %(equity)s::numeric,
        %(marks)s::jsonb, %(prompt_tokens)s, %(completion_tokens)s, %(cost)s::numeric, %(context_hash)s,
        %(steps)s::jsonb
    from fence
    returning id, deployment_id, trace_id, tick_at, cost_usd
), signed as (
    insert into signer_nonces as last (signer, nonce)
    select %(signer)s, %(at)s + %(nonces)s - 1
    from fence
    where %(nonces)s > 0
    on conflict (signer) do update set nonce = greatest(last.nonce + %(nonces)s, excluded.nonce)
    returning nonce - %(nonces)s as before
), prepared as (
    insert into order_intents (
        cloid, decision_id, deployment_id, account_key, epoch, trace_id, kind, leg, attempt, symbol, side, size,
        limit_price, reduce_only, time_in_force, trigger_kind, trigger_price, trigger_position_sized, target_cloid,
        target_order, leverage, isolated, position_before, signer, nonce, expires_at, state, prepared_at
    )
    select intent.cloid, decided.id, decided.deployment_id, %(account)s, %(epoch)s, decided.trace_id, intent.kind,
        intent.leg, intent.attempt, intent.symbol, intent.side, intent.size, intent.limit_price, intent.reduce_only,
        intent.time_in_force, intent.trigger ->> 'kind', (intent.trigger ->> 'price')::numeric,
        (intent.trigger ->> 'position_sized')::boolean, intent.target, intent.target_order, intent.leverage,
        intent.isolated,
        intent.position_before, case when numbered.nonce is not null then %(signer)s end, numbered.nonce,
        case when numbered.nonce is not null then instant_at(%(expires_at)s) end, 'prepared', instant_at(%(at)s)
    from decided
    cross join rows from (
        json_to_recordset(%(intents)s::json) as (
            cloid text, kind text, leg smallint, attempt smallint, symbol text, side text, size numeric,
            limit_price numeric, reduce_only boolean, time_in_force text, trigger json, target text, target_order text, leverage integer,
            isolated boolean, position_before numeric
        ),
        unnest(%(numbers)s::bigint[])
    ) as intent
    left join lateral (select before + intent.unnest as nonce from signed) as numbered on true
), spent as (
    insert into cost_rollups as month (deployment_id, month, cost_usd, unknown_costs)
    select deployment_id, date_trunc('month', tick_at at time zone 'UTC')::date, coalesce(cost_usd, 0),
        (cost_usd is null)::integer
    from decided
    where cost_usd is distinct from 0
    on conflict (deployment_id, month) do update
    set cost_usd = month.cost_usd + excluded.cost_usd,
        unknown_costs = month.unknown_costs + excluded.unknown_costs
)
select exists (select from fence) as live, (select before from signed) as nonce;

-- name: assign_intent
-- The signer's next nonce for an intent that was prepared without one, by the epoch that prepared it.
with fence as materialized (
    select 1 from leases
    where account_key = %(account)s and epoch = %(epoch)s and state = 'held' and expires_at >= clock_timestamp()
    for share
), free as (
    select intent.cloid
    from order_intents as intent
    cross join fence
    where intent.cloid = %(cloid)s
      and intent.account_key = %(account)s
      and intent.epoch = %(epoch)s
      and intent.state = 'prepared'
      and intent.nonce is null
    for update of intent
), signed as (
    insert into signer_nonces as last (signer, nonce)
    select %(signer)s, %(at)s
    from free
    on conflict (signer) do update set nonce = greatest(last.nonce + 1, excluded.nonce)
    returning nonce
), assigned as (
    update order_intents as intent
    set signer = %(signer)s, nonce = signed.nonce, expires_at = instant_at(%(expires_at)s)
    from signed
    where intent.cloid = %(cloid)s
)
select exists (select from fence) as live, (select nonce from signed) as nonce;

-- name: note_intent
-- What is known of an intent now, and its fills; nothing known is ever forgotten.
with fence as materialized (
    select 1 from leases
    where account_key = %(account)s and epoch = %(epoch)s and state = 'held' and expires_at >= clock_timestamp()
    for share
), noted as (
    update order_intents as known
    set state = %(state)s,
        filled = %(filled)s::numeric,
        booked = %(booked)s::numeric,
        sends = %(sends)s,
        burns = %(burns)s,
        absent_at = instant_at(%(absent_at)s),
        uncounted = %(uncounted)s,
        filled_at = instant_at(%(filled_at)s),
        ended_by = %(ended_by)s,
        venue_order_id = coalesce(known.venue_order_id, %(venue_order_id)s),
        settled_at = case when %(state)s = any (%(terminal)s) then coalesce(known.settled_at, instant_at(%(at)s)) end
    from fence
    where known.cloid = %(cloid)s
      and known.account_key = %(account)s
      and known.filled <= %(filled)s::numeric
      and known.booked <= %(booked)s::numeric
      and known.sends <= %(sends)s
      and known.burns <= %(burns)s
      and (known.state <> 'booked' or %(state)s = any (%(after_booked)s))
    returning known.state, known.deployment_id
), booked as (
    insert into fills (
        account_key, fill_id, deployment_id, cloid, symbol, side, size, price, fee, liquidity, kind, closed_pnl,
        filled_at, recorded_at
    )
    select %(account)s, fill.fill_id, noted.deployment_id, fill.cloid, fill.symbol, fill.side, fill.size, fill.price,
        fill.fee, fill.liquidity, fill.kind, fill.closed_pnl, instant_at(fill.time), instant_at(%(at)s)
    from noted
    cross join rows from (json_to_recordset(%(fills)s::json) as (
        fill_id text, cloid text, symbol text, side text, size numeric, price numeric, fee numeric, liquidity text,
        kind text, closed_pnl numeric, "time" bigint
    )) with ordinality as fill
    order by fill.ordinality
    on conflict (account_key, fill_id) do nothing
)
select exists (select from fence) as live, (select state from noted) as state;

-- name: settle_intent
-- What became of an intent, and its fills; a terminal state stays, a known fill is neither added nor counted again.
with fence as materialized (
    select 1 from leases
    where account_key = %(account)s and epoch = %(epoch)s and state = 'held' and expires_at >= clock_timestamp()
    for share
), listed as materialized (
    select fill.*
    from rows from (json_to_recordset(%(fills)s::json) as (
        fill_id text, cloid text, symbol text, side text, size numeric, price numeric, fee numeric, liquidity text,
        kind text, closed_pnl numeric, "time" bigint
    )) with ordinality as fill
), locked as materialized (
    select intent.cloid
    from order_intents as intent
    cross join fence
    where intent.cloid = %(cloid)s and intent.account_key = %(account)s
    for no key update of intent
), ledger as materialized (
    -- Counted with the row locked: whoever settles it at the same moment has written by then, or waits.
    select case
        when exists (select from listed) then units_executed(%(account)s, locked.cloid, %(fills)s::json)
        else 0
    end as units
    from locked
), settled as (
    update order_intents as known
    set state = case when known.state = any (%(terminal)s) then known.state else %(state)s end,
        filled = greatest(known.filled, ledger.units, %(total)s::numeric),
        booked = greatest(known.booked, ledger.units),
        venue_order_id = coalesce(known.venue_order_id, %(venue_order_id)s),
        cause = case when known.state = any (%(terminal)s) then known.cause else %(cause)s end,
        settled_at = case
            when known.state = any (%(terminal)s) then known.settled_at
            when %(state)s = any (%(terminal)s) then instant_at(%(at)s)
        end
    from fence
    cross join ledger
    where known.cloid = %(cloid)s and known.account_key = %(account)s
    returning known.state, known.deployment_id
), booked as (
    insert into fills (
        account_key, fill_id, deployment_id, cloid, symbol, side, size, price, fee, liquidity, kind, closed_pnl,
        filled_at, recorded_at
    )
    select %(account)s, fill.fill_id, settled.deployment_id, fill.cloid, fill.symbol, fill.side, fill.size, fill.price,
        fill.fee, fill.liquidity, fill.kind, fill.closed_pnl, instant_at(fill.time), instant_at(%(at)s)
    from settled
    cross join listed as fill
    order by fill.ordinality
    on conflict (account_key, fill_id) do nothing
)
select exists (select from fence) as live, (select state from settled) as state;

-- name: living_intents
-- The intents of an account about which something is left to do; the conditions are those of their index.
select cloid, decision_id::text as decision, account_key as account, epoch, kind, leg, attempt, symbol, side, size,
    limit_price, reduce_only, time_in_force, trigger_kind, trigger_price,
    coalesce(trigger_position_sized, false) as trigger_position_sized, target_cloid as target, target_order, leverage,
    coalesce(isolated, false) as isolated, position_before, nonce, instant_ms(expires_at) as expires_at, signer,
    instant_ms(prepared_at) as prepared_at, state, filled, booked, sends, burns, instant_ms(absent_at) as absent_at,
    uncounted, instant_ms(filled_at) as filled_at, ended_by
from order_intents
where account_key = %(account)s
  and (
    state in ('prepared', 'sent', 'unknown', 'resting')
    or (state in ('filled', 'partial') and (uncounted or booked < filled))
  )
order by order_intents.prepared_at, decision_id, leg, attempt;

-- name: find_intent
-- What is known of one intent.
select cloid, decision_id::text as decision, account_key as account, epoch, kind, leg, attempt, symbol, side, size,
    limit_price, reduce_only, time_in_force, trigger_kind, trigger_price,
    coalesce(trigger_position_sized, false) as trigger_position_sized, target_cloid as target, target_order, leverage,
    coalesce(isolated, false) as isolated, position_before, nonce, instant_ms(expires_at) as expires_at, signer,
    instant_ms(prepared_at) as prepared_at, state, filled, booked, sends, burns, instant_ms(absent_at) as absent_at,
    uncounted, instant_ms(filled_at) as filled_at, ended_by
from order_intents
where cloid = %(cloid)s and account_key = %(account)s;

-- name: account_fills
-- Every fill of an account.
select fill_id, cloid, symbol, side, size, price, fee, liquidity, instant_ms(filled_at) as time, closed_pnl, kind
from fills
where account_key = %(account)s
order by filled_at, seq;

-- name: record_fills
-- Fills that no intent of ours caused.
with fence as materialized (
    select 1 from leases
    where account_key = %(account)s and epoch = %(epoch)s and state = 'held' and expires_at >= clock_timestamp()
    for share
), locked as materialized (
    -- As in every statement that brings fills: the intents first.
    select intent.cloid
    from order_intents as intent
    cross join fence
    where intent.account_key = %(account)s
      and intent.cloid in (select fill.cloid from json_to_recordset(%(fills)s::json) as fill (cloid text))
    order by intent.cloid
    for no key update of intent
), booked as (
    insert into fills (
        account_key, fill_id, deployment_id, cloid, symbol, side, size, price, fee, liquidity, kind, closed_pnl,
        filled_at, recorded_at
    )
    select %(account)s, fill.fill_id, %(deployment)s::uuid, fill.cloid, fill.symbol, fill.side, fill.size, fill.price,
        fill.fee, fill.liquidity, fill.kind, fill.closed_pnl, instant_at(fill.time), instant_at(%(at)s)
    from fence
    cross join rows from (json_to_recordset(%(fills)s::json) as (
        fill_id text, cloid text, symbol text, side text, size numeric, price numeric, fee numeric, liquidity text,
        kind text, closed_pnl numeric, "time" bigint
    )) with ordinality as fill
    where (select count(*) from locked) >= 0
    order by fill.ordinality
    on conflict (account_key, fill_id) do nothing
)
select exists (select from fence) as live;
