"""From a skill version to how it thinks."""

from collections.abc import Callable
from typing import Final, TypeAlias

import msgspec

from agentic_core.chat.thinking import Thinking
from agentic_core.chat.toolbox import Toolbox
from agentic_core.errors import ConfigError, SkillInvalid
from agentic_core.ports.chat_model import ChatModel, Routing
from agentic_core.skills.chat_options import ChatOptions, Providers, ReplyBy
from agentic_core.skills.prompt import compose
from agentic_core.skills.registry import policy_named_in
from agentic_core.skills.schema import Skill

__all__ = ["ChatModelFor", "ChatSetup", "thinking_for"]

_SOURCES: Final = {
    "fetch_news": "the file of headlines that AGENTIC_CHAT_NEWS names",
    "recall_notes": "the file of notes that AGENTIC_CHAT_NOTES names, and a backtest has none",
    "__": "a server that AGENTIC_CHAT_MCP lists, and a backtest has none",
}
"""Where a tool comes from that is not always there."""

ChatModelFor: TypeAlias = Callable[[str, str], ChatModel]
"""Makes the way to a chat model from its id and the id of a session, under which a provider keeps its cache."""


class ChatSetup(msgspec.Struct, frozen=True, kw_only=True):
    """What a host has for skills that ask a chat model."""

    chat_model_for: ChatModelFor
    tools: Toolbox = msgspec.field(default_factory=Toolbox)
    """Every tool there is; a skill uses those on its list."""
    has_reply_schema: bool = True
    """Whether the endpoint takes a JSON schema for replies; a skill that names a form has that one."""
    repairs_max: int = 1
    attempts_max: int = 3
    call_ms_max: int = 120_000

    @classmethod
    def of(cls, chat_model: ChatModel, tools: Toolbox | None = None) -> "ChatSetup":
        """Return the setup in which one chat model answers, whichever a skill names."""
        return cls(chat_model_for=lambda _model_id, _session: chat_model, tools=tools or Toolbox())


def thinking_for(skill: Skill, payload_hash: str, setup: ChatSetup, *, session_id: str = "") -> Thinking:
    """Return how a skill version thinks.

    Args:
        skill: the parsed payload of the version.
        payload_hash: of the version.
        setup: what the host has.
        session_id: names what belongs together for a provider's cache, such as the deployment.

    Raises:
        SkillInvalid: the skill asks no chat model.
        ConfigError: a tool on its list is not there.
    """
    if skill.chat_model is None:
        raise SkillInvalid(f"{skill.slug}: model: is missing; a {skill.mode} skill without one asks no chat model")
    options = skill.chat_options or ChatOptions()
    by = options.reply_by or (ReplyBy.SCHEMA if setup.has_reply_schema else ReplyBy.TOOL)
    prompt = compose(skill, payload_hash, by=by)
    return Thinking(
        chat_model=setup.chat_model_for(skill.chat_model, session_id),
        model_id=skill.chat_model,
        fallbacks=options.fallbacks,
        system=prompt.text,
        canary=prompt.canary,
        tools=_tools(skill, setup.tools),
        lookback=skill.context.lookback,
        leash=skill.leash,
        signal=None if skill.rules is None else policy_named_in(skill.rules),
        completion_tokens_max=options.max_tokens,
        temperature=options.temperature,
        seed=options.seed,
        effort=None if options.effort is None else options.effort.value,
        routing=_routing(options.providers),
        has_reply_schema=by is ReplyBy.SCHEMA,
        steps_max=options.max_steps,
        repairs_max=setup.repairs_max,
        attempts_max=setup.attempts_max,
        call_ms_max=setup.call_ms_max,
    )


def _tools(skill: Skill, box: Toolbox) -> Toolbox:
    try:
        return box.only(skill.tools or ())
    except ConfigError as exc:
        missing = next((name for name in skill.tools or () if name not in box.names), "")
        source = _SOURCES.get("__" if "__" in missing else missing)
        hint = "" if source is None else f"; {missing} comes from {source}"
        raise ConfigError(f"{skill.slug}: tools: {exc}{hint}") from exc


def _routing(providers: Providers) -> Routing:
    return Routing(
        only=providers.only,
        order=providers.order,
        ignore=providers.ignore,
        allow_fallbacks=providers.allow_fallbacks,
        may_store=providers.may_store,
        zero_retention=providers.zero_retention,
    )
