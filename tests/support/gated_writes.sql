-- Lets a test hold a transaction up before any of its writes, and when all of them are made and none is committed.

create schema gates;

create table gates.passed (
    transaction xid8 not null,
    number integer not null,
    write text not null
);

comment on table gates.passed is 'what each committed transaction went through, in its order';

create table gates.rounds (
    round integer not null
);

create table gates.probes (
    made_at timestamptz not null default clock_timestamp()
);

-- Whoever holds the gate's lock keeps the transaction here.
create function gates.stand(write text) returns integer
    language plpgsql security definer set search_path = ''
as $$
declare
    number integer := coalesce(nullif(pg_catalog.current_setting('gates.passed', true), ''), '0')::integer + 1;
begin
    perform pg_catalog.set_config('gates.passed', number::text, true);
    insert into gates.passed values (pg_catalog.pg_current_xact_id(), number, write);
    perform pg_catalog.pg_advisory_xact_lock_shared(20260, number);
    return number;
end $$;

create function gates.before_write() returns trigger
    language plpgsql security definer set search_path = ''
as $$
declare
    sign text := case tg_op when 'INSERT' then '+' when 'UPDATE' then '~' else '-' end;
begin
    if gates.stand(sign || tg_table_name) = 1 then
        insert into gates.rounds values (1);
    end if;
    if tg_op = 'DELETE' then
        return old;
    end if;
    return new;
end $$;

-- What the deferred triggers write is written in the first round, and what that brings about in the second.
create function gates.before_commit() returns trigger
    language plpgsql security definer set search_path = ''
as $$
begin
    if new.round < 3 then
        insert into gates.rounds values (new.round + 1);
    else
        perform gates.stand('commit');
    end if;
    return null;
end $$;

create constraint trigger rounds_go_on after insert on gates.rounds
    deferrable initially deferred for each row execute function gates.before_commit();

-- Named to come last, so that what other triggers refuse never gets here. Every table has one: whoever adds a table
-- to a transaction adds a gate to it.
do $$
declare
    gated regclass;
begin
    for gated in
        select oid::regclass from pg_class
        where relkind = 'r' and relnamespace in ('public'::regnamespace, 'vault'::regnamespace)
    loop
        execute format(
            'create trigger zz_gate before insert or update or delete on %s '
            'for each row execute function gates.before_write()',
            gated
        );
    end loop;
end $$;
