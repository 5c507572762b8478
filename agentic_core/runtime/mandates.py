"""From a skill version to the mandate its deployment runs under."""

from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

import msgspec

from agentic_core.chat.setup import ChatSetup, thinking_for
from agentic_core.domain.ids import AccountKey, DeploymentId, paper_account
from agentic_core.domain.records import DeploymentRecord, SkillVersionRecord
from agentic_core.errors import InputError
from agentic_core.ports.repositories import Store
from agentic_core.runtime.mandate import ByChatModel, ByRules, Decider, Mandate
from agentic_core.skills.registry import policy_for
from agentic_core.skills.schema import Skill
from agentic_core.skills.sections import SkillMode
from agentic_core.skills.versions import IntactVersion, load_version

__all__ = ["CHAT_CURE", "ChatSetupOf", "MandateOf", "check_connected", "check_intervals", "mandate_for", "mandates"]

CHAT_CURE: Final = "set OPENROUTER_API_KEY, or AGENTIC_CHAT_URL to the address of an OpenAI-compatible server"
"""How a chat model is connected."""

ChatSetupOf: TypeAlias = Callable[[DeploymentId], ChatSetup | None]
"""Returns who answers for a deployment."""

MandateOf: TypeAlias = Callable[[DeploymentRecord], Awaitable[Mandate]]
"""Reads what a deployment runs under; raises `InputError` where nothing here can decide for it."""


def mandates(store: Store, chat: ChatSetupOf | ChatSetup | None = None) -> MandateOf:
    """Return what reads the pinned version of a deployment from the store.

    Args:
        store: where the versions are.
        chat: who answers for skills that are not rules alone, the same for all or one for each deployment; None where
            nobody does.
    """

    async def mandate_of(record: DeploymentRecord) -> Mandate:
        version = await store.skills.version(record.skill_id, record.skill_version)
        source = f"version {version.version} of skill {version.skill_id}"
        loaded = load_version(version.payload, version.payload_hash, source=source)
        setup = chat(record.id) if callable(chat) else chat
        mandate = mandate_for(loaded.skill, version, record.id, setup, account=record.account_key)
        return msgspec.structs.replace(mandate, is_intact=isinstance(loaded, IntactVersion))

    return mandate_of


def mandate_for(
    skill: Skill,
    version: SkillVersionRecord,
    deployment: DeploymentId,
    chat: ChatSetup | None = None,
    *,
    account: AccountKey | None = None,
) -> Mandate:
    """Return the mandate of a skill version.

    Args:
        skill: the parsed payload of the version.
        version: the version's row, or one made for a run that is not stored.
        deployment: the deployment or run.
        chat: who answers for a skill that is not rules alone; None where nobody does.
        account: what is traded; None for the deployment's own account on paper.

    Raises:
        InputError: the skill needs something this run does not have.
        ConfigError: it names a tool that is not there.
    """
    check_intervals(skill)
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
        decider=_decider(skill, version, deployment, chat),
        review_after=skill.review.after_executions,
    )


def check_intervals(skill: Skill) -> None:
    """Refuse a skill whose candles are not those of its marks.

    Raises:
        InputError: they differ.
    """
    if skill.candle_interval is not skill.schedule.interval:
        message = (
            f"{skill.slug}: context.interval {skill.candle_interval} differs from schedule.interval "
            f"{skill.schedule.interval}; a run needs both to be the same"
        )
        raise InputError(message)


def check_connected(skill: Skill, *, is_connected: bool) -> None:
    """Refuse a skill that asks a chat model where none is connected.

    Raises:
        InputError: nobody here can decide for it.
    """
    if skill.mode is not SkillMode.RULES and not is_connected:
        message = (
            f"{skill.slug} is a {skill.mode} skill and asks the chat model {skill.chat_model}, but none is connected "
            f"here; {CHAT_CURE}, or write a skill with mode rules to run without one"
        )
        raise InputError(message)


def _decider(skill: Skill, version: SkillVersionRecord, deployment: DeploymentId, chat: ChatSetup | None) -> Decider:
    if skill.mode is SkillMode.RULES:
        return ByRules(policy=policy_for(skill))
    check_connected(skill, is_connected=chat is not None)
    assert chat is not None, "it was just checked"
    return ByChatModel(thinking=thinking_for(skill, version.payload_hash, chat, session_id=deployment))
