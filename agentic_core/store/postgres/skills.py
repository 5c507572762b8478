"""Skills and their versions."""

from typing import Any

import msgspec

from agentic_core.domain.bounds import LossBound
from agentic_core.domain.ids import SkillId, UserId, derived_uuid
from agentic_core.domain.records import SkillRecord, SkillVersionRecord
from agentic_core.skills.exact_json import canonical_text
from agentic_core.store import sentences
from agentic_core.store.postgres.codec import encode
from agentic_core.store.postgres.connection import Database, Values

__all__ = ["PostgresSkills"]


class _VersionRow(msgspec.Struct):
    skill_id: SkillId
    version: int
    payload: Any
    payload_hash: str
    loss_bound: LossBound | None

    def record(self) -> SkillVersionRecord:
        return SkillVersionRecord(
            skill_id=self.skill_id,
            version=self.version,
            payload=canonical_text(self.payload),
            payload_hash=self.payload_hash,
            loss_bound=self.loss_bound,
        )


class PostgresSkills:
    """Skills and their immutable versions."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def save(
        self,
        user: UserId,
        *,
        name: str,
        slug: str,
        payload: str,
        payload_hash: str,
        loss_bound: LossBound | None = None,
    ) -> SkillVersionRecord:
        """Add a version to the user's skill of that slug, making the skill when it is new."""
        values: Values = {
            "user": user,
            "skill": derived_uuid("skill", user, slug),
            "name": name,
            "slug": slug,
            "payload": payload,
            "payload_hash": payload_hash,
            "loss_bound": None if loss_bound is None else encode(loss_bound),
        }
        async with self._database.transaction() as session:
            await session.run("ensure_user", values)
            (skill,) = await session.rows("lock_skill", SkillRecord, values)
            values = {**values, "skill": skill.id, "version": skill.latest_version}
            newest = await session.row("version_if_equal", _VersionRow, values)
            if newest is None:
                (newest,) = await session.rows("add_version", _VersionRow, values)
            return newest.record()

    async def find(self, user: UserId, slug: str) -> SkillRecord:
        """Return a user's skill.

        Raises:
            NotFound: the user has no skill of that slug.
        """
        skill = await self._database.row("find_skill", SkillRecord, {"user": user, "slug": slug})
        if skill is None:
            raise sentences.no_skill(slug)
        return skill

    async def version(self, skill: SkillId, version: int) -> SkillVersionRecord:
        """Return one version.

        Raises:
            NotFound: there is no such version.
        """
        found = await self._database.row("load_version", _VersionRow, {"skill": skill, "version": version})
        if found is None:
            raise sentences.no_version(skill, version)
        return found.record()
