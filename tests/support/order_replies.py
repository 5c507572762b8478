"""What a broker answers to sending, asking and burning, as data for scripts."""

from collections.abc import Callable
from decimal import Decimal
from typing import NoReturn, TypeAlias

from agentic_core.domain import (
    Accepted,
    ClientOrderId,
    Fill,
    Instant,
    IntentState,
    Liquidity,
    PreparedIntent,
    Price,
    Rejected,
    SendOutcome,
    Side,
    Size,
    Unresolved,
    Usd,
)
from agentic_core.errors import VenueUnavailable
from agentic_core.ports.broker import Absent, Burned, Known, NotBurned, Observation, Searched
from tests.support.markets import BTC

__all__ = [
    "BURNED",
    "UNPROVEN",
    "Answer",
    "Look",
    "absent",
    "accepted",
    "fill",
    "known",
    "lost",
    "never_left",
    "refused",
    "silent",
    "total_of",
]

Answer: TypeAlias = Callable[[PreparedIntent], SendOutcome]
Look: TypeAlias = Callable[[PreparedIntent, Instant], Observation]

_SEARCH_BACK_MS = 60_000


def fill(cloid: ClientOrderId | None, units: str = "2", *, number: int = 1, side: Side = Side.BUY) -> Fill:
    """Return an execution of BTC at 100, with a fee of a cent."""
    return Fill(
        fill_id=f"BTC:{number}",
        cloid=cloid,
        symbol=BTC,
        side=side,
        size=Size(Decimal(units)),
        price=Price(Decimal(100)),
        fee=Usd(Decimal("0.01")),
        liquidity=Liquidity.TAKER,
        time=Instant(number),
        closed_pnl=Usd(Decimal(0)),
    )


def total_of(units: str | None) -> Size | None:
    """Return units, where they are told."""
    return None if units is None else Size(Decimal(units))


def accepted(state: IntentState, total: str | None = None, *listed: str) -> Answer:
    """Accept an order, with executions of so many units each."""

    def answer(prepared: PreparedIntent) -> SendOutcome:
        cloid = prepared.intent.cloid
        fills = _fills(prepared, listed)
        return Accepted(cloid=cloid, state=state, fills=fills, venue_order_id="7", total=total_of(total))

    return answer


def refused(prepared: PreparedIntent) -> SendOutcome:
    """Refuse an order."""
    return Rejected(cloid=prepared.intent.cloid, reason="no margin")


def lost(prepared: PreparedIntent) -> SendOutcome:
    """Lose the answer."""
    return Unresolved(cloid=prepared.intent.cloid, cause="timeout")


def never_left(prepared: PreparedIntent) -> SendOutcome:
    """Fail before the first byte."""
    return Unresolved(cloid=prepared.intent.cloid, cause="no connection", left=False)


def known(state: IntentState, total: str | None = None, *listed: str) -> Look:
    """Know an order, with executions of so many units each."""

    def look(prepared: PreparedIntent, now: Instant) -> Observation:
        return Known(
            cloid=prepared.intent.cloid,
            state=state,
            fills=_fills(prepared, listed),
            searched=_searched(prepared, now),
            total=total_of(total),
            seen_at=now,
        )

    return look


def absent(prepared: PreparedIntent, now: Instant) -> Observation:
    """Know of no order and of no execution."""
    return Absent(cloid=prepared.intent.cloid, searched=_searched(prepared, now))


def silent(prepared: PreparedIntent, now: Instant, *, retry_after_ms: int | None = None) -> NoReturn:
    """Answer nothing, or that one should wait."""
    message = f"no answer about {prepared.intent.cloid} at {now}"
    raise VenueUnavailable(message, retry_after_ms=retry_after_ms)


BURNED: Burned | NotBurned = Burned()
UNPROVEN: Burned | NotBurned = NotBurned(cause="used before")


def _fills(prepared: PreparedIntent, listed: tuple[str, ...]) -> tuple[Fill, ...]:
    intent = prepared.intent
    return tuple(fill(intent.cloid, units, number=number, side=intent.side) for number, units in enumerate(listed, 1))


def _searched(prepared: PreparedIntent, now: Instant) -> Searched:
    return Searched(since=Instant(prepared.prepared_at - _SEARCH_BACK_MS), read_at=now)
