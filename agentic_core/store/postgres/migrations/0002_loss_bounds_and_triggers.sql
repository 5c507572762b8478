-- What a skill version can lose by its caps, and what kinds of orders other than plain ones carry.
-- Everything is nullable: rows from before have none of it, and an order has only what its kind needs.

alter table skill_versions add column loss_bound jsonb;

comment on column skill_versions.loss_bound is 'basis points with what they assume; null where saved before there were any';

drop trigger skill_versions_stay on skill_versions;

create trigger skill_versions_stay
    before update of skill_id, version, payload, payload_hash, loss_bound or delete on skill_versions
    for each row execute function refuse_skill_version_change();

alter table order_intents
    add column trigger_kind text check (trigger_kind in ('stop', 'take_profit')),
    add column trigger_price numeric check (trigger_price > 0),
    add column trigger_position_sized boolean,
    add column target_cloid text check (target_cloid ~ '^0x[0-9a-f]{32}$'),
    add column leverage integer check (leverage > 0),
    add column isolated boolean,
    add column position_before numeric,
    add constraint order_intents_whole_trigger
        check (num_nonnulls(trigger_kind, trigger_price, trigger_position_sized) in (0, 3));

comment on column order_intents.position_before is 'signed units the decision saw; null where the gate need not check';
