-- What a runner that goes on for weeks keeps: how far each command has come, when a halt latched, what is remembered of
-- an account from day to day. What an operator switches off, and which job ran when.

-- ── commands that take a while ──────────────────────────────────────────────────────────────────────────────────────

alter table public.agent_commands
    add column claimed_epoch bigint check (claimed_epoch > 0),
    add column steps jsonb not null default '[]'
        constraint agent_commands_steps_are_short
            check (jsonb_typeof(steps) = 'array' and octet_length(steps::text) <= 65536),
    add column finished_at timestamptz;

comment on column public.agent_commands.acked_at is 'when it was first taken up, or had its outcome at once';
comment on column public.agent_commands.claimed_epoch is 'of the newest lease under which it was taken up';
comment on column public.agent_commands.steps is 'what was done of it, for people; nobody goes by it';

update public.agent_commands set finished_at = acked_at where state in ('applied', 'refused', 'expired');

-- Nothing could claim one before: whoever did it by hand did so under no lease, so it waits again, and its journal says
-- so before the rules change.
update public.agent_commands set state = 'queued' where state = 'claimed';
set constraints all immediate;
set constraints all deferred;

alter table public.agent_commands
    drop constraint agent_commands_ack,
    add constraint agent_commands_ack check ((state = 'queued') = (acked_at is null)),
    add constraint agent_commands_claim
        check ((state <> 'queued' or claimed_epoch is null) and (state <> 'claimed' or claimed_epoch is not null)),
    add constraint agent_commands_end
        check ((state in ('applied', 'refused', 'expired')) = (finished_at is not null));

-- What became of a command is said once, and so is when it was taken up; claims go from epoch to epoch only upwards.
drop trigger agent_commands_stay_acked on public.agent_commands;

create trigger agent_commands_stay_acked before update on public.agent_commands
    for each row when (
        (
            old.finished_at is not null
            and (old.state, old.outcome, old.acked_at, old.claimed_epoch, old.steps, old.finished_at)
                is distinct from (new.state, new.outcome, new.acked_at, new.claimed_epoch, new.steps, new.finished_at)
        )
        or (
            old.acked_at is not null
            and (
                new.state = 'queued'
                or old.acked_at is distinct from new.acked_at
                or coalesce(old.claimed_epoch, 0) > coalesce(new.claimed_epoch, 0)
            )
        )
    )
    execute function public.keep_acknowledged();

create or replace function public.journal_command() returns trigger
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform public.append_record(new.deployment_id, 'command', json_build_object(
        'acked_at', public.instant_ms(new.acked_at),
        'claimed_epoch', new.claimed_epoch,
        'finished_at', public.instant_ms(new.finished_at),
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

drop trigger agent_commands_moved on public.agent_commands;

create constraint trigger agent_commands_moved after update on public.agent_commands
    deferrable initially deferred for each row
    when ((old.state, old.claimed_epoch) is distinct from (new.state, new.claimed_epoch))
    execute function public.journal_command();

-- ── halts ───────────────────────────────────────────────────────────────────────────────────────────────────────────

alter table public.deployments add column halted_at timestamptz;

comment on column public.deployments.halted_at is
    'when the halt latched that nobody has cleared; whoever clears one says which by this';

create or replace function public.journal_genesis() returns trigger
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
        'halted_at', public.instant_ms(new.halted_at),
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

create or replace function public.journal_status() returns trigger
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform public.append_record(new.id, 'status', json_build_object(
        'desired', new.desired,
        'error_text', new.error_text,
        'halt_reason', new.halt_reason,
        'halted_at', public.instant_ms(new.halted_at),
        'hyperliquid_agent_id', new.hyperliquid_agent_id,
        'status', new.status
    ));
    return null;
end $$;

drop trigger deployments_moved on public.deployments;

create constraint trigger deployments_moved after update on public.deployments
    deferrable initially deferred for each row
    when (
        (old.status, old.desired, old.error_text, old.halt_reason, old.halted_at, old.hyperliquid_agent_id)
        is distinct from
        (new.status, new.desired, new.error_text, new.halt_reason, new.halted_at, new.hyperliquid_agent_id)
    )
    execute function public.journal_status();

-- Whoever looks for silent runners asks for these alone, however many have ended.
create index deployments_unended on public.deployments (created_at, id) where status not in ('stopped', 'error');

-- ── accounts from day to day ────────────────────────────────────────────────────────────────────────────────────────

create table public.account_days (
    account_key text not null,
    day date not null,
    baseline_usd numeric not null
        constraint account_days_baseline_is_a_number check (abs(baseline_usd) < 'infinity'::numeric),
    opened_at timestamptz not null,
    peak_usd numeric not null constraint account_days_peak_is_a_number check (abs(peak_usd) < 'infinity'::numeric),
    as_of timestamptz not null,
    primary key (account_key, day)
) with (fillfactor = 50);

comment on table public.account_days is 'what losses are counted from, by account and UTC day of venue time';
comment on column public.account_days.baseline_usd is 'first equity of the day, with what was paid in since';
comment on column public.account_days.peak_usd is 'highest equity of this day and all before it';
comment on column public.account_days.as_of is 'until when transfers are part of it';

-- The orders of a day are counted when an account is taken over.
create index order_intents_by_day on public.order_intents (account_key, prepared_at) where kind = 'order';

-- ── orders and the stops that are prepared with them ────────────────────────────────────────────────────────────────

-- A stop is of the same leg as the order that it protects.
alter table public.order_intents
    drop constraint order_intents_one_per_attempt,
    add constraint order_intents_one_per_attempt unique (decision_id, kind, leg, attempt);

-- ── paper accounts ──────────────────────────────────────────────────────────────────────────────────────────────────

create table public.paper_accounts (
    account_key text primary key
        constraint paper_accounts_are_on_paper check (account_key like 'paper:%'),
    as_of timestamptz not null,
    state jsonb not null
        constraint paper_accounts_state_is_short check (octet_length(state::text) <= 1048576)
) with (fillfactor = 50);

comment on table public.paper_accounts is 'what a real venue would keep: a paper account''s own books, lived until as_of';

-- ── what a deployment shall come to ─────────────────────────────────────────────────────────────────────────────────

-- A runner ends its deployment, and begins none again: in its hands this only grows tighter.
create function public.keep_desired() returns trigger
    language plpgsql security definer set search_path = pg_catalog, pg_temp
    as $$
begin
    if public.runner_deployment() is null
        or (old.desired, new.desired) in (('running', 'flatten'), ('running', 'stopped'), ('flatten', 'stopped'))
    then
        return new;
    end if;
    raise exception 'a runner may not bring deployment % from % to %', old.id, old.desired, new.desired
        using errcode = 'restrict_violation', schema = tg_table_schema, table = tg_table_name;
end $$;

create trigger deployments_tightened before update of desired on public.deployments
    for each row when (old.desired is distinct from new.desired)
    execute function public.keep_desired();

-- ── what an operator switches, and jobs ─────────────────────────────────────────────────────────────────────────────

alter table public.platform_config
    add constraint platform_config_switches
        check (key not in ('trading_disabled', 'deployments_disabled') or jsonb_typeof(value) = 'boolean');

create table public.job_runs (
    name text primary key check (name <> ''),
    holder text not null check (holder <> ''),
    started_at timestamptz not null,
    finished_at timestamptz,
    outcome jsonb,
    constraint job_runs_whole_end check ((finished_at is null) = (outcome is null))
);

comment on table public.job_runs is 'the newest run of each job; of several schedulers the one that adds it runs it';

-- How often a version decides, and nothing else of what it says.
create function public.version_interval(skill uuid, version integer) returns text
    language sql stable security definer set search_path = pg_catalog, pg_temp
    as $$
    select known.payload -> 'schedule' ->> 'interval'
    from public.skill_versions as known
    where known.skill_id = version_interval.skill and known.version = version_interval.version
$$;

-- ── log lines that are appended again ───────────────────────────────────────────────────────────────────────────────

alter table public.agent_logs add column line_key uuid;

comment on column public.agent_logs.line_key is 'drawn by whoever wrote the line, who may append it again';

create unique index agent_logs_one_line on public.agent_logs (deployment_id, line_key) where line_key is not null;

-- ── who may ─────────────────────────────────────────────────────────────────────────────────────────────────────────

select public.admit_owner();

grant update (claimed_epoch, steps, finished_at) on public.agent_commands to agentic_runner;
grant update (finished_at) on public.agent_commands to agentic_jobs;

grant update (halted_at) on public.deployments to agentic_web, agentic_runner, agentic_jobs;
-- A move to `error` writes it as it is.
grant update (started_at) on public.deployments to agentic_jobs;

-- The jobs end deployments, and begin none.
alter policy jobs on public.deployments with check (desired <> 'running');

grant select, insert, update (baseline_usd, opened_at, peak_usd, as_of) on public.account_days to agentic_runner;
create policy runner on public.account_days to agentic_runner using (account_key = (select public.runner_account()));

grant update (desired) on public.deployments to agentic_runner;

grant select, insert, update (as_of, state) on public.paper_accounts to agentic_runner;
create policy runner on public.paper_accounts to agentic_runner using (account_key = (select public.runner_account()));

grant select, insert, update (holder, started_at, finished_at, outcome) on public.job_runs to agentic_jobs;
create policy jobs on public.job_runs to agentic_jobs using (true);

grant execute on function public.version_interval(uuid, integer) to agentic_jobs;

grant insert (line_key) on public.agent_logs to agentic_runner, agentic_jobs;

-- What is new is executable by PUBLIC until here.
select public.shut_out_strangers();
