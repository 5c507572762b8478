-- What somebody else may have written has an end: a record of the journal has to fit into the copy that a runner makes
-- before it sends anything, and one that does not would keep it from closing what it holds.

alter table public.agent_commands
    add constraint agent_commands_payload_is_short check (octet_length(payload::text) <= 32768),
    add constraint agent_commands_outcome_is_short check (octet_length(outcome) <= 32768);

alter table public.deployments
    add constraint deployments_error_is_short check (octet_length(error_text) <= 32768),
    add constraint deployments_halt_is_short check (octet_length(halt_reason) <= 32768);

alter table public.order_intents
    add constraint order_intents_cause_is_short check (octet_length(cause) <= 32768);

-- NaN passes every comparison that keeps a cost from being negative, and makes the sum of its month NaN: a cap would then
-- never be reached.
alter table public.decision_snapshots
    add constraint decision_snapshots_cost_is_a_number check (cost_usd < 'infinity'::numeric);

alter table public.cost_rollups
    add constraint cost_rollups_cost_is_a_number check (cost_usd < 'infinity'::numeric);
