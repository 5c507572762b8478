"""From a skill version to the mandate its deployment runs under."""

from agentic_core.domain.ids import DeploymentId, paper_account
from agentic_core.domain.records import SkillVersionRecord
from agentic_core.errors import InputError
from agentic_core.ports.chat_model import ChatModel
from agentic_core.runtime.mandate import ByChatModel, ByRules, Decider, Mandate
from agentic_core.skills.registry import policy_for
from agentic_core.skills.schema import Skill
from agentic_core.skills.sections import SkillMode

__all__ = ["mandate_for"]


def mandate_for(
    skill: Skill, version: SkillVersionRecord, deployment: DeploymentId, chat_model: ChatModel | None
) -> Mandate:
    """Return the mandate of a skill version on paper.

    Args:
        skill: the parsed payload of the version.
        version: the version's row, or one made for a run that is not stored.
        deployment: the deployment or run.
        chat_model: who answers for skills that have a thesis; None where none is configured.

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
        account=paper_account(deployment),
        skill=version.skill_id,
        skill_name=skill.name,
        skill_version=version.version,
        payload_hash=version.payload_hash,
        symbols=skill.symbols,
        interval=skill.schedule.interval,
        limits=skill.limits(),
        decider=_decider(skill, version, chat_model),
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
