-- The journals. Records are appended by triggers alone; see migration 0008.

-- name: journal_head
-- The newest record of a chain.
select deployment_id::text as deployment, seq, encode(hash, 'hex') as hash, epoch
from journal_heads
where deployment_id = %(deployment)s;

-- name: journal_after
-- The records after one, in order.
select deployment_id::text as deployment, seq, epoch, kind, record, encode(hash, 'hex') as hash
from journal
where deployment_id = %(deployment)s and seq > %(seq)s
order by journal.seq
limit %(limit)s;

-- name: journal_payload
-- The private text of a record.
select deployment_id::text as deployment, seq, salt, payload
from journal_payloads
where deployment_id = %(deployment)s and seq = %(seq)s;

-- name: erase_journal_payload
-- Gone here and where the decision stands; the record keeps its commitment, which without the salt tells nothing.
with erased as (
    delete from journal_payloads where deployment_id = %(deployment)s and seq = %(seq)s
    returning deployment_id, seq
), blanked as (
    update decision_snapshots as decision
    set final_text = '', proposed_action = null
    from erased
    join journal using (deployment_id, seq)
    where decision.id = (journal.record::json -> 'body' ->> 'id')::uuid
)
select exists (select from erased) as answer;

-- name: journal_checkpoints
-- The signed heads of a chain.
select deployment_id::text as deployment, seq, encode(hash, 'hex') as hash, key_id, statement, signature,
    instant_ms(made_at) as made_at
from journal_checkpoints
where deployment_id = %(deployment)s
order by journal_checkpoints.seq;

-- name: add_journal_checkpoint
-- A signed head, provided that the chain has that record.
with signed as (
    select deployment_id, seq, hash
    from journal
    where deployment_id = %(deployment)s and seq = %(seq)s and hash = decode(%(hash)s, 'hex')
), added as (
    insert into journal_checkpoints (deployment_id, seq, hash, key_id, statement, signature, made_at)
    select deployment_id, seq, hash, %(key_id)s, %(statement)s, %(signature)s, instant_at(%(made_at)s) from signed
    on conflict (deployment_id, seq) do nothing
    returning seq
)
select exists (select from signed) as is_known, exists (select from added) as is_new;

-- name: journals_due
-- Chains that grew by so much since their newest signed head.
select head.deployment_id::text as deployment, head.seq, encode(head.hash, 'hex') as hash, head.epoch
from journal_heads as head
left join lateral (
    select checkpoint.seq
    from journal_checkpoints as checkpoint
    where checkpoint.deployment_id = head.deployment_id
    order by checkpoint.seq desc
    limit 1
) as signed on true
where head.seq - coalesce(signed.seq, 0) >= %(every)s
order by head.deployment_id;
