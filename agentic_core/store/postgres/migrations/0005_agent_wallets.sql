-- Whose account it is, which keys wait for its owner's signature, and which were approved. The keys themselves are in
-- the vault.

create table hyperliquid_master_wallets (
    id uuid primary key,
    user_id uuid not null constraint hyperliquid_master_wallets_user references users (id),
    address text not null check (address ~ '^0x[0-9a-f]{40}$'),
    verified_at timestamptz not null,
    pairing_sig_hash text not null check (pairing_sig_hash ~ '^[0-9a-f]{64}$'),
    created_at timestamptz not null default now(),
    constraint hyperliquid_master_wallets_one_address unique (address)
);

create table pending_hyperliquid_agents (
    agent_address text primary key check (agent_address ~ '^0x[0-9a-f]{40}$'),
    vault_key_id uuid not null,
    master_wallet_id uuid not null constraint pending_hyperliquid_agents_master
        references hyperliquid_master_wallets (id),
    network text not null,
    agent_name text not null check (agent_name <> ''),
    nonce_ms bigint not null,
    challenge jsonb not null,
    created_at timestamptz not null default now(),
    constraint pending_hyperliquid_agents_one_key unique (vault_key_id)
);

comment on table pending_hyperliquid_agents is 'written before the owner is asked to sign: no approved key is unknown';

create table hyperliquid_agents (
    id uuid primary key,
    master_wallet_id uuid not null constraint hyperliquid_agents_master references hyperliquid_master_wallets (id),
    network text not null,
    agent_address text not null check (agent_address ~ '^0x[0-9a-f]{40}$'),
    agent_name text not null check (agent_name <> ''),
    vault_key_id uuid not null,
    valid_until timestamptz not null,
    approved_at timestamptz not null,
    approval_tx_hash text,
    expiry_told smallint check (expiry_told in (14, 3, 1, 0)),
    revoked_at timestamptz,
    ended_by text check (ended_by in ('revoked', 'expired', 'replaced', 'not_listed')),
    replaced_by text check (replaced_by ~ '^0x[0-9a-f]{40}$'),
    lease_revoked_at timestamptz,
    key_destroyed_at timestamptz,
    gone_at timestamptz,
    created_at timestamptz not null default now(),
    constraint hyperliquid_agents_one_address unique (agent_address),
    constraint hyperliquid_agents_one_key unique (vault_key_id),
    constraint hyperliquid_agents_whole_end check ((revoked_at is null) = (ended_by is null)),
    constraint hyperliquid_agents_gone_is_revoked check (gone_at is null or revoked_at is not null)
);

comment on column hyperliquid_agents.approval_tx_hash is 'null unless written by hand: the venue''s answer tells none';
comment on column hyperliquid_agents.expiry_told is 'days left at the last warning; 0 once it was said that it expired';
comment on column hyperliquid_agents.gone_at is 'when the venue was seen to let it trade no longer';

create unique index hyperliquid_agents_one_per_name on hyperliquid_agents (master_wallet_id, network, agent_name)
    where revoked_at is null;

create index hyperliquid_agents_watched on hyperliquid_agents (network, approved_at)
    where gone_at is null;
