-- Notes every row that is written, together with the epoch it is marked with, in the order in which the lease's row lock
-- lets them happen; nothing of it is the store's own.

create schema audit;

create table audit.changes (
    seq bigint generated always as identity primary key,
    what text not null,
    marked text,
    epoch bigint,
    holder text,
    was_live boolean
);

create function audit.note() returns trigger
    language plpgsql security definer set search_path = ''
as $$
declare
    fresh jsonb := to_jsonb(new);
    stale jsonb := case when tg_op = 'UPDATE' then to_jsonb(old) end;
    what text;
    marked text;
begin
    case tg_table_name
        when 'leases' then
            if (stale -> 'epoch', stale -> 'state') = (fresh -> 'epoch', fresh -> 'state') then
                return null;
            end if;
            insert into audit.changes (what, epoch, holder, was_live)
            values (
                new.state, new.epoch, new.holder,
                stale ->> 'state' = 'held' and (stale ->> 'expires_at')::timestamptz >= clock_timestamp()
            );
            return null;
        when 'decision_snapshots' then
            what := case when tg_op = 'INSERT' then 'decided' else 'result' end;
            marked := fresh ->> 'prompt_tokens';
        when 'order_intents' then
            select named.what, named.marked into what, marked
            from (values
                (tg_op = 'INSERT', 'prepared', fresh ->> 'epoch'),
                (fresh -> 'nonce' <> stale -> 'nonce', 'assigned', fresh ->> 'epoch'),
                (fresh -> 'sends' <> stale -> 'sends', 'noted', fresh ->> 'sends'),
                (fresh -> 'cause' <> stale -> 'cause', 'settled', fresh ->> 'cause'),
                (fresh -> 'venue_order_id' <> stale -> 'venue_order_id', 'settled', fresh ->> 'venue_order_id'),
                (true, 'unexplained', null)
            ) as named (is_it, what, marked)
            where named.is_it
            limit 1;
        when 'fills' then
            what := 'fills';
            marked := split_part(fresh ->> 'fill_id', '/', 1);
        when 'agent_state' then
            what := 'state';
            marked := fresh ->> 'day_pnl_usd';
        when 'funding_payments' then
            what := 'funding';
            marked := fresh ->> 'amount_usd';
        when 'transfers' then
            what := 'transfer';
            marked := fresh ->> 'amount_usd';
        when 'agent_commands' then
            what := case when stale ->> 'acked_at' is null then 'acked' else 'unexplained' end;
            marked := fresh ->> 'outcome';
    end case;
    insert into audit.changes (what, marked) values (what, marked);
    return null;
end $$;

create trigger audit after insert or update on public.leases for each row execute function audit.note();
create trigger audit after insert or update on public.decision_snapshots for each row execute function audit.note();
create trigger audit after insert or update on public.order_intents for each row execute function audit.note();
create trigger audit after insert or update on public.fills for each row execute function audit.note();
create trigger audit after insert or update on public.agent_state for each row execute function audit.note();
create trigger audit after insert or update on public.funding_payments for each row execute function audit.note();
create trigger audit after insert or update on public.transfers for each row execute function audit.note();
create trigger audit after update on public.agent_commands for each row execute function audit.note();
