"""Skills in memory."""

import msgspec

from agentic_core.domain.bounds import LossBound
from agentic_core.domain.ids import SkillId, UserId, derived_uuid
from agentic_core.domain.records import SkillRecord, SkillVersionRecord
from agentic_core.store import sentences

__all__ = ["MemorySkills"]


class MemorySkills:
    """Skills and their immutable versions."""

    def __init__(self) -> None:
        self._skills: dict[tuple[UserId, str], SkillRecord] = {}
        self._versions: dict[tuple[SkillId, int], SkillVersionRecord] = {}

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
        skill = self._skills.get((user, slug)) or SkillRecord(
            id=SkillId(derived_uuid("skill", user, slug)), user_id=user, name=name, slug=slug, latest_version=0
        )
        number = skill.latest_version + 1
        added = SkillVersionRecord(
            skill_id=skill.id, version=number, payload=payload, payload_hash=payload_hash, loss_bound=loss_bound
        )
        newest = self._versions.get((skill.id, skill.latest_version))
        if newest is not None and msgspec.structs.replace(newest, version=number) == added:
            return newest
        self._versions[skill.id, number] = added
        self._skills[user, slug] = msgspec.structs.replace(skill, name=name, latest_version=number)
        return added

    async def find(self, user: UserId, slug: str) -> SkillRecord:
        """Return a user's skill.

        Raises:
            NotFound: the user has no skill of that slug.
        """
        skill = self._skills.get((user, slug))
        if skill is None:
            raise sentences.no_skill(slug)
        return skill

    async def version(self, skill: SkillId, version: int) -> SkillVersionRecord:
        """Return one version.

        Raises:
            NotFound: there is no such version.
        """
        found = self._versions.get((skill, version))
        if found is None:
            raise sentences.no_version(skill, version)
        return found

    def check(self, user: UserId, skill: SkillId, version: int) -> None:
        """Refuse what refers to a user or version that does not exist.

        Raises:
            NotFound: one of them does not.
        """
        if (skill, version) not in self._versions:
            raise sentences.no_version(skill, version)
        if all(owner != user for owner, _ in self._skills):
            raise sentences.no_user(user)
