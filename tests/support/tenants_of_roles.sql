-- Everything one tenant can leave behind, by hand and as the owner: on paper, and on an account whose first deployment
-- on mainnet ended and whose second one runs.

insert into users (id, email) values (%(user)s, %(tenant)s || '@tenants.example');

insert into sessions (token_hash, user_id, expires_at)
values (sha256(convert_to(%(tenant)s, 'UTF8')), %(user)s, now() + interval '1 day');

insert into skills (id, user_id, name, slug, latest_version) values (%(skill)s, %(user)s, 'Skill', 'skill', 2);

insert into skill_versions (skill_id, version, payload, payload_hash)
select %(skill)s, version, jsonb_build_object('called', %(tenant)s || ' version ' || version), repeat('e', 64)
from generate_series(1, 2) as version;

insert into hyperliquid_master_wallets (id, user_id, address, verified_at, pairing_sig_hash)
values (%(master)s, %(user)s, %(master_address)s, now(), repeat('e', 64));

insert into hyperliquid_agents (
    id, master_wallet_id, network, agent_address, agent_name, vault_key_id, valid_until, approved_at, revoked_at, ended_by
)
values
    (
        %(old_wallet)s, %(master)s, 'Mainnet', %(old_address)s, 'desk', gen_random_uuid(), now() + interval '1 day', now(),
        now(), 'revoked'
    ),
    (
        %(live_wallet)s, %(master)s, 'Mainnet', %(live_address)s, 'desk',
        create_hyperliquid_agent_secret(
            %(envelope)s, 'agent_key/Mainnet/' || %(user)s || '/' || %(live_address)s || '/' || %(live)s
        ),
        now() + interval '1 day', now(), null, null
    );

insert into pending_hyperliquid_agents (
    agent_address, vault_key_id, master_wallet_id, network, agent_name, nonce_ms, challenge
)
select %(pending_address)s, gen_random_uuid(), %(master)s, 'Mainnet', 'next', 1, '{}';

-- A sealed key that no wallet has, as old as it is left lying.
insert into vault.secrets (name, secret, created_at)
values (
    'agent_key/Mainnet/' || %(user)s || '/' || %(pending_address)s || '/unbound', %(envelope)s, now() - interval '1 day'
);

insert into deployments (
    id, user_id, skill_id, skill_version, broker_kind, status, account_key, hyperliquid_agent_id, commands_issued
)
values
    (%(paper)s, %(user)s, %(skill)s, 1, 'paper', 'running', 'paper:' || %(paper)s, null, 1),
    (
        %(old)s, %(user)s, %(skill)s, 1, 'hyperliquid-mainnet', 'stopped', 'mainnet:' || %(master_address)s, %(old_wallet)s,
        1
    ),
    (
        %(live)s, %(user)s, %(skill)s, 1, 'hyperliquid-mainnet', 'running', 'mainnet:' || %(master_address)s,
        %(live_wallet)s, 1
    );

insert into leases (account_key, epoch, holder, state, expires_at, deployment_id)
select account_key, 1, 'holder', 'held', now() + interval '1 day', id
from deployments
where user_id = %(user)s and status = 'running';

-- What each of the three left.
insert into decision_snapshots (
    id, deployment_id, trace_id, skill_id, skill_version, tick_at, decided_by, verdict, final_text, equity_usd, marks, cost_usd
)
select gen_random_uuid(), id, repeat('1', 32), skill_id, skill_version, now(), 'model', '{}', 'private', 1, '{}', 0
from deployments
where user_id = %(user)s;

insert into cost_rollups (deployment_id, month, cost_usd, unknown_costs)
select id, '2022-01-01', 0, 0 from deployments where user_id = %(user)s;

insert into chat_calls (deployment_id, decision_id, step, attempt, account_key, epoch, purpose, reserved_at, bound_usd)
select deployment_id, decided.id, 0, 0, account_key, 1, 'look', now(), 0
from decision_snapshots as decided
join deployments on deployments.id = deployment_id
where user_id = %(user)s;

insert into chat_months (deployment_id, month)
select id, '2022-01-01' from deployments where user_id = %(user)s;

insert into chat_tape (
    deployment_id, key, call_deployment_id, decision_id, step, attempt, request, status, headers, body, recorded_at
)
select id, encode(sha256('asked'), 'hex') || '/0', id, gen_random_uuid(), 0, 0, 'asked', 200, '[]', 'answered', now()
from deployments
where user_id = %(user)s;

insert into order_intents (
    cloid, decision_id, deployment_id, account_key, epoch, trace_id, kind, leg, attempt, symbol, side, size, limit_price,
    reduce_only, time_in_force, signer, nonce, expires_at, state, sends, prepared_at
)
select '0x' || left(md5(run.id::text), 32), made.id, run.id, run.account_key, 1, repeat('1', 32), 'order', 0, 0, 'BTC',
    'buy', 1, 1, false, 'ioc', wallet.agent_address, case when wallet.id is not null then 1 end,
    case when wallet.id is not null then now() end, 'resting', 1, now()
from deployments as run
join decision_snapshots as made on made.deployment_id = run.id
left join hyperliquid_agents as wallet on wallet.id = run.hyperliquid_agent_id
where run.user_id = %(user)s;

insert into fills (
    account_key, fill_id, deployment_id, cloid, symbol, side, size, price, fee, liquidity, kind, closed_pnl, filled_at,
    recorded_at
)
select account_key, 'fill of ' || deployment_id, deployment_id, cloid, 'BTC', 'buy', 0.5, 1, 0, 'taker', 'order', 0, now(),
    now()
from order_intents
where deployment_id in (select id from deployments where user_id = %(user)s);

insert into funding_payments (
    account_key, payment_id, deployment_id, symbol, amount_usd, rate, size, paid_at, recorded_at
)
select account_key, 'BTC of ' || id, id, 'BTC', 1, 1, 1, now(), now() from deployments where user_id = %(user)s;

insert into transfers (account_key, transfer_id, deployment_id, kind, amount_usd, moved_at, recorded_at)
select account_key, 'of ' || id, id, 'deposit', 1, now(), now() from deployments where user_id = %(user)s;

insert into signer_nonces (signer, nonce) values (%(old_address)s, 1), (%(live_address)s, 1);

insert into agent_state (deployment_id, equity_usd, day_pnl_usd, positions, marks, updated_at)
select id, 1, 0, '[]', '{}', now() from deployments where user_id = %(user)s;

insert into agent_logs (deployment_id, ts, level, event, message, trace_id)
select id, now(), 'info', 'tick', 'a line', repeat('1', 32) from deployments where user_id = %(user)s;

insert into agent_commands (id, deployment_id, seq, kind, issued_at, state)
select gen_random_uuid(), id, 1, 'pause', now(), 'queued' from deployments where user_id = %(user)s;

insert into account_days (account_key, day, baseline_usd, opened_at, peak_usd, as_of)
select account_key, '2022-01-01', 1, now(), 1, now() from deployments where id = %(paper)s;

insert into paper_accounts (account_key, as_of, state)
select account_key, now(), '{}' from deployments where id = %(paper)s;

-- The journal is written when a transaction ends.
set constraints all immediate;

insert into journal_checkpoints (deployment_id, seq, hash, key_id, statement, signature, made_at)
select deployment_id, 1, hash, 'key', '{}', decode(repeat('00', 64), 'hex'), now()
from journal
where seq = 1 and deployment_id in (select id from deployments where user_id = %(user)s);

insert into key_openings (deployment_id, agent_id, epoch, holder, purpose)
values (%(live)s, %(live_wallet)s, 1, 'holder', 'trade'), (null, %(old_wallet)s, null, 'operator', 'operator');

insert into sim_runs (id, skill_id, skill_version, user_id, symbol, bars_interval, range_from, range_to, status)
values (%(run)s, %(skill)s, 1, %(user)s, 'BTC', '1h', now(), now(), 'complete');

insert into decision_snapshots (
    id, sim_run_id, trace_id, skill_id, skill_version, tick_at, decided_by, verdict, equity_usd, marks
)
values (gen_random_uuid(), %(run)s, repeat('1', 32), %(skill)s, 1, now(), 'model', '{}', 1, '{}');
