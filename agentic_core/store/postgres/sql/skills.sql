-- Skills and their versions.

-- name: ensure_user
-- Whoever saves a skill is a user.
insert into users (id) values (%(user)s) on conflict do nothing;

-- name: lock_skill
-- The skill of a slug, made when it is new; its row stays locked, so that versions are counted one at a time.
insert into skills (id, user_id, name, slug, latest_version)
values (%(skill)s, %(user)s, %(name)s, %(slug)s, 0)
on conflict (user_id, slug) do update set slug = excluded.slug
returning id::text, user_id::text, name, slug, latest_version;

-- name: version_if_equal
-- A version, provided that it holds exactly this payload and loss bound.
select skill_id::text, version, payload, payload_hash, loss_bound
from skill_versions
where skill_id = %(skill)s
  and version = %(version)s
  and payload_hash = %(payload_hash)s
  and payload = %(payload)s::jsonb
  and loss_bound is not distinct from %(loss_bound)s::jsonb;

-- name: add_version
-- The next version of a locked skill.
with bumped as (
    update skills
    set latest_version = latest_version + 1, name = %(name)s, updated_at = now()
    where id = %(skill)s
    returning id, latest_version
)
insert into skill_versions (skill_id, version, payload, payload_hash, loss_bound)
select id, latest_version, %(payload)s::jsonb, %(payload_hash)s, %(loss_bound)s::jsonb from bumped
returning skill_id::text, version, payload, payload_hash, loss_bound;

-- name: find_skill
-- A user's skill by its slug.
select id::text, user_id::text, name, slug, latest_version
from skills
where user_id = %(user)s and slug = %(slug)s;

-- name: load_version
-- One version of a skill.
select skill_id::text, version, payload, payload_hash, loss_bound
from skill_versions
where skill_id = %(skill)s and version = %(version)s;
