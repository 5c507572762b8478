"""Contract rules for runs without a venue to ask, as Hyperliquid's perpetual list gave them in 2026."""

from agentic_core.domain.ids import Symbol
from agentic_core.domain.instrument import Instrument

__all__ = ["KNOWN_INSTRUMENTS", "instrument_for"]

_TABLE = {"BTC": (5, 40), "ETH": (4, 25), "SOL": (2, 20), "XRP": (0, 20), "ATOM": (2, 5)}

KNOWN_INSTRUMENTS: dict[Symbol, Instrument] = {
    Symbol(name): Instrument(symbol=Symbol(name), size_decimals=decimals, leverage_max=leverage)
    for name, (decimals, leverage) in _TABLE.items()
}


def instrument_for(symbol: Symbol) -> Instrument:
    """Return a contract's rules; a symbol this table does not know gets cautious ones."""
    return KNOWN_INSTRUMENTS.get(symbol) or Instrument.generic(symbol)
