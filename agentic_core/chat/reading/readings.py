"""What a whole answer of a chat model amounts to: an answer, a wish for tools, or something that cannot be used."""

import json
from collections.abc import Iterator
from typing import Final, TypeAlias

import msgspec

from agentic_core.chat.reading.faults import Fault, ReplyError
from agentic_core.chat.reading.leaks import leaks
from agentic_core.chat.reading.replies import Parsed, Unreadable, parse_reply
from agentic_core.chat.reading.strict_json import LENGTH_MAX
from agentic_core.chat.tools.propose_order import PROPOSE_ORDER
from agentic_core.domain.chat import UnusableCause
from agentic_core.ports.chat_model import Completion, ToolCall

__all__ = ["WISHES_MAX", "Reading", "Wish", "Wishes", "read_completion", "said_to_tools"]

WISHES_MAX: Final = 8
"""Tools that are used in one step."""


class Wish(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A tool that a chat model wants used."""

    tool: str | None
    """One that is offered; None where the chat model named any other."""
    arguments: str | None
    """The text of a JSON object; None where it wrote anything else."""


class Wishes(msgspec.Struct, frozen=True, kw_only=True):
    """Tools to use before the next question."""

    wishes: tuple[Wish, ...]


Reading: TypeAlias = Parsed | Unreadable | Wishes | UnusableCause


def read_completion(
    completion: Completion, *, canary: str, tools: tuple[str, ...], by_tool: bool, before: str = ""
) -> Reading:
    """Read an answer.

    Args:
        completion: what came back.
        canary: the word that no answer may repeat, not even to a tool.
        tools: those that are offered besides the one for the answer.
        by_tool: whether the tool for the answer is offered.
        before: what the same turn has said to tools, because a word may be told them in pieces.
    """
    calls = completion.tool_calls
    if sum(len(one) for one in _said(completion)) > LENGTH_MAX:
        return _unreadable(Fault.TOO_LONG)  # looking through it would hold up all else, and none of it is carried on
    if leaks(canary, before + said_to_tools(completion)) or any(leaks(canary, one) for one in _said(completion)):
        return UnusableCause.LEAKED
    if not calls:
        return parse_reply(completion.text) if completion.text.strip() else UnusableCause.EMPTY
    answers = [call for call in calls if by_tool and call.name == PROPOSE_ORDER]
    if answers:
        return parse_reply(answers[0].arguments) if len(calls) == 1 else _unreadable(Fault.TWO_ANSWERS)
    if len(calls) > WISHES_MAX:
        return _unreadable(Fault.TOO_MANY_TOOLS)
    return Wishes(wishes=tuple(_wish(call, tools) for call in calls))


def said_to_tools(completion: Completion) -> str:
    """Return every text in the arguments of an answer's wishes, one after the other."""
    return "".join(text for call in completion.tool_calls for text in _texts(_loaded(call.arguments)))


def _said(completion: Completion) -> Iterator[str]:
    yield completion.text
    for call in completion.tool_calls:
        yield call.name
        yield call.arguments


def _texts(value: object) -> Iterator[str]:
    # In the sequence in which they are written, and without recursion: what is nested was not written by us.
    left = [value]
    while left:
        match left.pop():
            case str() as text:
                yield text
            case list() as many:
                left.extend(reversed(many))
            case dict() as fields:
                left.extend(reversed(fields.values()))
            case _:
                pass


def _loaded(text: str) -> object:
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value


def _unreadable(fault: Fault) -> Unreadable:
    return Unreadable(errors=(ReplyError(fault=fault),))


def _wish(call: ToolCall, tools: tuple[str, ...]) -> Wish:
    if call.name not in tools:
        return Wish(tool=None, arguments=None)
    return Wish(tool=call.name, arguments=_arguments(call.arguments))


def _arguments(text: str) -> str | None:
    # Providers read the arguments of earlier steps again, so only what is an object may stay in the conversation.
    if not text.strip():
        return "{}"
    return text if isinstance(_loaded(text), dict) else None
