-- Refuses whatever brings a month or a day of a test above its cap, so that no state between two looks passes it either.

create schema judging;

create table judging.caps (
    month date primary key,
    month_usd numeric not null,
    day_usd numeric
);

create function judging.check_month() returns trigger
    language plpgsql security definer set search_path = ''
as $$
begin
    if new.settled_usd + new.held_usd > (select month_usd from judging.caps where month = new.month) then
        raise exception '% has % settled and % held', new.month, new.settled_usd, new.held_usd;
    end if;
    return null;
end $$;

create function judging.check_day() returns trigger
    language plpgsql security definer set search_path = ''
as $$
declare
    today constant timestamp := pg_catalog.date_trunc('day', new.reserved_at at time zone 'UTC');
    committed constant numeric := (
        select pg_catalog.sum(coalesce(cost_usd, bound_usd))
        from public.chat_calls
        where reserved_at >= today at time zone 'UTC' and reserved_at < (today + interval '1 day') at time zone 'UTC'
    );
begin
    if committed > (select day_usd from judging.caps where month = pg_catalog.date_trunc('month', today)::date) then
        raise exception '% has % settled and held', today, committed;
    end if;
    return null;
end $$;

create trigger judged after insert or update on public.chat_months
    for each row execute function judging.check_month();

create trigger judged after insert or update on public.chat_calls
    for each row execute function judging.check_day();
