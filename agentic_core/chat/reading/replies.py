"""What a chat model answered, read strictly: one parser for an answer in text and for one given to `propose_order`.

A reply is `{"text": …, "action": null | {…}}` with exactly the fields of `reply_schema`; whether its numbers are
allowed is for the risk engine to decide. What cannot be read is told by the code of the fault and the place in the
schema, never by a word of the reply, because both are shown to the chat model when it is asked to repair its answer.
Nothing is guessed, and nothing unreadable is taken for a wish to do nothing.
"""

from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

import msgspec

from agentic_core.chat.reading.faults import Fault, ReplyError
from agentic_core.chat.reading.prose import prose
from agentic_core.chat.reading.strict_json import BadNumber, JsonObject, read_strictly
from agentic_core.domain.decision import ActionKind, ProposedAction
from agentic_core.domain.ids import Symbol
from agentic_core.domain.money import Price, Size, Usd
from agentic_core.domain.side import Side
from agentic_core.skills.fields import PLAIN_NAME

__all__ = ["REASON_MAX", "TEXT_MAX", "Parsed", "Unreadable", "parse_reply"]

TEXT_MAX = 4_000
"""Characters of the text of a reply that are kept."""
REASON_MAX = 1_000
"""Characters of the reason of an action that are kept."""

_ERRORS_MAX = 8
_REPLY = ("text", "action")
_OPEN = ("kind", "symbol", "side", "limitPrice", "reason")
_CLOSE = ("kind", "symbol", "size", "reason")
_SIZES = ("size", "sizeUsd")

_Word = TypeVar("_Word", bound=StrEnum)


class Parsed(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A reply that could be read."""

    action: ProposedAction | None
    """None is a deliberate wish to do nothing."""
    text: str


class Unreadable(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A reply that could not be read."""

    errors: tuple[ReplyError, ...]
    """At least one."""


def parse_reply(text: str) -> Parsed | Unreadable:
    """Read a reply; its numbers keep every digit that was written, its prose is made fit to be stored."""
    read = read_strictly(text)
    if isinstance(read, Fault):
        return Unreadable(errors=(ReplyError(fault=read),))
    if not isinstance(read, JsonObject):
        return Unreadable(errors=(ReplyError(fault=Fault.NOT_AN_OBJECT),))
    reply = _Reader(read)
    reply.check_fields(_REPLY)
    said, wish = reply.text("text", TEXT_MAX), read.get("action")
    action: ProposedAction | None = None
    if isinstance(wish, JsonObject):
        reader = _Reader(wish, within="action.", errors=reply.errors)
        action = _action(reader)
    elif wish is not None:
        reply.blame(Fault.NOT_AN_OBJECT, "action")
    if reply.errors:
        return Unreadable(errors=tuple(dict.fromkeys(reply.errors))[:_ERRORS_MAX])
    return Parsed(action=action, text=said)


class _Reader:
    # Reads the fields of one object and collects what is wrong with them.
    def __init__(self, fields: JsonObject, *, within: str = "", errors: list[ReplyError] | None = None) -> None:
        self._fields = fields
        self._within = within
        self.errors: list[ReplyError] = [] if errors is None else errors

    def blame(self, fault: Fault, name: str = "") -> None:
        self.errors.append(ReplyError(fault=fault, path=f"{self._within}{name}".rstrip(".")))

    def check_fields(self, wanted: tuple[str, ...]) -> None:
        # The name of an unknown field is a word of the reply, so its place is the object it stands in.
        if self._fields.is_repeated:
            self.blame(Fault.TWICE)
        if self._fields.keys() - set(wanted):
            self.blame(Fault.UNKNOWN_FIELD)
        for name in wanted:
            if name not in self._fields:
                self.blame(Fault.MISSING_FIELD, name)

    def named(self, names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name for name in names if name in self._fields)

    def text(self, name: str, most: int) -> str:
        value = self._fields.get(name, "")
        if isinstance(value, str):
            return prose(value, most)
        self.blame(Fault.NOT_A_TEXT, name)
        return ""

    def word(self, name: str, words: type[_Word]) -> _Word | None:
        value = self._fields.get(name)
        for word in words:
            if word == value:
                return word
        self.blame(Fault.NOT_OFFERED if name in self._fields else Fault.MISSING_FIELD, name)
        return None

    def symbol(self) -> Symbol:
        value = self._fields.get("symbol")
        if isinstance(value, str) and PLAIN_NAME.fullmatch(value):
            return Symbol(value)
        self.blame(Fault.NOT_A_SYMBOL if "symbol" in self._fields else Fault.MISSING_FIELD, "symbol")
        return Symbol("")

    def amount(self, name: str) -> Decimal | None:
        value = self._fields.get(name)
        if value is None or isinstance(value, Decimal):
            return value
        self.blame(value.fault if isinstance(value, BadNumber) else Fault.NOT_A_NUMBER, name)
        return None


def _action(reader: _Reader) -> ProposedAction | None:
    match reader.word("kind", ActionKind):
        case ActionKind.OPEN:
            return _open(reader)
        case ActionKind.CLOSE:
            return _close(reader)
        case None:
            return None


def _open(reader: _Reader) -> ProposedAction | None:
    sizes = reader.named(_SIZES)
    if len(sizes) != 1:
        reader.blame(Fault.NOT_ONE_SIZE)
    reader.check_fields((*_OPEN, *sizes))
    amounts = {name: reader.amount(name) for name in sizes}
    if None in amounts.values():
        reader.blame(Fault.NOT_A_NUMBER, sizes[0])
    size, size_usd, limit = amounts.get("size"), amounts.get("sizeUsd"), reader.amount("limitPrice")
    wish = ProposedAction(
        kind=ActionKind.OPEN,
        symbol=reader.symbol(),
        side=reader.word("side", Side),
        size=None if size is None else Size(size),
        size_usd=None if size_usd is None else Usd(size_usd),
        limit_price=None if limit is None else Price(limit),
        reason=reader.text("reason", REASON_MAX),
    )
    return None if reader.errors else wish


def _close(reader: _Reader) -> ProposedAction | None:
    reader.check_fields(_CLOSE)
    size = reader.amount("size")
    wish = ProposedAction(
        kind=ActionKind.CLOSE,
        symbol=reader.symbol(),
        size=None if size is None else Size(size),
        reason=reader.text("reason", REASON_MAX),
    )
    return None if reader.errors else wish
