"""The gate before a broker that only notes what reaches it."""

from decimal import Decimal

import msgspec

from agentic_core.brokers import GuardedBroker
from agentic_core.domain import (
    Accepted,
    BrokerKind,
    Instant,
    IntentState,
    OrderIntent,
    PreparedIntent,
    Price,
    Side,
    Size,
    TickId,
    client_order_id,
)
from agentic_core.domain.account import AccountView
from agentic_core.domain.ids import AccountKey, DeploymentId
from agentic_core.ports.broker import Absent, BrokerCapabilities, NotBurned, Searched
from tests.support.markets import BooksByHand, MarketByHand, prepared
from tests.support.risk_scenes import Scene

__all__ = ["Gate", "Noting", "intent_of"]


def intent_of(asked: Scene, **changes: object) -> OrderIntent:
    """Return the order of a scene's open, at the limit it names or else at its mark."""
    turn = TickId(deployment=DeploymentId("gate"), mark=asked.at)
    intent = OrderIntent(
        cloid=client_order_id(AccountKey("gate"), turn.digest(), leg=0, attempt=0),
        symbol=asked.symbol,
        side=asked.side or Side.BUY,
        size=Size(asked.size or Decimal(0)),
        limit_price=Price(asked.limit_price or asked.mark or Decimal(1)),
        reduce_only=False,
    )
    return msgspec.structs.replace(intent, **changes)


class Noting:
    """A broker that accepts every order and says the account is what the scene says."""

    def __init__(self, account: AccountView) -> None:
        self.capabilities = BrokerCapabilities(kind=BrokerKind.PAPER, rests_stops=False, burns_nonces=False)
        self.sent: list[PreparedIntent] = []
        self._account = account

    async def send(self, prepared: PreparedIntent) -> Accepted:
        """Note an order."""
        self.sent.append(prepared)
        cloid = prepared.intent.cloid
        return Accepted(cloid=cloid, state=IntentState.FILLED, fills=(), venue_order_id="noted")

    async def observe(self, prepared: PreparedIntent) -> Absent:
        """Know of nothing."""
        return Absent(cloid=prepared.intent.cloid, searched=Searched(since=Instant(0), read_at=self._account.as_of))

    async def burn(self, prepared: PreparedIntent) -> NotBurned:
        """Burn nothing."""
        return NotBurned(cause="nothing to burn")

    async def account(self) -> AccountView:
        """Return the account."""
        return self._account


class Gate:
    """A guarded broker in the market and account of a scene; the clock may be ahead of the market."""

    def __init__(self, asked: Scene, *, clock_ahead_ms: int = 0) -> None:
        self.asked = asked
        self.market: MarketByHand = asked.market
        self.account = asked.account(self.market)
        self.broker = Noting(self.account)
        self.books = BooksByHand()
        self.now = Instant(asked.at + clock_ahead_ms)
        self.guarded = GuardedBroker(
            self.broker,
            state=lambda: asked.state,
            now=lambda: self.now,
            market=self.market,
            limits=asked.limits,
            books=self.books,
        )

    def prepared(self, expires_in_ms: int | None = None, **changes: object) -> PreparedIntent:
        """Return the scene's order as a store hands it out."""
        expires_at = None if expires_in_ms is None else Instant(self.now + expires_in_ms)
        return msgspec.structs.replace(prepared(intent_of(self.asked, **changes)), expires_at=expires_at)
