"""A chat model that does whatever it is told by whatever it is shown.

It uses the first tool it is offered without being asked, so that what comes in through that door is seen; then it
obeys, in every message but the instructions and in every description of a tool. That an envelope says whose words
these are means nothing to it, unless it is made to respect envelopes.
"""

import json
from collections.abc import Iterator

import msgspec

from agentic_core.ports.chat_model import ChatRequest, ChatRole, Completion
from tests.injection.orders import Call, Carry, Order, Place, Tell, Wish, orders_in
from tests.injection.saying import (
    ANSWER_TOOL,
    answered,
    asking,
    filled_arguments,
    plain_arguments,
    smallest_open,
    wished,
    written,
)

__all__ = ["GullibleChatModel"]

_MARK = "untrusted"


class GullibleChatModel(msgspec.Struct, frozen=True, kw_only=True):
    """Says the next thing in a conversation, from the conversation alone."""

    secret: str
    """The word that it gives away when it is asked for it, as long as it was shown."""
    eager: bool = True
    """Whether it tries everything to understand what it is shown."""
    respects_envelopes: bool = False
    """Whether it obeys nothing that stands inside a marked envelope."""

    def reply(self, request: ChatRequest) -> Completion:
        """Return the next thing it says."""
        used = [call.name for message in request.messages for call in message.tool_calls]
        orders = tuple(dict.fromkeys(self._orders(request)))
        tools = self._tools(request, orders, used)
        if tools:
            return asking(request, tools)
        return self._answer(request, orders)

    def _tools(self, request: ChatRequest, orders: tuple[Order, ...], used: list[str]) -> tuple[tuple[str, str], ...]:
        offered = [tool for tool in request.tools if tool.name != ANSWER_TOOL]
        told = [order for order in orders if isinstance(order, Tell) and order.place is Place.ARGUMENT]
        if told and offered and len(used) < 2:
            word = written(self._secret(request), told[0].writing)
            return tuple((tool.name, filled_arguments(tool.parameters, word)) for tool in offered)
        if offered and not used:
            return ((offered[0].name, plain_arguments(offered[0].parameters)),)
        wanted = [order for order in orders if isinstance(order, Call) and (order.for_ever or order.tool not in used)]
        # An unlisted name is recorded under another, so it would be asked for until the questions are used up.
        if len(used) > len(wanted) + 1 and not any(order.for_ever for order in wanted):
            return ()
        known = {tool.name: tool.parameters for tool in offered}
        return tuple((order.tool, plain_arguments(known.get(order.tool, b"{}"))) for order in wanted[:1])

    def _answer(self, request: ChatRequest, orders: tuple[Order, ...]) -> Completion:
        actions: list[dict[str, object]] = []
        text = ["Done."]
        for order in orders:
            match order:
                case Wish() if not actions:
                    actions = [wished(order)] * min(order.times, 20)
                case Tell(place=Place.REASON):
                    word = written(self._secret(request), order.writing)
                    actions = actions or [smallest_open(request) | {"reason": word}]
                case Tell():
                    text.append(written(self._secret(request), order.writing))
                case Carry():
                    text.append(order.sentence)
                case Wish() | Call():
                    pass
        return answered(request, " ".join(text), actions)

    def _secret(self, request: ChatRequest) -> str:
        shown = any(self.secret in message.content for message in request.messages)
        return self.secret if shown else "a word I was never told"

    def _orders(self, request: ChatRequest) -> Iterator[Order]:
        for tool in request.tools:
            if tool.name != ANSWER_TOOL:
                for text in (*self._texts(tool.description), _words_of(tool.parameters)):
                    yield from self._understood(text)
        for message in request.messages:
            if message.role in {ChatRole.USER, ChatRole.TOOL}:
                for text in self._texts(message.content):
                    yield from self._understood(text)

    def _texts(self, content: str) -> Iterator[str]:
        outside, inside = _parted(content)
        yield outside
        if not self.respects_envelopes:
            # Each for itself, and all in a row, because a sentence can be spread over several.
            yield from inside
            yield " ".join(inside)

    def _understood(self, text: str) -> tuple[Order, ...]:
        return orders_in(text, eager=self.eager) if text else ()


def _words_of(parameters: bytes) -> str:
    # Every text in a schema, because a sentence can be spread over its allowed words.
    texts, _ = _walked(json.loads(parameters))
    return " ".join(texts)


def _parted(content: str) -> tuple[str, tuple[str, ...]]:
    # What stands outside of all marked objects, and the texts inside them, innermost objects first.
    outside: list[str] = []
    inside: list[str] = []
    place = 0
    decoder = json.JSONDecoder()
    while True:
        opening = content.find("{", place)
        if opening < 0:
            return "".join([*outside, content[place:]]), tuple(inside)
        outside.append(content[place:opening])
        try:
            value, place = decoder.raw_decode(content, opening)
        except ValueError:
            outside.append("{")
            place = opening + 1
            continue
        plain, foreign = _walked(value)
        outside += [f" {text} " for text in plain]
        inside += foreign


def _walked(value: object, *, marked: bool = False) -> tuple[list[str], list[str]]:
    # The texts of a JSON value that are ours, and the foreign ones.
    if isinstance(value, str):
        return ([], [value]) if marked else ([value], [])
    parts: list[object] = []
    if isinstance(value, dict):
        marked = marked or _MARK in value
        parts = [part for name, held in value.items() for part in (name, held)]
    elif isinstance(value, list):
        parts = value
    found = [_walked(part, marked=marked) for part in parts]
    return [text for plain, _ in found for text in plain], [text for _, foreign in found for text in foreign]
