"""For every rule of the tables one change that breaks it and no other: its name, what is changed, and what is said."""

from collections.abc import Mapping

__all__ = ["CHECKS", "FURTHER_ROWS", "REFERENCES", "UNIQUE"]

FURTHER_ROWS = """
insert into users (id) values ('eeeeeeee-eeee-8eee-8eee-eeeeeeeeeeee');
insert into sessions values (repeat('a', 32)::bytea, 'eeeeeeee-eeee-8eee-8eee-eeeeeeeeeeee', now(), 'infinity');
insert into platform_config values ('fee', '1');
insert into rate_budgets values ('bucket', now());
insert into account_days values ('paper:x', '2022-01-01', 1, now(), 1, now());
insert into paper_accounts values ('paper:x', now(), '{}');
insert into job_runs values ('sweep', 'a loop', now());
insert into chat_calls select id, gen_random_uuid(), 0, 0, account_key, 1, 'look', now(), 1 from deployments;
insert into chat_months select id, '2022-01-01' from deployments;
insert into chat_tape
    select id, encode(sha256('q'), 'hex') || '/0', id, gen_random_uuid(), 0, 0, 'q', 200, '[]', 'a', now()
    from deployments;
insert into owner_edits (relation, verb, key, before) values ('r', 'delete', '{}', '{}');
insert into restores (found_at, reason, found) values (now(), 'raised', '{}');
insert into key_openings (holder, purpose) values ('h', 'operator');
insert into runner_logins select 'login', id from deployments;
insert into journal_checkpoints
    select deployment_id, seq, hash, 'k', 's', repeat('s', 64)::bytea, now() from journal where seq = 1;
insert into pending_hyperliquid_agents
    select '0x' || repeat('1', 40), gen_random_uuid(), id, 'Mainnet', 'n', 1, '{}' from hyperliquid_master_wallets;
select vault.create_secret('s', 'n');
update users set email = 'a@b' where id <> 'eeeeeeee-eeee-8eee-8eee-eeeeeeeeeeee';
"""
"""For the tables that a tick leaves empty."""

_TOO_LONG = "decode(repeat('00', 16777217), 'hex')"

CHECKS: Mapping[str, str] = {
    "account_days_baseline_is_a_number": "baseline_usd = 'NaN'",
    "account_days_peak_is_a_number": "peak_usd = '-infinity'",
    "agent_commands_ack": "acked_at = now()",
    "agent_commands_claim": "claimed_epoch = 1",
    "agent_commands_claimed_epoch_check": "state = 'claimed', acked_at = now(), claimed_epoch = 0",
    "agent_commands_end": "finished_at = now()",
    "agent_commands_kind_check": "kind = 'sell'",
    "agent_commands_outcome_is_short": "outcome = repeat('x', 32769)",
    "agent_commands_payload_is_short": "payload = jsonb_build_object('reason', repeat('x', 32768))",
    "agent_commands_seq_check": "seq = 0",
    "agent_commands_state_check": "state = 'lost', acked_at = now()",
    "agent_commands_steps_are_short": "steps = jsonb_build_array(repeat('x', 65533))",
    "agent_logs_event_check": "event = 'Order placed'",
    "agent_logs_level_check": "level = 'fatal'",
    "agent_logs_trace_id_check": "trace_id = 'x'",
    "chat_calls_attempt_check": "attempt = -1",
    "chat_calls_bound_is_a_number": "bound_usd = 'NaN'",
    "chat_calls_cost_is_a_number": "cost_usd = 'NaN', source = 'bound', settled_at = now()",
    "chat_calls_epoch_check": "epoch = 0",
    "chat_calls_purpose_check": "purpose = 'fun'",
    "chat_calls_source_check": "cost_usd = 1, source = 'guessed', settled_at = now()",
    "chat_calls_step_check": "step = -1",
    "chat_calls_whole_end": "cost_usd = 1",
    "chat_months_held_is_a_number": "held_usd = -1",
    "chat_months_month_check": "month = '2022-01-02'",
    "chat_months_repair_is_a_number": "repair_usd = 'NaN'",
    "chat_months_settled_is_a_number": "settled_usd = 'NaN'",
    "chat_tape_attempt_check": "attempt = -1",
    "chat_tape_body_is_short": f"body = {_TOO_LONG}",
    "chat_tape_headers_are_short": "headers = '{}'",
    "chat_tape_key_of_request": "request = 'another'",
    "chat_tape_request_is_short": f"request = {_TOO_LONG}, key = encode(sha256({_TOO_LONG}), 'hex') || '/0'",
    "chat_tape_status_check": "status = -1",
    "chat_tape_step_check": "step = -1",
    "cost_rollups_cost_is_a_number": "cost_usd = 'NaN'",
    "cost_rollups_cost_usd_check": "cost_usd = -1",
    "cost_rollups_month_check": "month = '2022-01-02'",
    "cost_rollups_unknown_costs_check": "unknown_costs = -1",
    "database_identity_singleton_check": "singleton = false",
    "decision_snapshots_completion_tokens_check": "completion_tokens = -1",
    "decision_snapshots_context_hash_check": "context_hash = 'x'",
    "decision_snapshots_cost_is_a_number": "cost_usd = 'NaN'",
    "decision_snapshots_cost_usd_check": "cost_usd = -1",
    "decision_snapshots_one_origin": "deployment_id = null",
    "decision_snapshots_prompt_tokens_check": "prompt_tokens = -1",
    "decision_snapshots_steps_are_short": "steps = jsonb_build_array(repeat('x', 32765))",
    "decision_snapshots_trace_id_check": "trace_id = 'x'",
    "deployments_account_of_broker": "account_key = 'paper:' || id",
    "deployments_agent_of_broker": "hyperliquid_agent_id = null",
    "deployments_broker_kind_check": "broker_kind = 'hyperliquid-testnet'",
    "deployments_commands_issued_check": "commands_issued = -1",
    "deployments_desired": "desired = 'paused'",
    "deployments_error_is_short": "error_text = repeat('x', 32769)",
    "deployments_error_trace_id_check": "error_trace_id = 'x'",
    "deployments_fly_image_check": "fly_image = ''",
    "deployments_fly_machine_id_check": "fly_machine_id = ''",
    "deployments_fly_region_check": "fly_region = ''",
    "deployments_halt_is_short": "halt_reason = repeat('x', 32769)",
    "deployments_own_paper_account": "account_key = 'paper:x', broker_kind = 'paper', hyperliquid_agent_id = null",
    "deployments_status_check": "status = 'gone'",
    "fills_kind_check": "kind = 'gift'",
    "fills_liquidity_check": "liquidity = 'none'",
    "fills_price_check": "price = 0",
    "fills_side_check": "side = 'long'",
    "fills_size_check": "size = 0",
    "funding_payments_payment_id_check": "payment_id = ''",
    "hyperliquid_agents_agent_address_check": "agent_address = upper(agent_address)",
    "hyperliquid_agents_agent_name_check": "agent_name = ''",
    "hyperliquid_agents_ended_by_check": "revoked_at = now(), ended_by = 'somebody'",
    "hyperliquid_agents_expiry_told_check": "expiry_told = 2",
    "hyperliquid_agents_gone_is_revoked": "gone_at = now()",
    "hyperliquid_agents_replaced_by_check": "replaced_by = '0x'",
    "hyperliquid_agents_whole_end": "revoked_at = now()",
    "hyperliquid_master_wallets_address_check": "address = '0x'",
    "hyperliquid_master_wallets_pairing_sig_hash_check": "pairing_sig_hash = 'x'",
    "job_runs_holder_check": "holder = ''",
    "job_runs_name_check": "name = ''",
    "job_runs_whole_end": "finished_at = now()",
    "journal_checkpoints_hash_check": "hash = 'x'",
    "journal_checkpoints_key_id_check": "key_id = ''",
    "journal_checkpoints_signature_check": "signature = 'x'",
    "key_openings_epoch_check": "epoch = 0",
    "key_openings_holder_check": "holder = ''",
    "key_openings_purpose_check": "purpose = 'look'",
    "key_openings_trade_is_leased": "purpose = 'trade'",
    "leases_epoch_check": "epoch = 0",
    "leases_state_check": "state = 'lent'",
    "mainnet_orders_avg_fill_price_check": "avg_fill_price = 0",
    "mainnet_orders_filled_size_base_check": "filled_size_base = -1",
    "mainnet_orders_kind_check": "kind = 'cancel'",
    "mainnet_orders_open": "status = 'placed', settled_at = now()",
    "mainnet_orders_priced": "avg_fill_price = null",
    "mainnet_orders_side_check": "side = 'long'",
    "mainnet_orders_size_base_check": "size_base = 0",
    "mainnet_orders_status_check": "status = 'open'",
    "order_intents_attempt_check": "attempt = -1",
    "order_intents_booked_check": "booked = -1",
    "order_intents_burns_check": "burns = -1",
    "order_intents_cause_is_short": "cause = repeat('x', 32769)",
    "order_intents_cloid_check": "cloid = '0x'",
    "order_intents_ended_by_check": "ended_by = 'Somebody'",
    "order_intents_epoch_check": "epoch = 0",
    "order_intents_filled_check": "filled = -1",
    "order_intents_kind_check": "kind = 'twap'",
    "order_intents_leg_check": "leg = -1",
    "order_intents_leverage_check": "leverage = 0",
    "order_intents_limit_price_check": "kind = 'noop', limit_price = -1",
    "order_intents_orders_have_size": "size = 0",
    "order_intents_sends_check": "sends = -1",
    "order_intents_side_check": "side = 'long'",
    "order_intents_signer_check": "signer = ''",
    "order_intents_size_check": "kind = 'noop', size = -1",
    "order_intents_state_check": "state = 'lost'",
    "order_intents_target_cloid_check": "target_cloid = '0x'",
    "order_intents_target_order_check": "target_order = ''",
    "order_intents_time_in_force_check": "time_in_force = 'fok'",
    "order_intents_trace_id_check": "trace_id = 'x'",
    "order_intents_trigger_kind_check": "trigger_kind = 'x', trigger_price = 1, trigger_position_sized = true",
    "order_intents_trigger_price_check": "trigger_kind = 'stop', trigger_price = 0, trigger_position_sized = true",
    "order_intents_whole_signing": "nonce = null",
    "order_intents_whole_trigger": "trigger_price = 1",
    "owner_edits_verb_check": "verb = 'insert', after = '{}'",
    "owner_edits_whole": "after = '{}'",
    "pending_hyperliquid_agents_agent_address_check": "agent_address = '0x'",
    "pending_hyperliquid_agents_agent_name_check": "agent_name = ''",
    "platform_config_key_check": "key = 'Fee'",
    "paper_accounts_are_on_paper": "account_key = 'mainnet:x'",
    "paper_accounts_state_is_short": "state = jsonb_build_array(repeat('x', 1048573))",
    "platform_config_switches": "key = 'trading_disabled'",
    "rate_budgets_bucket_check": "bucket = ''",
    "restores_reason_check": "reason = 'luck'",
    "restores_whole_resolution": "resolved_at = now()",
    "sessions_range": "expires_at = created_at",
    "sessions_token_hash_check": "token_hash = 'x'",
    "signer_nonces_signer_check": "signer = ''",
    "sim_runs_bars_interval_check": "bars_interval = '7m'",
    "sim_runs_cost_usd_check": "cost_usd = -1",
    "sim_runs_progress_pct_check": "progress_pct = 101",
    "sim_runs_range": "range_to = range_from - interval '1 ms'",
    "sim_runs_status_check": "status = 'lost'",
    "skill_versions_payload_hash_check": "payload_hash = 'x'",
    "skill_versions_version_check": "version = 0",
    "skills_latest_version_check": "latest_version = -1",
    "transfers_transfer_id_check": "transfer_id = ''",
    "users_email": "email = 'A@B'",
}
"""What a row is changed to."""

_DEPLOYMENT = "there is no such deployment"
_ON_ACCOUNT = "there is no such deployment on this account"
_OTHER = "'ffffffff-ffff-8fff-8fff-ffffffffffff'"

REFERENCES: Mapping[str, tuple[str, str]] = {
    "agent_commands_deployment": (f"deployment_id = {_OTHER}", _DEPLOYMENT),
    "agent_logs_deployment": (f"deployment_id = {_OTHER}", _DEPLOYMENT),
    "agent_state_deployment": (f"deployment_id = {_OTHER}", _DEPLOYMENT),
    "chat_calls_deployment": (f"deployment_id = {_OTHER}", _ON_ACCOUNT),
    "chat_months_deployment": (f"deployment_id = {_OTHER}", _DEPLOYMENT),
    "chat_tape_deployment": (f"deployment_id = {_OTHER}", _DEPLOYMENT),
    "cost_rollups_deployment_id_fkey": (f"deployment_id = {_OTHER}", _DEPLOYMENT),
    "decision_snapshots_deployment": (f"deployment_id = {_OTHER}", _DEPLOYMENT),
    "decision_snapshots_sim_run": (f"deployment_id = null, sim_run_id = {_OTHER}", "there is no such backtest"),
    "decision_snapshots_skill_version": ("skill_version = 99", "there is no such skill version"),
    "deployments_agent": (f"hyperliquid_agent_id = {_OTHER}", "the user has no such agent wallet"),
    "deployments_skill_of_user": ("user_id = 'eeeeeeee-eeee-8eee-8eee-eeeeeeeeeeee'", "this user has no such skill"),
    "deployments_skill_version": ("skill_version = 99", "there is no such skill version"),
    "deployments_user": (f"user_id = {_OTHER}", "there is no such user"),
    "fills_deployment": (f"deployment_id = {_OTHER}", _ON_ACCOUNT),
    "funding_payments_deployment": (f"deployment_id = {_OTHER}", _ON_ACCOUNT),
    "hyperliquid_agents_master": (f"master_wallet_id = {_OTHER}", "there is no such paired account"),
    "hyperliquid_master_wallets_user": (f"user_id = {_OTHER}", "there is no such user"),
    "journal_checkpoints_record": ("seq = 999", "the journal has no such record"),
    "journal_heads_deployment": (f"deployment_id = {_OTHER}", _DEPLOYMENT),
    "key_openings_agent": (f"agent_id = {_OTHER}", "there is no such agent wallet"),
    "key_openings_deployment": (f"deployment_id = {_OTHER}", _DEPLOYMENT),
    "leases_deployment": (f"deployment_id = {_OTHER}", _ON_ACCOUNT),
    "mainnet_orders_deployment": (f"deployment_id = {_OTHER}", _ON_ACCOUNT),
    "mainnet_orders_intent": ("cloid = '0x' || repeat('f', 32)", "there is no such order intent"),
    "order_intents_decision": (f"decision_id = {_OTHER}", "there is no such decision"),
    "order_intents_deployment": (f"deployment_id = {_OTHER}", _ON_ACCOUNT),
    "pending_hyperliquid_agents_master": (f"master_wallet_id = {_OTHER}", "there is no such paired account"),
    "runner_logins_deployment": (f"deployment_id = {_OTHER}", _DEPLOYMENT),
    "sessions_user": (f"user_id = {_OTHER}", "there is no such user"),
    "sim_runs_skill_of_user": ("user_id = 'eeeeeeee-eeee-8eee-8eee-eeeeeeeeeeee'", "this user has no such skill"),
    "sim_runs_skill_version": ("skill_version = 99", "there is no such skill version"),
    "sim_runs_user": (f"user_id = {_OTHER}", "there is no such user"),
    "skill_versions_skill_id_fkey": (
        (
            "insert into skill_versions (skill_id, version, payload, payload_hash)"
            " values ('ffffffff-ffff-8fff-8fff-ffffffffffff', 1, '{}', repeat('a', 64))"
        ),
        "there is no such skill",
    ),
    "skills_user": (
        (
            "insert into skills (id, user_id, name, slug)"
            " values (gen_random_uuid(), 'ffffffff-ffff-8fff-8fff-ffffffffffff', 'x', 'x')"
        ),
        "there is no such user",
    ),
    "transfers_deployment": (f"deployment_id = {_OTHER}", _ON_ACCOUNT),
}
"""What a row is changed to, and what is said of that."""

_NEW = "ffffffff-ffff-8fff-8fff-ffffffffffff"
_NEWER = "ffffffff-ffff-8fff-8fff-fffffffffff0"
_ADDRESS = "0x" + "f" * 40
_PAPER: Mapping[str, object] = {"broker_kind": "paper", "hyperliquid_agent_id": None}
_KEPT = "this agent wallet or its key was kept before, and no key is approved twice; draw a new one"

UNIQUE: Mapping[str, tuple[tuple[Mapping[str, object], ...], str | None]] = {
    "agent_commands_one_seq": (({"id": _NEW},), None),
    "agent_logs_one_line": (({"id": -1, "line_key": _NEW}, {"id": -2, "line_key": _NEW}), None),
    "deployments_one_active_mainnet_per_user": (
        ({"id": _NEW, "skill_id": _NEW},),
        "you already have an active mainnet deployment, and one at a time is allowed; stop it first",
    ),
    "deployments_one_active_per_skill_broker": (
        (
            {**_PAPER, "id": _NEW, "account_key": f"paper:{_NEW}"},
            {**_PAPER, "id": _NEWER, "account_key": f"paper:{_NEWER}"},
        ),
        "this skill already runs on this broker; stop that deployment first, or redeploy it",
    ),
    "deployments_pkey": (({},), "a deployment with this id exists already"),
    "decision_snapshots_pkey": (({},), "this tick was decided before; another runner may have taken it"),
    "hyperliquid_agents_one_address": (({"id": _NEW, "vault_key_id": _NEW, "agent_name": "x"},), _KEPT),
    "hyperliquid_agents_one_key": (({"id": _NEW, "agent_address": _ADDRESS, "agent_name": "x"},), _KEPT),
    "hyperliquid_agents_one_per_name": (
        ({"id": _NEW, "agent_address": _ADDRESS, "vault_key_id": _NEW},),
        "the account has an agent wallet of this name; revoke that one first, or choose another name",
    ),
    "hyperliquid_master_wallets_one_address": (
        ({"id": _NEW},),
        "this account is paired with another user; sign in as that user, or pair another account",
    ),
    "order_intents_one_per_attempt": (
        ({"cloid": "0x" + "f" * 32, "nonce": 5},),
        "a decision prepares each attempt at a leg once for each kind of action",
    ),
    "order_intents_one_per_nonce": (
        ({"cloid": "0x" + "f" * 32, "leg": 7},),
        "this nonce was given to another intent of the same signer; its row in signer_nonces was set back",
    ),
    "order_intents_pkey": (
        ({},),
        "this client order id was prepared before; another runner may have taken this tick",
    ),
    "pending_hyperliquid_agents_one_key": (({"agent_address": _ADDRESS},), _KEPT),
    "pending_hyperliquid_agents_pkey": (({},), _KEPT),
    "runner_logins_one_deployment": (({"role_name": "another"},), None),
    "secrets_name_idx": (
        ({"id": _NEW},),
        "the key of this agent wallet is kept already, and none is approved twice; draw a new one",
    ),
    "sim_runs_pkey": (({},), "a backtest with this id exists already"),
    "skills_one_slug_per_user": (({"id": _NEW},), None),
    "users_one_email": (({"id": _NEW},), "this e-mail address is another user's; sign in as that user"),
}
"""In what further rows differ from the first, of which the last one is refused, and what people are told of it.

Primary keys that are missing here are broken by the same row again.
"""
