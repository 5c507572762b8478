-- What is known of each intent, so that whoever takes an account over reads it as it was, and who signs with which
-- number. The defaults are what is known of an intent before anything happened.

alter table order_intents
    add column signer text check (signer <> ''),
    add column filled numeric not null default 0 check (filled >= 0),
    add column booked numeric not null default 0 check (booked >= 0),
    add column sends integer not null default 0 check (sends >= 0),
    add column burns integer not null default 0 check (burns >= 0),
    add column absent_at timestamptz,
    add column uncounted boolean not null default false,
    add column filled_at timestamptz,
    add column ended_by text check (ended_by ~ '^[a-z_]+$'),
    add column target_order text check (target_order <> ''),
    add constraint order_intents_whole_signing check (num_nonnulls(signer, nonce, expires_at) in (0, 3));

comment on column order_intents.filled is 'units known to have executed';
comment on column order_intents.booked is 'units of them known to be in fills';
comment on column order_intents.sends is 'sends that began; counted by those who note them, not by a plain settlement';
comment on column order_intents.absent_at is 'venue time of the earliest read that counts of those that showed nothing new';
comment on column order_intents.uncounted is 'the venue calls it filled, and how much that was is open';
comment on column order_intents.target_order is 'of a cancel: the venue''s number of an order without a client order id';
comment on column order_intents.filled_at is 'of an uncounted one: the earliest venue time by which it was filled';

-- A nonce is used at most once, whoever prepares.
create unique index order_intents_one_per_nonce on order_intents (signer, nonce) where nonce is not null;

create index fills_by_order on fills (account_key, cloid) where cloid is not null;

update order_intents as intent
set filled = executed.units, booked = executed.units
from (
    select account_key, cloid, sum(size) as units from fills where cloid is not null group by account_key, cloid
) as executed
where intent.account_key = executed.account_key and intent.cloid = executed.cloid;

create index order_intents_living on order_intents (account_key)
    where state in ('prepared', 'sent', 'unknown', 'resting')
       or (state in ('filled', 'partial') and (uncounted or booked < filled));

-- It holds the unresolved ones too.
drop index order_intents_unresolved;

create table signer_nonces (
    signer text primary key check (signer <> ''),
    nonce bigint not null
) with (fillfactor = 50);

comment on column signer_nonces.nonce is 'the last one given; the next is later than it and not before the clock';
