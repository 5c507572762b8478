-- Budgets that refill with time, by the database's own clock.

-- name: take_from_budget
-- The bucket is full so much later, unless that is too late; the row's lock puts callers in line.
with taken as (
    insert into rate_budgets as budget (bucket, full_at)
    values (%(bucket)s, clock_timestamp() + %(cost_us)s * interval '1 microsecond')
    on conflict (bucket) do update
    set full_at = greatest(
            clock_timestamp(), least(budget.full_at, clock_timestamp() + %(debt_us)s * interval '1 microsecond')
        ) + %(cost_us)s * interval '1 microsecond'
    where greatest(
            clock_timestamp(), least(budget.full_at, clock_timestamp() + %(debt_us)s * interval '1 microsecond')
        ) + %(cost_us)s * interval '1 microsecond'
        <= clock_timestamp() + %(reach_us)s * interval '1 microsecond'
    returning bucket
)
select case
    when exists (select from taken) then 0
    -- The row as it was before a competitor changed it, or not there yet: the wait is advice, so the least of it is.
    else greatest(1, coalesce((
        select ceil(extract(epoch from
            least(budget.full_at, clock_timestamp() + %(debt_us)s * interval '1 microsecond')
            + (%(cost_us)s - %(reach_us)s) * interval '1 microsecond' - clock_timestamp()
        ) * 1000)::bigint
        from rate_budgets as budget
        where bucket = %(bucket)s
    ), 1))
end as wait_ms;

-- name: charge_budget
-- The bucket is full so much later, however late that is.
insert into rate_budgets as budget (bucket, full_at)
values (%(bucket)s, clock_timestamp() + %(cost_us)s * interval '1 microsecond')
on conflict (bucket) do update
set full_at = greatest(
        clock_timestamp(), least(budget.full_at, clock_timestamp() + %(debt_us)s * interval '1 microsecond')
    ) + %(cost_us)s * interval '1 microsecond';

-- name: give_back_to_budget
-- The bucket is full so much earlier.
update rate_budgets
set full_at = full_at - %(cost_us)s * interval '1 microsecond'
where bucket = %(bucket)s;

-- name: block_budget
-- The bucket is not full before so long.
insert into rate_budgets as budget (bucket, full_at)
values (%(bucket)s, clock_timestamp() + %(span_us)s * interval '1 microsecond')
on conflict (bucket) do update
set full_at = greatest(budget.full_at, clock_timestamp() + %(span_us)s * interval '1 microsecond');

-- name: room_in_budget
-- How far a bucket is from the instant at which it would be empty.
select floor(
    %(full_us)s - greatest(0, extract(epoch from full_at - clock_timestamp()) * 1000000)
)::bigint as room_us
from rate_budgets
where bucket = %(bucket)s;
