-- The journal of each deployment: what was decided, prepared, sent and executed, as a chain of records. The database
-- writes it, in the transaction of the effect, so that no writer can forget to. A record is one line of JSON whose keys
-- are sorted, and holds the hash of the one before it.

do $$ begin
    if not exists (select from pg_catalog.pg_roles where rolname = 'agentic_journal') then
        create role agentic_journal nologin;
    end if;
exception
    when duplicate_object or unique_violation then null;  -- roles belong to the server, and another database was first
end $$;

-- Whoever gives a function away has to be able to be its new owner.
do $$ begin
    if not (select rolsuper from pg_catalog.pg_roles where rolname = current_user) then
        grant agentic_journal to current_user;
    end if;
exception when insufficient_privilege then
    if not pg_catalog.pg_has_role(current_user, 'agentic_journal', 'member') then
        raise exception 'the role agentic_journal was made by the owner of another database on this server; '
            'have a superuser run: grant agentic_journal to %', quote_ident(current_user)
            using errcode = 'insufficient_privilege';
    end if;
end $$;

-- What an effect waits for has no check constraints, each of which the server would parse anew for each row: whoever is
-- not append_record goes through check_link, which asks for more.

create table public.journal (
    deployment_id uuid not null,
    seq bigint not null,
    epoch bigint,
    kind text not null,
    record text not null,
    hash bytea not null,
    primary key (deployment_id, seq)
) with (autovacuum_vacuum_insert_scale_factor = 0.05);

comment on table public.journal is 'the chain of each deployment; written by append_record alone';
comment on column public.journal.epoch is 'of the trading lease by then, as the chain knows it; it never falls';
comment on column public.journal.record is 'the line as it was hashed';
comment on column public.journal.hash is 'SHA-256 of 0x00, "journal/v1", a line feed and the record';

create table public.journal_heads (
    deployment_id uuid primary key constraint journal_heads_deployment references public.deployments (id),
    seq bigint not null,
    hash bytea not null,
    epoch bigint
) with (fillfactor = 30);

comment on table public.journal_heads is 'the newest record of each chain; its row is locked while one is added';

create table public.journal_payloads (
    deployment_id uuid not null,
    seq bigint not null,
    salt bytea not null,
    payload text not null,
    primary key (deployment_id, seq)
);

comment on table public.journal_payloads is
    'private text of decisions; the record holds its HMAC-SHA256 under the salt, so that a row can be erased';

create table public.journal_checkpoints (
    deployment_id uuid not null,
    seq bigint not null,
    hash bytea not null check (octet_length(hash) = 32),
    key_id text not null check (key_id <> ''),
    statement text not null,
    signature bytea not null check (octet_length(signature) = 64),
    made_at timestamptz not null,
    primary key (deployment_id, seq),
    constraint journal_checkpoints_record foreign key (deployment_id, seq)
        references public.journal (deployment_id, seq)
);

comment on table public.journal_checkpoints is 'heads that were signed with Ed25519 outside of the runner';

-- ── one link after the other ────────────────────────────────────────────────────────────────────────────────────────

-- Not for anybody to call: the functions below do, as agentic_journal.
create function public.append_record(deployment uuid, kind text, body json, epoch bigint default null) returns void
    language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    head public.journal_heads;
    record text;
begin
    select * into head from public.journal_heads where deployment_id = deployment for no key update;
    if not found then
        raise exception 'deployment % has no journal', deployment using errcode = 'foreign_key_violation',
            constraint = 'journal_heads_deployment';
    end if;
    head.epoch := greatest(epoch, head.epoch);
    head.seq := head.seq + 1;
    record := '{"at":' || floor(extract(epoch from clock_timestamp()) * 1000)::bigint
        || ',"body":' || json_strip_nulls(body)
        || ',"deployment":"' || deployment
        || coalesce('","epoch":' || head.epoch || ',"kind":"', '","kind":"') || kind
        || '","prev":"' || encode(head.hash, 'hex')
        || '","seq":' || head.seq || ',"v":1}';
    head.hash := sha256('\x006a6f75726e616c2f76310a'::bytea || convert_to(record, 'UTF8'));
    with moved as (
        update public.journal_heads as known
        set seq = head.seq, hash = head.hash, epoch = head.epoch
        where known.deployment_id = deployment
    )
    insert into public.journal (deployment_id, seq, epoch, kind, record, hash)
    values (deployment, head.seq, head.epoch, kind, record, head.hash);
end $$;

-- What somebody inserts by hand has to be the next link.
create function public.check_link() returns trigger
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    head public.journal_heads;
    told json;
begin
    select * into head from public.journal_heads where deployment_id = new.deployment_id for no key update;
    told := new.record::json;
    if new.kind !~ '^[a-z_]+$' or (
        new.seq, new.hash, new.epoch,
        told ->> 'prev', told ->> 'seq', told ->> 'epoch', told ->> 'kind', told ->> 'deployment'
    ) is distinct from (
        head.seq + 1,
        sha256('\x006a6f75726e616c2f76310a'::bytea || convert_to(new.record, 'UTF8')),
        greatest(new.epoch, head.epoch),
        encode(head.hash, 'hex'), new.seq::text, new.epoch::text, new.kind, new.deployment_id::text
    ) then
        raise exception 'record % does not follow record % of the journal of %', new.seq, head.seq, new.deployment_id
            using errcode = 'restrict_violation', schema = tg_table_schema, table = tg_table_name;
    end if;
    update public.journal_heads
    set seq = new.seq, hash = new.hash, epoch = new.epoch
    where deployment_id = new.deployment_id;
    return new;
end $$;

create trigger journal_linked before insert on public.journal
    for each row when (current_user <> 'agentic_journal') execute function public.check_link();

create trigger journal_stay before update or delete on public.journal
    for each row execute function public.keep_facts('deployment_id', 'seq');

create trigger journal_stay_all before truncate on public.journal
    for each statement execute function public.keep_facts();

-- Private text may be erased, but not become another.
create trigger journal_payloads_stay before update on public.journal_payloads
    for each row execute function public.keep_facts('deployment_id', 'seq');

create trigger journal_checkpoints_stay before update or delete on public.journal_checkpoints
    for each row execute function public.keep_facts('deployment_id', 'seq');

create trigger journal_checkpoints_stay_all before truncate on public.journal_checkpoints
    for each statement execute function public.keep_facts();

create function public.guard_journal_head() returns trigger
    language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    if tg_op = 'UPDATE' and new.deployment_id = old.deployment_id and new.seq >= old.seq then
        return new;
    end if;
    raise exception 'the journal of a deployment only grows' using errcode = 'restrict_violation',
        schema = tg_table_schema, table = tg_table_name;
end $$;

create trigger journal_heads_only_grow before update or delete on public.journal_heads
    for each row execute function public.guard_journal_head();

create trigger journal_heads_only_grow_all before truncate on public.journal_heads
    for each statement execute function public.guard_journal_head();

-- For what no table shows, such as a restored backup; tells which record it became.
create function public.journal_append(deployment uuid, kind text, body json, epoch bigint default null) returns bigint
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform public.append_record(deployment, kind, (
        select coalesce(json_object_agg(fact.key, fact.value order by fact.key collate "C"), '{}')
        from json_each(body) as fact
    ), epoch);
    return (select head.seq from public.journal_heads as head where head.deployment_id = deployment);
end $$;

-- ── private text ────────────────────────────────────────────────────────────────────────────────────────────────────

-- HMAC (RFC 2104) without an extension, for keys of 32 bytes.
create function public.hmac_of(key bytea, message bytea) returns bytea
    language sql immutable strict parallel safe set search_path = pg_catalog, pg_temp as $$
    select sha256(
        substring(bit_send(('x' || encode(key, 'hex'))::bit(256) # ('x' || repeat('5c', 32))::bit(256)) from 5)
        || decode(repeat('5c', 32), 'hex')
        || sha256(
            substring(bit_send(('x' || encode(key, 'hex'))::bit(256) # ('x' || repeat('36', 32))::bit(256)) from 5)
            || decode(repeat('36', 32), 'hex')
            || message
        )
    )
$$;

-- ── what is told of each effect ─────────────────────────────────────────────────────────────────────────────────────

create function public.journal_genesis() returns trigger
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    insert into public.journal_heads (deployment_id, seq, hash) values (new.id, 0, decode(repeat('00', 32), 'hex'));
    perform public.append_record(new.id, 'genesis', json_build_object(
        'account_key', new.account_key,
        'broker_kind', new.broker_kind,
        'created_at', public.instant_ms(new.created_at),
        'desired', new.desired,
        'error_text', new.error_text,
        'halt_reason', new.halt_reason,
        'hyperliquid_agent_id', new.hyperliquid_agent_id,
        'loss_bound', version.loss_bound::text,
        'payload_hash', version.payload_hash,
        'skill_id', new.skill_id,
        'skill_version', new.skill_version,
        'status', new.status,
        'user_id', new.user_id
    ))
    from public.skill_versions as version
    where version.skill_id = new.skill_id and version.version = new.skill_version;
    return null;
end $$;

create function public.journal_status() returns trigger
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform public.append_record(new.id, 'status', json_build_object(
        'desired', new.desired,
        'error_text', new.error_text,
        'halt_reason', new.halt_reason,
        'hyperliquid_agent_id', new.hyperliquid_agent_id,
        'status', new.status
    ));
    return null;
end $$;

create function public.journal_lease() returns trigger
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform public.append_record(new.deployment_id, 'lease', json_build_object(
        'account_key', new.account_key,
        'epoch', new.epoch,
        'holder', new.holder,
        'state', new.state
    ), new.epoch);
    return null;
end $$;

create function public.journal_decision() returns trigger
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    salt bytea;
    payload text;
begin
    if new.final_text <> '' or new.proposed_action is not null then
        salt := sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()));
        payload := json_strip_nulls(json_build_object(
            'final_text', new.final_text,
            'proposed_action', new.proposed_action::text
        ))::text;
    end if;
    perform public.append_record(new.deployment_id, 'decision', json_build_object(
        'commit', encode(public.hmac_of(salt, convert_to(payload, 'UTF8')), 'hex'),
        'completion_tokens', new.completion_tokens,
        'context_hash', new.context_hash,
        'cost_usd', trim_scale(new.cost_usd)::text,
        'decided_by', new.decided_by,
        'equity_usd', trim_scale(new.equity_usd)::text,
        'id', new.id,
        'marks', new.marks::text,
        'prompt_tokens', new.prompt_tokens,
        'result', new.engine_result::text,
        'skill_id', new.skill_id,
        'skill_version', new.skill_version,
        'tick_at', public.instant_ms(new.tick_at),
        'trace_id', new.trace_id,
        'verdict', new.verdict::text
    ));
    if salt is not null then
        insert into public.journal_payloads (deployment_id, seq, salt, payload)
        select deployment_id, seq, salt, payload from public.journal_heads where deployment_id = new.deployment_id;
    end if;
    return null;
end $$;

create function public.journal_result() returns trigger
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if new.deployment_id is not null and old.engine_result is distinct from new.engine_result then
        perform public.append_record(new.deployment_id, 'result', json_build_object(
            'id', new.id,
            'result', new.engine_result::text
        ));
    end if;
    return null;
end $$;

create function public.journal_intent() returns trigger
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform public.append_record(new.deployment_id, 'intent', json_build_object(
        'attempt', new.attempt,
        'cloid', new.cloid,
        'decision_id', new.decision_id,
        'epoch', new.epoch,
        'expires_at', public.instant_ms(new.expires_at),
        'isolated', new.isolated,
        'kind', new.kind,
        'leg', new.leg,
        'leverage', new.leverage,
        'limit_price', trim_scale(new.limit_price)::text,
        'nonce', new.nonce,
        'position_before', trim_scale(new.position_before)::text,
        'prepared_at', public.instant_ms(new.prepared_at),
        'reduce_only', new.reduce_only,
        'side', new.side,
        'signer', new.signer,
        'size', trim_scale(new.size)::text,
        'state', new.state,
        'symbol', new.symbol,
        'target_cloid', new.target_cloid,
        'target_order', new.target_order,
        'time_in_force', new.time_in_force,
        'trace_id', new.trace_id,
        'trigger_kind', new.trigger_kind,
        'trigger_position_sized', new.trigger_position_sized,
        'trigger_price', trim_scale(new.trigger_price)::text
    ));
    return null;
end $$;

-- The conditions stand here and not in a WHEN, which the server would parse anew for each statement.
create function public.journal_note() returns trigger
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if (old.signer, old.nonce, old.expires_at) is distinct from (new.signer, new.nonce, new.expires_at) then
        perform public.append_record(new.deployment_id, 'numbered', json_build_object(
            'cloid', new.cloid,
            'expires_at', public.instant_ms(new.expires_at),
            'nonce', new.nonce,
            'signer', new.signer
        ));
    end if;
    if (
        old.state, old.filled, old.booked, old.sends, old.burns, old.absent_at, old.uncounted, old.filled_at,
        old.ended_by, old.venue_order_id, old.cause, old.settled_at
    ) is distinct from (
        new.state, new.filled, new.booked, new.sends, new.burns, new.absent_at, new.uncounted, new.filled_at,
        new.ended_by, new.venue_order_id, new.cause, new.settled_at
    ) then
        perform public.append_record(new.deployment_id, 'noted', json_build_object(
            'absent_at', public.instant_ms(new.absent_at),
            'booked', trim_scale(new.booked)::text,
            'burns', new.burns,
            'cause', new.cause,
            'cloid', new.cloid,
            'ended_by', new.ended_by,
            'filled', trim_scale(new.filled)::text,
            'filled_at', public.instant_ms(new.filled_at),
            'sends', new.sends,
            'settled_at', public.instant_ms(new.settled_at),
            'state', new.state,
            'uncounted', new.uncounted,
            'venue_order_id', new.venue_order_id
        ));
    end if;
    return null;
end $$;

create function public.journal_fill() returns trigger
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform public.append_record(new.deployment_id, 'fill', json_build_object(
        'cloid', new.cloid,
        'closed_pnl', trim_scale(new.closed_pnl)::text,
        'fee', trim_scale(new.fee)::text,
        'fill_id', new.fill_id,
        'filled_at', public.instant_ms(new.filled_at),
        'kind', new.kind,
        'liquidity', new.liquidity,
        'price', trim_scale(new.price)::text,
        'side', new.side,
        'size', trim_scale(new.size)::text,
        'symbol', new.symbol
    ));
    return null;
end $$;

create function public.journal_funding() returns trigger
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform public.append_record(new.deployment_id, 'funding', json_build_object(
        'amount_usd', trim_scale(new.amount_usd)::text,
        'paid_at', public.instant_ms(new.paid_at),
        'payment_id', new.payment_id,
        'rate', trim_scale(new.rate)::text,
        'size', trim_scale(new.size)::text,
        'symbol', new.symbol
    ));
    return null;
end $$;

create function public.journal_transfer() returns trigger
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform public.append_record(new.deployment_id, 'transfer', json_build_object(
        'amount_usd', trim_scale(new.amount_usd)::text,
        'kind', new.kind,
        'moved_at', public.instant_ms(new.moved_at),
        'transfer_id', new.transfer_id
    ));
    return null;
end $$;

create function public.journal_command() returns trigger
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform public.append_record(new.deployment_id, 'command', json_build_object(
        'acked_at', public.instant_ms(new.acked_at),
        'id', new.id,
        'issued_at', public.instant_ms(new.issued_at),
        'kind', new.kind,
        'outcome', new.outcome,
        'payload', new.payload::text,
        'seq', new.seq,
        'state', new.state
    ));
    return null;
end $$;

-- ── who writes it ───────────────────────────────────────────────────────────────────────────────────────────────────

grant usage on schema public to agentic_journal;
grant insert on public.journal, public.journal_payloads to agentic_journal;
grant select, insert, update on public.journal_heads to agentic_journal;
grant select (skill_id, version, payload_hash, loss_bound) on public.skill_versions to agentic_journal;
grant execute on function public.instant_ms(timestamptz) to agentic_journal;

-- For as long as functions become its own.
grant create on schema public to agentic_journal;

do $$
declare
    written regprocedure;
begin
    foreach written in array array[
        'public.append_record(uuid, text, json, bigint)', 'public.check_link()', 'public.hmac_of(bytea, bytea)',
        'public.journal_append(uuid, text, json, bigint)', 'public.journal_genesis()', 'public.journal_status()',
        'public.journal_lease()', 'public.journal_decision()', 'public.journal_result()', 'public.journal_intent()',
        'public.journal_note()', 'public.journal_fill()', 'public.journal_funding()', 'public.journal_transfer()',
        'public.journal_command()'
    ]::regprocedure[] loop
        execute format('revoke all on function %s from public', written);
        execute format('alter function %s owner to agentic_journal', written);
    end loop;
end $$;

revoke create on schema public from agentic_journal;
revoke all on function public.guard_journal_head() from public;
grant execute on function public.journal_append(uuid, text, json, bigint) to current_user;

-- ── when ────────────────────────────────────────────────────────────────────────────────────────────────────────────

-- At the end of the transaction, so that the row of the head is the last one that is locked, and for the shortest time.
create constraint trigger deployments_began after insert on public.deployments
    deferrable initially deferred for each row execute function public.journal_genesis();

create constraint trigger deployments_moved after update on public.deployments
    deferrable initially deferred for each row
    when (
        (old.status, old.desired, old.error_text, old.halt_reason, old.hyperliquid_agent_id)
        is distinct from (new.status, new.desired, new.error_text, new.halt_reason, new.hyperliquid_agent_id)
    )
    execute function public.journal_status();

create constraint trigger leases_made after insert on public.leases
    deferrable initially deferred for each row when (new.deployment_id is not null)
    execute function public.journal_lease();

create constraint trigger leases_moved after update on public.leases
    deferrable initially deferred for each row
    when (
        new.deployment_id is not null
        and (old.epoch, old.state, old.holder) is distinct from (new.epoch, new.state, new.holder)
    )
    execute function public.journal_lease();

create constraint trigger decisions_taken after insert on public.decision_snapshots
    deferrable initially deferred for each row when (new.deployment_id is not null)
    execute function public.journal_decision();

create constraint trigger decisions_came_to after update on public.decision_snapshots
    deferrable initially deferred for each row execute function public.journal_result();

create constraint trigger order_intents_prepared after insert on public.order_intents
    deferrable initially deferred for each row execute function public.journal_intent();

create constraint trigger order_intents_noted after update on public.order_intents
    deferrable initially deferred for each row execute function public.journal_note();

create constraint trigger fills_booked after insert on public.fills
    deferrable initially deferred for each row execute function public.journal_fill();

create constraint trigger funding_payments_booked after insert on public.funding_payments
    deferrable initially deferred for each row execute function public.journal_funding();

create constraint trigger transfers_booked after insert on public.transfers
    deferrable initially deferred for each row execute function public.journal_transfer();

create constraint trigger agent_commands_queued after insert on public.agent_commands
    deferrable initially deferred for each row execute function public.journal_command();

create constraint trigger agent_commands_moved after update on public.agent_commands
    deferrable initially deferred for each row when (old.state is distinct from new.state)
    execute function public.journal_command();

-- ── deployments from before ─────────────────────────────────────────────────────────────────────────────────────────

insert into public.journal_heads (deployment_id, seq, hash)
select id, 0, decode(repeat('00', 32), 'hex') from public.deployments;

select public.journal_append(deployment.id, 'genesis', json_build_object(
    'account_key', deployment.account_key,
    'adopted', true,
    'broker_kind', deployment.broker_kind,
    'created_at', public.instant_ms(deployment.created_at),
    'desired', deployment.desired,
    'error_text', deployment.error_text,
    'halt_reason', deployment.halt_reason,
    'hyperliquid_agent_id', deployment.hyperliquid_agent_id,
    'loss_bound', version.loss_bound::text,
    'payload_hash', version.payload_hash,
    'skill_id', deployment.skill_id,
    'skill_version', deployment.skill_version,
    'status', deployment.status,
    'user_id', deployment.user_id
))
from public.deployments as deployment
join public.skill_versions as version
    on version.skill_id = deployment.skill_id and version.version = deployment.skill_version;

select public.journal_append(deployment_id, 'lease', json_build_object(
    'account_key', account_key, 'epoch', epoch, 'holder', holder, 'state', state
), epoch)
from public.leases
where deployment_id is not null;
