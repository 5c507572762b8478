-- What chat models cost, call by call, what they were asked and what they answered.

-- ── calls ───────────────────────────────────────────────────────────────────────────────────────────────────────────

create table public.chat_calls (
    deployment_id uuid not null,
    decision_id uuid not null,
    step integer not null check (step >= 0),
    attempt integer not null check (attempt >= 0),
    account_key text not null,
    epoch bigint not null check (epoch > 0),
    purpose text not null check (purpose in ('look', 'position', 'repair')),
    reserved_at timestamptz not null,
    bound_usd numeric not null
        constraint chat_calls_bound_is_a_number check (bound_usd >= 0 and bound_usd < 'infinity'::numeric),
    cost_usd numeric
        constraint chat_calls_cost_is_a_number check (cost_usd >= 0 and cost_usd < 'infinity'::numeric),
    source text check (source in ('reported', 'looked_up', 'bound', 'never_left')),
    settled_at timestamptz,
    primary key (decision_id, deployment_id, step, attempt),
    constraint chat_calls_deployment foreign key (deployment_id, account_key)
        references public.deployments (id, account_key),
    constraint chat_calls_whole_end check (num_nonnulls(cost_usd, source, settled_at) in (0, 3))
) with (fillfactor = 70);

comment on table public.chat_calls is 'every call of a chat model: held before it is made, settled after it';
comment on column public.chat_calls.decision_id is 'of its turn, which may end without a decision';
comment on column public.chat_calls.reserved_at is 'by venue time: the UTC day and month that it counts to';
comment on column public.chat_calls.cost_usd is 'null while all of bound_usd is held; what a call counts as is said once';

create index chat_calls_by_day on public.chat_calls (deployment_id, reserved_at);

create index chat_calls_held on public.chat_calls (deployment_id) where cost_usd is null;

-- The row of a month is locked while a call of it is held or settled, so that nobody counts on the same money.
create table public.chat_months (
    deployment_id uuid not null constraint chat_months_deployment references public.deployments (id),
    month date not null check (extract(day from month) = 1),
    settled_usd numeric not null default 0
        constraint chat_months_settled_is_a_number check (settled_usd >= 0 and settled_usd < 'infinity'::numeric),
    held_usd numeric not null default 0
        constraint chat_months_held_is_a_number check (held_usd >= 0 and held_usd < 'infinity'::numeric),
    repair_usd numeric not null default 0
        constraint chat_months_repair_is_a_number check (repair_usd >= 0 and repair_usd < 'infinity'::numeric),
    primary key (deployment_id, month)
) with (fillfactor = 50);

comment on table public.chat_months is 'chat_calls by UTC month, kept in the same transaction';
comment on column public.chat_months.repair_usd is 'what is settled and held for repairs, which settled_usd and held_usd hold as well';

-- A call is reserved as it is, and settled once. Whoever owns the table edits as typed.
create function public.keep_settled() returns trigger
    language plpgsql set search_path = pg_catalog, pg_temp
    as $$
begin
    if pg_catalog.pg_has_role(
        current_user, (select relowner from pg_catalog.pg_class where oid = tg_relid), 'usage'
    ) then
        return new;
    end if;
    raise exception 'step %, attempt % of decision % is settled at % USD, and stays so',
        old.step, old.attempt, old.decision_id, old.cost_usd
        using errcode = 'restrict_violation', schema = tg_table_schema, table = tg_table_name;
end $$;

create trigger chat_calls_stay_settled before update on public.chat_calls
    for each row when (old.cost_usd is not null)
    execute function public.keep_settled();

-- ── tapes ───────────────────────────────────────────────────────────────────────────────────────────────────────────

create table public.chat_tape (
    deployment_id uuid not null constraint chat_tape_deployment references public.deployments (id),
    key text collate "C" not null,
    call_deployment_id uuid not null,
    decision_id uuid not null,
    step integer not null check (step >= 0),
    attempt integer not null check (attempt >= 0),
    request bytea not null constraint chat_tape_request_is_short check (octet_length(request) <= 16777216),
    status integer not null check (status between 0 and 999),
    headers jsonb not null
        constraint chat_tape_headers_are_short
            check (jsonb_typeof(headers) = 'array' and octet_length(headers::text) <= 65536),
    body bytea not null constraint chat_tape_body_is_short check (octet_length(body) <= 16777216),
    recorded_at timestamptz not null,
    primary key (deployment_id, key),
    constraint chat_tape_key_of_request check (
        starts_with(key, encode(sha256(request), 'hex') || '/') and substr(key, 66) ~ '^[0-9]{1,9}$'
    )
);

comment on table public.chat_tape is 'what went over the wire to chat models and back, found again by what was asked';
comment on column public.chat_tape.key is 'SHA-256 of the request, and the attempt';
comment on column public.chat_tape.status is 'of the answer over HTTP; 0 where there was none';

create trigger chat_tape_stay before update or delete on public.chat_tape
    for each row execute function public.keep_facts('deployment_id', 'key');

create trigger chat_tape_stay_all before truncate on public.chat_tape
    for each statement execute function public.keep_facts();

-- ── decisions ───────────────────────────────────────────────────────────────────────────────────────────────────────

alter table public.decision_snapshots
    add column steps jsonb not null default '[]'
        constraint decision_snapshots_steps_are_short
            check (jsonb_typeof(steps) = 'array' and octet_length(steps::text) <= 32768);

comment on column public.decision_snapshots.context_hash is 'SHA-256 of the first request that a chat model was sent';
comment on column public.decision_snapshots.steps is 'every call of a chat model and every use of a tool, in order';

-- The record tells of the steps too: they name each request by its hash, and a request holds all answers before it, so
-- that a tape altered afterwards no longer fits.
create or replace function public.journal_decision() returns trigger
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
        'steps', nullif(new.steps, '[]')::text,
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

-- ── who may ─────────────────────────────────────────────────────────────────────────────────────────────────────────

select public.admit_owner();

grant select on public.chat_calls to agentic_web;
create policy web on public.chat_calls to agentic_web using (deployment_id in (select id from public.deployments));

grant select, insert, update (cost_usd, source, settled_at) on public.chat_calls to agentic_runner;
create policy runner on public.chat_calls to agentic_runner using (deployment_id = (select public.runner_deployment()));

grant select on public.chat_months to agentic_web;
create policy web on public.chat_months to agentic_web using (deployment_id in (select id from public.deployments));

grant select, insert, update (settled_usd, held_usd, repair_usd) on public.chat_months to agentic_runner;
create policy runner on public.chat_months to agentic_runner using (deployment_id = (select public.runner_deployment()));

grant select on public.chat_tape to agentic_web;
create policy web on public.chat_tape to agentic_web using (deployment_id in (select id from public.deployments));

grant select, insert on public.chat_tape to agentic_runner;
create policy runner on public.chat_tape to agentic_runner using (deployment_id = (select public.runner_deployment()));

-- What is new is executable by PUBLIC until here.
select public.shut_out_strangers();
