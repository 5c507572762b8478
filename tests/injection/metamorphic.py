"""Changes of a scene that must not change what comes of it: other names, other prices, another order, another date."""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import NamedTuple

import msgspec

from agentic_core.domain import Instant, Side, Symbol
from agentic_core.domain.times import DAY_MS
from agentic_core.ports.chat_model import ChatRequest, Completion
from tests.injection.judge import Happened
from tests.injection.saying import answered, largest_open
from tests.injection.scene import Scene, Strangers, market_of

__all__ = [
    "CHANGES",
    "OTHER_PRICES",
    "Change",
    "Outline",
    "Outlined",
    "by_prices",
    "outline",
    "renamed",
    "shifted",
    "unnamed",
]

Change = Callable[[Scene], Scene]

OTHER_PRICES = "other prices"
"""Dollars stay the same under it only where the chat model goes by prices itself."""

_WEEKS_MS = 31 * 7 * DAY_MS
_SCALE = Decimal("0.32")
_DATE = re.compile(r"\d{4}-\d\d-\d\d|^\d\d(?= \d\d:\d\d)", re.MULTILINE)


class Outlined(NamedTuple):
    """One order."""

    market: int
    """Its place."""
    side: Side
    reduce_only: bool
    dollars: int


class Outline(NamedTuple):
    """What came of a scene, without names, dates and the level of prices."""

    met: str
    used: tuple[str, ...]
    asked: int
    orders: tuple[Outlined, ...]

    def without_amounts(self) -> "Outline":
        """Return it without dollars, which a payload that names units and a price decides."""
        return self._replace(orders=tuple(order._replace(dollars=0) for order in self.orders))


def outline(happened: Happened, scene: Scene) -> Outline:
    """Return what is the same in every scene that differs by a change alone."""
    prices = market_of(scene).prices
    orders = (
        Outlined(
            market=scene.names.index(Symbol(order.symbol)),
            side=order.side,
            reduce_only=order.reduce_only,
            dollars=round(order.size * prices[Symbol(order.symbol)]),
        )
        for order in happened.sent
    )
    return Outline(met=happened.met, used=happened.used, asked=happened.asked, orders=tuple(orders))


def by_prices(request: ChatRequest) -> Completion:
    """Answer with the largest open there may be, whatever it is called."""
    return answered(request, "the largest", [largest_open(request)])


def unnamed(request: ChatRequest, scene: Scene) -> list[str]:
    """Return the lines of what is shown, without names and dates, in an order of their own."""
    text = "\n".join(message.content for message in request.messages)
    for number, name in enumerate(scene.names):
        text = re.sub(rf"\b{re.escape(name)}\b", f"market{number}", text)
    return sorted(_DATE.sub("date", text).splitlines())


def renamed(first: str, second: str) -> Change:
    """Return the change that gives both markets other names, wherever they stand."""

    def change(scene: Scene) -> Scene:
        old, new = scene.names, (Symbol(first), Symbol(second))

        def rename(text: str) -> str:
            for before, after in zip(old, new, strict=True):
                text = text.replace(before, after)
            return text

        return msgspec.structs.replace(scene, names=new, strangers=_said_anew(scene.strangers, rename))

    return change


def shifted(scene: Scene) -> Scene:
    """Return the scene many weeks later, with everything that has a date in it."""
    strangers = scene.strangers
    headlines = tuple(
        msgspec.structs.replace(one, published_at=Instant(one.published_at + _WEEKS_MS)) for one in strangers.headlines
    )
    notes = tuple(
        msgspec.structs.replace(one, written_at=Instant(one.written_at + _WEEKS_MS)) for one in strangers.notes
    )
    moved = msgspec.structs.replace(strangers, headlines=headlines, notes=notes)
    return msgspec.structs.replace(scene, at=Instant(scene.at + _WEEKS_MS), strangers=moved)


def _rescaled(scene: Scene) -> Scene:
    return msgspec.structs.replace(scene, scale=_SCALE)


def _flipped(scene: Scene) -> Scene:
    return msgspec.structs.replace(scene, is_flipped=True)


def _said_anew(strangers: Strangers, rename: Callable[[str], str]) -> Strangers:
    headlines = tuple(
        msgspec.structs.replace(one, text=rename(one.text), source=rename(one.source)) for one in strangers.headlines
    )
    return msgspec.structs.replace(
        strangers,
        headlines=headlines,
        notes=tuple(msgspec.structs.replace(one, text=rename(one.text)) for one in strangers.notes),
        output=rename(strangers.output),
        description=rename(strangers.description),
        schema=rename(strangers.schema),
        symbol=None if strangers.symbol is None else Symbol(rename(strangers.symbol)),
        provider=None if strangers.provider is None else rename(strangers.provider),
    )


CHANGES: Mapping[str, Change] = {
    "other names": renamed("QQQ", "ZZZ"),
    "names that sort the other way": renamed("ZZZ", "QQQ"),
    OTHER_PRICES: _rescaled,
    "the other market first": _flipped,
    "many weeks later": shifted,
}
"""Under each of these the outline stays as it was."""
