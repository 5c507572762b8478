-- What status pages, sweeps and the launch checklist ask of the tables that only grow. Without these, each question
-- reads all lines of a deployment, or all decisions there ever were.

-- A silent runner that is marked points at its newest error; most deployments have none to be found.
create index agent_logs_errors on public.agent_logs (deployment_id, ts, id)
    where level = 'error';

create index agent_logs_orders on public.agent_logs (deployment_id, ts)
    where event in ('order_placed', 'order_filled', 'order_cancelled');

-- What today cost, of everybody, without a look at the rows.
create index decision_snapshots_by_time on public.decision_snapshots (tick_at) include (deployment_id, cost_usd);

-- Rows that no vacuum has been at are looked at all the same, so few of them are left to be; it visits only the new ones.
alter table public.decision_snapshots set (
    autovacuum_vacuum_insert_scale_factor = 0,
    autovacuum_vacuum_insert_threshold = 2000
);
