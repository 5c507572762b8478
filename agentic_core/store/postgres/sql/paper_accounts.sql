-- The books of paper accounts.

-- name: read_paper_books
-- What was written last.
select account_key as account, instant_ms(as_of) as as_of, state::text as state
from paper_accounts
where account_key = %(account)s;

-- name: write_paper_books
-- The books in place of those before. `live` answers whether the fence held.
with fence as materialized (
    select 1 from leases
    where account_key = %(account)s and epoch = %(epoch)s and state = 'held' and expires_at >= clock_timestamp()
    for share
), written as (
    insert into paper_accounts (account_key, as_of, state)
    select %(account)s, instant_at(%(as_of)s), %(state)s::jsonb
    from fence
    on conflict (account_key) do update set as_of = excluded.as_of, state = excluded.state
    returning 1
)
select exists (select from fence) as live;
