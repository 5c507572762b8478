-- What the tables hold of a deployment on its account, as its journal tells it; nothing here is used by whoever writes.

-- name: at_one_moment
-- Everything that follows sees the same moment; what is committed together is seen together.
set transaction isolation level repeatable read, read only;

-- name: journaled_chains
-- Everybody who has a journal, or had one: heads alone do not tell of a journal that was taken away.
select id::text as deployment from deployments
union
select deployment_id::text from journal_heads
union
select deployment_id::text from journal_checkpoints
order by deployment;

-- name: newest_record
-- By the records themselves, whatever the head says.
select max(seq) as number from journal where deployment_id = %(deployment)s::uuid;

-- name: journaled_deployment
select user_id::text as user_id, account_key, broker_kind, skill_id::text as skill_id, skill_version,
    version.payload_hash, version.loss_bound::text as loss_bound, instant_ms(deployments.created_at) as created_at,
    status, desired, hyperliquid_agent_id::text as hyperliquid_agent_id, error_text, halt_reason,
    instant_ms(halted_at) as halted_at
from deployments
join skill_versions as version using (skill_id)
where deployments.id = %(deployment)s::uuid and version.version = skill_version;

-- name: journaled_decisions
select id::text as id, trace_id, instant_ms(tick_at) as tick_at, decided_by, skill_id::text as skill_id, skill_version,
    context_hash, verdict::text as verdict, engine_result::text as result, marks::text as marks, equity_usd,
    prompt_tokens, completion_tokens, cost_usd, nullif(steps, '[]')::text as steps
from decision_snapshots
where deployment_id = %(deployment)s::uuid;

-- name: journaled_texts
-- What is private of each decision, as digests: the text itself is nobody's who verifies.
select id::text as id, encode(sha256(convert_to(final_text, 'UTF8')), 'hex') as final_text,
    encode(sha256(convert_to(proposed_action::text, 'UTF8')), 'hex') as proposed_action
from decision_snapshots
where deployment_id = %(deployment)s::uuid and (final_text <> '' or proposed_action is not null);

-- name: journaled_intents
select cloid, decision_id::text as decision_id, trace_id, epoch, kind, leg, attempt, symbol, side, size, limit_price,
    reduce_only, time_in_force, trigger_kind, trigger_price, trigger_position_sized, target_cloid, target_order,
    leverage, isolated, position_before, instant_ms(prepared_at) as prepared_at, signer, nonce,
    instant_ms(expires_at) as expires_at, state, filled, booked, sends, burns, instant_ms(absent_at) as absent_at,
    uncounted, instant_ms(filled_at) as filled_at, ended_by, venue_order_id, cause,
    instant_ms(settled_at) as settled_at
from order_intents
where deployment_id = %(deployment)s::uuid
  and account_key = (select account_key from deployments where id = %(deployment)s::uuid);

-- name: journaled_fills
select fill_id, cloid, symbol, side, size, price, fee, liquidity, kind, closed_pnl, instant_ms(filled_at) as filled_at
from fills
where deployment_id = %(deployment)s::uuid
  and account_key = (select account_key from deployments where id = %(deployment)s::uuid);

-- name: journaled_funding
select payment_id, symbol, amount_usd, rate, size, instant_ms(paid_at) as paid_at
from funding_payments
where deployment_id = %(deployment)s::uuid
  and account_key = (select account_key from deployments where id = %(deployment)s::uuid);

-- name: journaled_transfers
select transfer_id, kind, amount_usd, instant_ms(moved_at) as moved_at
from transfers
where deployment_id = %(deployment)s::uuid
  and account_key = (select account_key from deployments where id = %(deployment)s::uuid);

-- name: journaled_commands
select id::text as id, seq, kind, payload::text as payload, state, outcome, instant_ms(issued_at) as issued_at,
    instant_ms(acked_at) as acked_at, claimed_epoch, instant_ms(finished_at) as finished_at
from agent_commands
where deployment_id = %(deployment)s::uuid;

-- name: journaled_months
select to_char(month, 'YYYY-MM') as month, cost_usd, unknown_costs
from cost_rollups
where deployment_id = %(deployment)s::uuid;

-- name: journaled_orders
select cloid, symbol, side, kind, reduce_only, status, size_base, filled_size_base, avg_fill_price, fee_usd,
    limit_price, venue_order_id, instant_ms(placed_at) as placed_at, instant_ms(settled_at) as settled_at
from mainnet_orders
where deployment_id = %(deployment)s::uuid
  and account_key = (select account_key from deployments where id = %(deployment)s::uuid);

-- name: journaled_positions
select symbol, sum(case side when 'buy' then size else -size end) as size
from fills
where deployment_id = %(deployment)s::uuid
  and account_key = (select account_key from deployments where id = %(deployment)s::uuid)
group by symbol
having sum(case side when 'buy' then size else -size end) <> 0;

-- name: journaled_nonces
-- Of everybody who signed for the deployment; the numbers may be those of another one by now.
select signer, nonce
from signer_nonces
where signer in (select signer from order_intents where deployment_id = %(deployment)s::uuid);

-- name: journaled_epoch
-- Of the account's lease, which may be another deployment's by now.
select leases.epoch as number
from leases
join deployments using (account_key)
where deployments.id = %(deployment)s::uuid;

-- name: journaled_payloads
-- Private text that was not erased, of a stretch of records.
select deployment_id::text as deployment, seq, salt, payload
from journal_payloads
where deployment_id = %(deployment)s::uuid and seq > %(after)s and seq <= %(until)s;
