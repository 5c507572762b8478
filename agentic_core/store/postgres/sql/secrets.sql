-- Sealed keys. Everything goes through functions: no role reads the vault.

-- name: keep_sealed_key
-- A sealed key, kept.
select public.create_hyperliquid_agent_secret(%(envelope)s, %(name)s)::text as key;

-- name: sealed_key
-- A key as it is kept, for whoever seals it anew.
select name, envelope from public.sealed_agent_key(%(key)s::uuid);

-- name: replace_sealed_key
-- The same key sealed anew, unless somebody else was first.
select public.rewrap_agent_envelope(%(key)s::uuid, %(before)s, %(after)s, %(name)s) as was_replaced;

-- name: open_sealed_key
-- The key of a deployment for whoever holds the lease; no row where it does not trade the account.
select is_live, cause, name, envelope
from public.open_agent_envelope(%(epoch)s, %(holder)s, %(deployment)s::uuid)
where exists (select from deployments where id = %(deployment)s::uuid and account_key = %(account)s);

-- name: destroy_sealed_key
-- A key that nobody reads any more.
select public.destroy_hyperliquid_agent_secret(%(key)s::uuid);

-- name: orphan_keys
-- Keys that no wallet has.
select key::text from public.orphan_agent_secrets(%(older_than)s) as key;

-- name: keys_not_under
-- Keys that are not under a root key.
select key::text from public.sealed_keys_not_under(%(kek)s) as key;
