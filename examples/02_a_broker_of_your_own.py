"""A broker of your own behind the library's gate: everything fills at the mark for a flat fee.

A broker has five methods and no policy. It receives only intents that are already durable, and the guarded broker in
front of it decides what may be sent. Run it with `python examples/02_a_broker_of_your_own.py`.
"""

from decimal import Decimal

from agentic_core import domain as d
from agentic_core.brokers import PaperLedger
from agentic_core.ports import broker as b

FLAT_FEE = d.Usd(Decimal("0.10"))


class FlatFeeBroker:
    """Fills every order whole at its mark."""

    def __init__(self, ledger: PaperLedger) -> None:
        """Trade on the books of a ledger."""
        self._ledger = ledger
        self._done: dict[d.ClientOrderId, d.Accepted] = {}

    @property
    def capabilities(self) -> b.BrokerCapabilities:
        """What this broker can do."""
        return b.BrokerCapabilities(kind=d.BrokerKind.PAPER, rests_stops=False, burns_nonces=False)

    async def send(self, prepared: d.PreparedIntent) -> d.SendOutcome:
        """Fill at the mark, once per client order id."""
        intent = prepared.intent
        if intent.cloid in self._done:
            return self._done[intent.cloid]
        mark = d.Price(self._ledger.price(intent.symbol))
        after, gain = self._ledger.position(intent.symbol).after(intent.side, intent.size, mark)
        fill = d.Fill(
            fill_id=f"{intent.cloid}:0", cloid=intent.cloid, symbol=intent.symbol, side=intent.side, size=intent.size,
            price=mark, fee=FLAT_FEE, liquidity=d.Liquidity.TAKER, time=self._ledger.as_of, closed_pnl=gain,
        )  # fmt: skip
        self._ledger.book(fill, after)
        self._ledger.count_order()
        outcome = d.Accepted(cloid=intent.cloid, state=d.IntentState.FILLED, fills=(fill,), venue_order_id=intent.cloid)
        self._done[intent.cloid] = outcome
        return outcome

    async def observe(self, prepared: d.PreparedIntent) -> b.Observation:
        """Say what became of an order, over which time its fills were looked for, and as of when."""
        cloid, searched = prepared.intent.cloid, b.Searched(since=d.Instant(0), read_at=self._ledger.as_of)
        done = self._done.get(cloid)
        if done is None:
            return b.Absent(cloid=cloid, searched=searched)
        return b.Known(cloid=cloid, state=done.state, fills=done.fills, searched=searched)

    async def burn(self, prepared: d.PreparedIntent) -> b.Burned | b.NotBurned:
        """Nothing is ever on its way, so what has not filled never will."""
        return b.NotBurned(cause="it has filled") if prepared.intent.cloid in self._done else b.Burned()

    async def account(self) -> d.AccountView:
        """Return the ledger."""
        return self._ledger


def main() -> None:
    """Show the port is met: this assignment is checked by the type checker, the rest by the contract suite."""
    btc = d.Symbol("BTC")
    mark = d.Mark(symbol=btc, price=d.Price(Decimal(60_000)), as_of=d.Instant(0), source=d.MarkSource.VENUE)
    ledger = PaperLedger(
        starting_equity=d.Usd(Decimal(1_000)), instruments={}, marks=lambda _symbol: mark, leverage=1, at=d.Instant(0)
    )
    broker: b.Broker = FlatFeeBroker(ledger)
    print(broker.capabilities, "equity", ledger.equity)


if __name__ == "__main__":
    main()
