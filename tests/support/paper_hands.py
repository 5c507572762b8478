"""Orders and looks by hand at a paper account whose market goes along a path."""

from decimal import Decimal

from msgspec.structs import replace

from agentic_core.brokers.paper import PaperTerms
from agentic_core.domain import (
    Fill,
    Instant,
    IntentKind,
    OrderIntent,
    PreparedIntent,
    Price,
    Side,
    TimeInForce,
    Trigger,
    TriggerKind,
)
from tests.support.markets import BTC, order, prepared
from tests.support.paper_market import LOOK_MS, PaperPlace, PathMarket

__all__ = ["FLAT", "booked", "buy", "pass_looks", "place", "ready", "stop"]

D = Decimal
FLAT = [(100, 100, 100, 100)] * 8
NO_SLIPPAGE = PaperTerms(slippage_bps=D(0))


def place(*, path: list[tuple[int, ...]] | None = None) -> PaperPlace:
    """Return an account at a market that goes along a path, or stands at 100."""
    return PaperPlace(PathMarket({BTC: path or FLAT}), terms=NO_SLIPPAGE)


def ready(at: PaperPlace, intent: OrderIntent) -> PreparedIntent:
    """Return an intent as the store hands it out now."""
    return replace(prepared(intent), fence=at.fence, prepared_at=at.market.at)


def buy(number: int, size: str = "2") -> OrderIntent:
    """Return a buy that executes at once."""
    return order(number, Side.BUY, size, "150")


def stop(number: int, trigger: int) -> OrderIntent:
    """Return a stop of whatever is held."""
    return replace(
        order(number, Side.SELL, "2", "50", reduce_only=True),
        kind=IntentKind.STOP,
        time_in_force=TimeInForce.GTC,
        trigger=Trigger(kind=TriggerKind.STOP, price=Price(D(trigger)), position_sized=True),
    )


def pass_looks(at: PaperPlace, count: int = 1) -> None:
    """Let so many quarters of a minute pass."""
    at.market.at = Instant(at.market.at + count * LOOK_MS)


async def booked(at: PaperPlace) -> list[Fill]:
    """Return what the ledger has of executions."""
    entries = await at.store.ledger.entries(at.fence.account, Instant(0))
    return [each for each in entries if isinstance(each, Fill)]
