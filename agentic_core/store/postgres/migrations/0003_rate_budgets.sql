-- Budgets that refill with time, shared by the processes on one address. One instant says it all: a bucket that will be
-- full at `full_at` lacks what flows back until then.
-- Unlogged: a crash may forget what the last minute took, and no request should wait for a disk.

create unlogged table rate_budgets (
    bucket text primary key check (bucket <> ''),
    full_at timestamptz not null
) with (fillfactor = 50);

comment on column rate_budgets.full_at is 'when the bucket will be full again; it is full where this has passed';
