-- What chat models cost, and what went to them and back. Whoever holds a call locks the row of its month before looking
-- at what is left of it: a statement sees what was there when it began, not what it waited for.

-- name: lock_chat_month
-- The month of an instant, made where it is new and locked, provided that the lease is live; no row otherwise.
with fence as materialized (
    select 1 from leases
    where account_key = %(account)s and epoch = %(epoch)s and state = 'held' and expires_at >= clock_timestamp()
    for share
)
insert into chat_months as known (deployment_id, month)
select %(deployment)s::uuid, date_trunc('month', instant_at(%(at)s) at time zone 'UTC')::date
from fence
on conflict (deployment_id, month) do update set held_usd = known.held_usd
returning true as live;

-- name: chat_standing
-- What the UTC month and day of an instant have come to.
with day as materialized (
    select date_trunc('day', instant_at(%(at)s) at time zone 'UTC') as first
), month as (
    select settled_usd, held_usd, repair_usd
    from chat_months
    where deployment_id = %(deployment)s and month = (select date_trunc('month', first)::date from day)
)
select coalesce((select settled_usd from month), 0) as month_settled,
    coalesce((select held_usd from month), 0) as month_held,
    coalesce((select repair_usd from month), 0) as repair_committed,
    coalesce(sum(cost_usd), 0) as day_settled,
    coalesce(sum(bound_usd) filter (where cost_usd is null), 0) as day_held
from chat_calls
where deployment_id = %(deployment)s
  and reserved_at >= (select first at time zone 'UTC' from day)
  and reserved_at < (select (first + interval '1 day') at time zone 'UTC' from day);

-- name: hold_chat_call
-- A call in its month, unless it was held or settled before; no row then.
with held as (
    insert into chat_calls (
        deployment_id, decision_id, step, attempt, account_key, epoch, purpose, reserved_at, bound_usd
    )
    values (
        %(deployment)s::uuid, %(decision)s::uuid, %(step)s, %(attempt)s, %(account)s, %(epoch)s, %(purpose)s,
        instant_at(%(at)s), %(bound)s::numeric
    )
    on conflict (decision_id, deployment_id, step, attempt) do nothing
    returning deployment_id, reserved_at, bound_usd, purpose
)
update chat_months as month
set held_usd = month.held_usd + held.bound_usd,
    repair_usd = month.repair_usd + case when held.purpose = 'repair' then held.bound_usd else 0 end
from held
where month.deployment_id = held.deployment_id
  and month.month = date_trunc('month', held.reserved_at at time zone 'UTC')::date
returning true as live;

-- name: settle_chat_call
-- What a call counts as, which is said once; no row where it was never held.
with known as materialized (
    select deployment_id, decision_id, step, attempt, cost_usd
    from chat_calls
    where deployment_id = %(deployment)s and decision_id = %(decision)s and step = %(step)s and attempt = %(attempt)s
    for no key update
), settled as (
    update chat_calls as call
    set cost_usd = coalesce(%(cost)s::numeric, call.bound_usd),
        source = %(source)s,
        settled_at = instant_at(%(at)s)
    from known
    where (call.deployment_id, call.decision_id, call.step, call.attempt)
        = (known.deployment_id, known.decision_id, known.step, known.attempt)
      and known.cost_usd is null
    returning call.deployment_id, call.reserved_at, call.purpose, call.bound_usd, call.cost_usd
), moved as (
    update chat_months as month
    set settled_usd = month.settled_usd + settled.cost_usd,
        held_usd = month.held_usd - settled.bound_usd,
        repair_usd = month.repair_usd
            + case when settled.purpose = 'repair' then settled.cost_usd - settled.bound_usd else 0 end
    from settled
    where month.deployment_id = settled.deployment_id
      and month.month = date_trunc('month', settled.reserved_at at time zone 'UTC')::date
)
select coalesce(settled.cost_usd, known.cost_usd) as cost_usd
from known left join settled on true;

-- name: settle_abandoned_chat_calls
-- What earlier leases of the account left held, at its bound. `live` answers whether the fence held.
with fence as materialized (
    select 1 from leases
    where account_key = %(account)s and epoch = %(epoch)s and state = 'held' and expires_at >= clock_timestamp()
    for share
), abandoned as materialized (
    select call.decision_id, call.step, call.attempt
    from chat_calls as call
    cross join fence
    where call.deployment_id = %(deployment)s and call.account_key = %(account)s and call.epoch < %(epoch)s
      and call.cost_usd is null
    order by call.reserved_at, call.decision_id, call.step, call.attempt
    for no key update of call
), settled as (
    update chat_calls as call
    set cost_usd = call.bound_usd, source = 'bound', settled_at = instant_at(%(at)s)
    from abandoned
    where call.deployment_id = %(deployment)s
      and (call.decision_id, call.step, call.attempt)
        = (abandoned.decision_id, abandoned.step, abandoned.attempt)
    returning call.reserved_at, call.bound_usd
), months as materialized (
    select date_trunc('month', reserved_at at time zone 'UTC')::date as month, sum(bound_usd) as bound_usd
    from settled
    group by 1
), moved as (
    update chat_months as known
    set settled_usd = known.settled_usd + months.bound_usd, held_usd = known.held_usd - months.bound_usd
    from months
    where known.deployment_id = %(deployment)s and known.month = months.month
)
select exists (select from fence) as live, (select count(*) from settled) as settled;

-- name: find_chat_call
-- What is known of a call.
select deployment_id::text as deployment, decision_id::text as decision, step, attempt, purpose,
    instant_ms(reserved_at) as at, bound_usd, cost_usd, source
from chat_calls
where deployment_id = %(deployment)s and decision_id = %(decision)s and step = %(step)s and attempt = %(attempt)s;

-- name: chat_calls_of_decision
-- The calls of a decision, in order.
select deployment_id::text as deployment, decision_id::text as decision, step, attempt, purpose,
    instant_ms(reserved_at) as at, bound_usd, cost_usd, source
from chat_calls
where decision_id = %(decision)s
order by step, attempt;

-- name: costs_unlike_calls
-- Decisions of a chat model that state another cost than their settled calls come to; one whose first call was broken
-- off knows no request.
select decided.id::text as decision, decided.cost_usd
from decision_snapshots as decided
cross join lateral (
    select coalesce(sum(cost_usd), 0) as cost_usd, count(*) as made, count(*) filter (where cost_usd is null) as held
    from chat_calls
    where decision_id = decided.id and deployment_id = decided.deployment_id
) as called
where decided.deployment_id = %(deployment)s and (decided.context_hash is not null or called.made > 0)
  and case when called.held = 0 then called.cost_usd end is distinct from decided.cost_usd
order by decided.tick_at, decided.id;

-- name: find_on_tape
-- One exchange.
select key, call_deployment_id::text as deployment, decision_id::text as decision, step, attempt, request, status,
    headers, body, instant_ms(recorded_at) as recorded_at
from chat_tape
where deployment_id = %(deployment)s and key = %(key)s;

-- name: keep_on_tape
-- An exchange, unless there is one under its key.
insert into chat_tape (
    deployment_id, key, call_deployment_id, decision_id, step, attempt, request, status, headers, body, recorded_at
)
values (
    %(deployment)s::uuid, %(key)s, %(call_deployment)s::uuid, %(decision)s::uuid, %(step)s, %(attempt)s, %(request)s,
    %(status)s, %(headers)s::jsonb, %(body)s, instant_at(%(recorded_at)s)
)
on conflict (deployment_id, key) do nothing;

-- name: read_tape
-- Exchanges by their keys, after one of them.
select key, call_deployment_id::text as deployment, decision_id::text as decision, step, attempt, request, status,
    headers, body, instant_ms(recorded_at) as recorded_at
from chat_tape
where deployment_id = %(deployment)s and key > %(after)s
order by key
limit %(limit)s;

-- name: requests_on_tape
-- What was asked, by the keys.
select key, request, instant_ms(recorded_at) as recorded_at
from chat_tape
where deployment_id = %(deployment)s and key > %(after)s
order by key
limit %(limit)s;
