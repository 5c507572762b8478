"""From a skill version to the mandate its deployment runs under."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from agentic_core.domain.ids import AccountKey, DeploymentId, paper_account
from agentic_core.domain.records import DeploymentRecord, SkillVersionRecord
from agentic_core.errors import InputError
from agentic_core.ports.chat_model import ChatModel
from agentic_core.ports.repositories import Store
from agentic_core.runtime.mandate import ByChatModel, ByRules, Decider, Mandate
from agentic_core.skills.registry import policy_for
from agentic_core.skills.schema import Skill
from agentic_core.skills.sections import SkillMode
from agentic_core.skills.validation import load_skill

__all__ = ["MandateOf", "mandate_for", "mandates"]

MandateOf: TypeAlias = Callable[[DeploymentRecord], Awaitable[Mandate]]
"""Reads what a deployment runs under; raises `InputError` where nothing here can decide for it."""


def mandates(store: Store, chat_model: ChatModel | None) -> MandateOf:
    """Return what reads the pinned version of a deployment from the store.

    Args:
        store: where the versions are.
        chat_model: who answers for skills that have a thesis; None where none is configured.
    """

    async def mandate_of(record: DeploymentRecord) -> Mandate:
        version = await store.skills.version(record.skill_id, record.skill_version)
        skill = load_skill(version.payload, source=f"version {version.version} of skill {version.skill_id}")
        return mandate_for(skill, version, record.id, chat_model, account=record.account_key)

    return mandate_of


def mandate_for(
    skill: Skill,
    version: SkillVersionRecord,
    deployment: DeploymentId,
    chat_model: ChatModel | None,
    *,
    account: AccountKey | None = None,
) -> Mandate:
    """Return the mandate of a skill version.

    Args:
        skill: the parsed payload of the version.
        version: the version's row, or one made for a run that is not stored.
        deployment: the deployment or run.
        chat_model: who answers for skills that have a thesis; None where none is configured.
        account: what is traded; None for the deployment's own account on paper.

    Raises:
        InputError: the skill needs something this run does not have.
    """
    if skill.candle_interval is not skill.schedule.interval:
        message = (
            f"{skill.slug}: context.interval {skill.candle_interval} differs from schedule.interval "
            f"{skill.schedule.interval}; a run needs both to be the same"
        )
        raise InputError(message)
    return Mandate(
        deployment=deployment,
        account=account or paper_account(deployment),
        skill=version.skill_id,
        skill_name=skill.name,
        skill_version=version.version,
        payload_hash=version.payload_hash,
        symbols=skill.symbols,
        interval=skill.schedule.interval,
        limits=skill.limits(),
        decider=_decider(skill, version, chat_model),
        review_after=skill.review.after_executions,
    )


def _decider(skill: Skill, version: SkillVersionRecord, chat_model: ChatModel | None) -> Decider:
    if skill.mode is SkillMode.RULES:
        return ByRules(policy=policy_for(skill))
    if chat_model is None:
        message = (
            f"{skill.slug} is a {skill.mode} skill and asks the chat model {skill.chat_model}, but none is connected "
            "here; write a skill with mode rules to run without one"
        )
        raise InputError(message)
    return ByChatModel(chat_model=chat_model, payload=version.payload, lookback=skill.context.lookback)
