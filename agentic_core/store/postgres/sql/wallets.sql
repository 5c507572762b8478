-- Agent wallets: accounts, wallets that wait for their approval, and wallets that have it.

-- name: add_master
-- An account that nobody has yet.
insert into hyperliquid_master_wallets (id, user_id, address, verified_at, pairing_sig_hash, created_at)
values (%(id)s, %(user)s, %(address)s, instant_at(%(at)s), %(sig_hash)s, instant_at(%(at)s))
on conflict do nothing;

-- name: prove_master
-- The newest proof, unless the account is another user's. Apart from adding it: an upsert that meets a row which its
-- role may not see is an error.
update hyperliquid_master_wallets
set verified_at = instant_at(%(at)s), pairing_sig_hash = %(sig_hash)s
where address = %(address)s and user_id = %(user)s
returning id::text, user_id::text, address, instant_ms(verified_at) as verified_at, pairing_sig_hash,
    instant_ms(created_at) as created_at;

-- name: masters_of_user
-- The accounts of a user.
select id::text, user_id::text, address, instant_ms(verified_at) as verified_at, pairing_sig_hash,
    instant_ms(created_at) as created_at
from hyperliquid_master_wallets
where user_id = %(user)s
order by hyperliquid_master_wallets.created_at, address;

-- name: stage_wallet
-- A wallet that waits, unless it was approved once.
insert into pending_hyperliquid_agents (
    agent_address, vault_key_id, master_wallet_id, network, agent_name, nonce_ms, challenge, created_at
)
select %(address)s::text, %(key)s::uuid, %(master)s::uuid, %(network)s::text, %(name)s::text, %(nonce)s::bigint,
    %(challenge)s::jsonb, instant_at(%(at)s)
where not exists (
    select from hyperliquid_agents where agent_address = %(address)s or vault_key_id = %(key)s
)
returning agent_address as address;

-- name: pending_wallet
-- A wallet that waits.
select master_wallet_id::text as master_id, vault_key_id::text, challenge, instant_ms(created_at) as created_at
from pending_hyperliquid_agents
where agent_address = %(address)s;

-- name: waiting_wallets
-- The wallets of a network that wait.
select master_wallet_id::text as master_id, vault_key_id::text, challenge, instant_ms(created_at) as created_at
from pending_hyperliquid_agents
where network = %(network)s
order by pending_hyperliquid_agents.created_at, agent_address;

-- name: take_pending_wallet
-- A wallet that waited until now.
delete from pending_hyperliquid_agents
where agent_address = %(address)s
returning master_wallet_id::text as master_id, vault_key_id::text, challenge, instant_ms(created_at) as created_at;

-- name: lock_master
-- One approval of an account after the other, so that two for one name do not meet in the index.
select from hyperliquid_master_wallets where id = %(master)s for update;

-- name: replace_holder
-- The wallet that had the name until now.
update hyperliquid_agents
set revoked_at = instant_at(%(at)s), ended_by = 'replaced', replaced_by = %(address)s
where master_wallet_id = %(master)s and network = %(network)s and agent_name = %(name)s and revoked_at is null;

-- name: add_wallet
-- The wallet that has it now.
insert into hyperliquid_agents (
    id, master_wallet_id, network, agent_address, agent_name, vault_key_id, valid_until, approved_at, created_at
)
values (
    %(id)s, %(master)s, %(network)s, %(address)s, %(name)s, %(key)s, instant_at(%(valid_until)s), instant_at(%(at)s),
    instant_at(%(at)s)
);

-- name: find_wallet
-- A wallet by its address.
select agent.id::text, master_wallet_id::text as master_id, master.address as master, network, agent_address as address,
    agent_name as name, agent.vault_key_id::text, instant_ms(valid_until) as valid_until,
    instant_ms(agent.approved_at) as approved_at, expiry_told, instant_ms(revoked_at) as revoked_at, ended_by,
    replaced_by, instant_ms(lease_revoked_at) as lease_revoked_at, instant_ms(key_destroyed_at) as key_destroyed_at,
    instant_ms(gone_at) as gone_at
from hyperliquid_agents as agent
join hyperliquid_master_wallets as master on master.id = master_wallet_id
where agent_address = %(address)s;

-- name: holder_of_name
-- The wallet that trades under a name.
select agent.id::text, master_wallet_id::text as master_id, master.address as master, network, agent_address as address,
    agent_name as name, agent.vault_key_id::text, instant_ms(valid_until) as valid_until,
    instant_ms(agent.approved_at) as approved_at, expiry_told, instant_ms(revoked_at) as revoked_at, ended_by,
    replaced_by, instant_ms(lease_revoked_at) as lease_revoked_at, instant_ms(key_destroyed_at) as key_destroyed_at,
    instant_ms(gone_at) as gone_at
from hyperliquid_agents as agent
join hyperliquid_master_wallets as master on master.id = master_wallet_id
where master_wallet_id = %(master)s and network = %(network)s and agent_name = %(name)s and revoked_at is null;

-- name: watched_wallets
-- The wallets of a network that the venue may still let trade.
select agent.id::text, master_wallet_id::text as master_id, master.address as master, network, agent_address as address,
    agent_name as name, agent.vault_key_id::text, instant_ms(valid_until) as valid_until,
    instant_ms(agent.approved_at) as approved_at, expiry_told, instant_ms(revoked_at) as revoked_at, ended_by,
    replaced_by, instant_ms(lease_revoked_at) as lease_revoked_at, instant_ms(key_destroyed_at) as key_destroyed_at,
    instant_ms(gone_at) as gone_at
from hyperliquid_agents as agent
join hyperliquid_master_wallets as master on master.id = master_wallet_id
where network = %(network)s and gone_at is null
order by agent.approved_at, agent_address;

-- name: revoke_wallet
-- Ended by us, unless it ended before.
update hyperliquid_agents
set revoked_at = instant_at(%(at)s), ended_by = 'revoked'
where agent_address = %(address)s and revoked_at is null;

-- name: wallet_lease_revoked
-- When the lease of its account was taken away.
update hyperliquid_agents
set lease_revoked_at = coalesce(lease_revoked_at, instant_at(%(at)s))
where agent_address = %(address)s;

-- name: wallet_key_destroyed
-- When its key was destroyed.
update hyperliquid_agents
set key_destroyed_at = coalesce(key_destroyed_at, instant_at(%(at)s))
where agent_address = %(address)s;

-- name: end_wallet
-- What the venue showed, unless that is known.
update hyperliquid_agents
set gone_at = instant_at(%(at)s),
    revoked_at = coalesce(revoked_at, instant_at(%(at)s)),
    ended_by = coalesce(ended_by, %(how)s),
    replaced_by = coalesce(replaced_by, %(replaced_by)s)
where agent_address = %(address)s and gone_at is null
returning agent_address as address;

-- name: warn_wallet
-- A warning, unless it or a nearer one was given.
update hyperliquid_agents
set expiry_told = %(warning)s::smallint
where agent_address = %(address)s and (expiry_told is null or expiry_told > %(warning)s::smallint)
returning agent_address as address;
