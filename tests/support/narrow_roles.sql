-- Lets a superuser become, for the rest of a transaction, the narrow role that makes a call in life.

create schema harness;

-- Whose rows are meant, judged by whatever a call says of it; null where nothing is known of it.
create function harness.user_of(given jsonb) returns uuid
    language sql stable
    return coalesce(
        (given ->> 'user')::uuid,
        (given ->> 'user_id')::uuid,
        (select user_id from public.skills where id::text = given ->> 'skill'),
        (select user_id from public.deployments where id::text = given ->> 'deployment'),
        (select user_id from public.sim_runs where id::text = coalesce(given ->> 'run', given ->> 'deployment')),
        (select user_id from public.hyperliquid_master_wallets where id::text = given ->> 'master'),
        (
            select master.user_id
            from public.hyperliquid_master_wallets as master
            left join public.hyperliquid_agents as approved on approved.master_wallet_id = master.id
            left join public.pending_hyperliquid_agents as waiting on waiting.master_wallet_id = master.id
            where given ->> 'address' in (approved.agent_address, waiting.agent_address)
            limit 1
        ),
        -- Sealed keys carry their tenant in the name.
        (
            select substring(name from '^agent_key/[^/]*/([^/]*)/')::uuid
            from vault.decrypted_secrets
            where id::text = given ->> 'key'
        ),
        nullif(substring(given ->> 'name' from '^agent_key/[^/]*/([^/]*)/'), '')::uuid
    );

-- Whose runner is meant: of the deployment that is named, or of the one that trades the account.
create function harness.deployment_of(given jsonb) returns uuid
    language sql stable
    return coalesce(
        (select id from public.deployments where id::text = given ->> 'deployment'),
        (
            select id from public.deployments
            where id::text = coalesce(
                (given ->> 'lines')::jsonb -> 0 ->> 'deployment_id', (given ->> 'rows')::jsonb -> 0 ->> 'deployment'
            )
        ),
        (select deployment_id from public.leases where account_key = given ->> 'account'),
        (
            select id from public.deployments
            where account_key = given ->> 'account'
            order by created_at desc, id
            limit 1
        ),
        (select deployment_id from public.agent_commands where id::text = given ->> 'id'),
        (select deployment_id from public.chat_calls where decision_id::text = given ->> 'decision' limit 1)
    );

-- Logins belong to the server, so they are made once and given to the deployments of each database in turn.
do $$ begin
    if not exists (select from pg_roles where rolname = 'agentic_runner_of_test_64') then
        for number in 0..64 loop
            execute format('create role %I login in role agentic_runner', 'agentic_runner_of_test_' || number);
        end loop;
    end if;
end $$;

create sequence harness.logins;

-- As the owner would enrol it, in the transaction that deploys.
create function harness.enrol() returns trigger
    language plpgsql security definer
    as $$
begin
    insert into public.runner_logins (role_name, deployment_id)
    values ('agentic_runner_of_test_' || nextval('harness.logins'), new.id);
    return null;
end $$;

create trigger harness_enrols after insert on public.deployments for each row execute function harness.enrol();

insert into public.runner_logins (role_name, deployment_id)
select 'agentic_runner_of_test_' || nextval('harness.logins'), id from public.deployments;

-- Whoever is the runner of no deployment has a login that is bound to none.
create function harness.become(role name, given jsonb) returns void
    language plpgsql volatile
    as $$
declare
    login name := role;
begin
    if role = 'agentic_runner' then
        login := coalesce(
            (select role_name from public.runner_logins where deployment_id = harness.deployment_of(given)),
            'agentic_runner_of_test_0'
        );
    elsif role = 'agentic_web' and coalesce(current_setting('agentic.user_id', true), '') = '' then
        perform set_config('agentic.user_id', coalesce(harness.user_of(given)::text, ''), true);
    end if;
    execute format('set local session authorization %I', login);
end $$;
