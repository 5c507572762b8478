-- Logins of runners, for the owner of the database.

-- name: enrol_runner
-- A login that may run one deployment, or another password for it.
select public.enrol_runner(%(deployment)s::uuid, %(verifier)s) as role;

-- name: dismiss_runner
-- No login any more.
select public.dismiss_runner(%(deployment)s::uuid) as role;
