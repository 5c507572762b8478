"""Setting the leverage of symbols before the first order in them, where it is not as wanted."""

from collections.abc import Mapping
from typing import Final

from agentic_core.domain.decision import Denied
from agentic_core.domain.ids import Symbol, TickId, client_order_id
from agentic_core.domain.money import ZERO, Price, Size, Usd
from agentic_core.domain.order import IntentKind, OrderIntent, PreparedIntent
from agentic_core.domain.side import Side
from agentic_core.domain.times import Instant
from agentic_core.errors import VenueUnavailable
from agentic_core.ports.account_reads import SymbolLeverage
from agentic_core.runtime.exits import ExitPorts, ExitTerms, ExitTurn

__all__ = ["set_leverages"]

_PATIENCE_MS: Final = 20_000
_CAUSE: Final = "boot:leverage"


async def set_leverages(
    ports: ExitPorts, terms: ExitTerms, wanted: Mapping[Symbol, SymbolLeverage]
) -> Mapping[Symbol, str]:
    """Set one symbol after the other, and return of those that are not set as wanted why; the venue has the last word.

    What is as wanted already is only looked at. A symbol that is not set must not be opened: its margin and its stop
    would be reckoned wrongly.

    Raises:
        Fenced: the lease is lost.
        StoreError: the database refused.
    """
    # Not side by side: the gate lets no change pass while another one is unresolved.
    found = {symbol: await _set(ports, terms, symbol, each) for symbol, each in wanted.items()}
    return {symbol: failure for symbol, failure in found.items() if failure is not None}


async def _set(ports: ExitPorts, terms: ExitTerms, symbol: Symbol, wanted: SymbolLeverage) -> str | None:
    found = await _read(ports, symbol)
    if isinstance(found, str):
        return found
    if found == wanted:
        return None
    prepared = await _write(ports, terms, symbol, wanted)
    outcome = await ports.orders.submit(prepared)
    if isinstance(outcome, Denied):
        return f"{outcome.rule}: {outcome.detail}"
    cloid = prepared.intent.cloid
    await ports.orders.settle([cloid], until=Instant(ports.venue_now() + _PATIENCE_MS))
    found = await _read(ports, symbol)
    if isinstance(found, str):
        return found
    if found == wanted:
        return None
    return f"{symbol} is at {_words(found)} instead of {_words(wanted)}; set it by hand, or start again"


async def _read(ports: ExitPorts, symbol: Symbol) -> SymbolLeverage | str:
    try:
        return await ports.reads.leverage(symbol)
    except VenueUnavailable as exc:
        return f"nobody knows what {symbol} is set to: {exc}"


async def _write(ports: ExitPorts, terms: ExitTerms, symbol: Symbol, wanted: SymbolLeverage) -> PreparedIntent:
    cause = f"{_CAUSE}:{symbol}:{terms.fence.epoch}"
    tick = TickId(deployment=terms.deployment, mark=ports.venue_now(), cause=cause)
    decision = ports.decide(ExitTurn(tick=tick, cause=_CAUSE, plan=(), equity=Usd(ZERO)))
    intent = OrderIntent(
        cloid=client_order_id(terms.fence.account, tick.digest(), leg=0, attempt=0),
        symbol=symbol,
        side=Side.BUY,
        size=Size(ZERO),
        limit_price=Price(ZERO),
        reduce_only=False,
        kind=IntentKind.LEVERAGE,
        leverage=wanted.leverage,
        isolated=wanted.isolated,
    )
    (prepared,) = await ports.orders.prepare(decision, [intent])
    return prepared


def _words(setting: SymbolLeverage) -> str:
    return f"{setting.leverage}x {'isolated' if setting.isolated else 'cross'}"
