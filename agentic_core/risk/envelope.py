"""What may be proposed right now, so that a decider need not guess: every action inside it passes the engine."""

from collections.abc import Iterable

import msgspec

from agentic_core.domain.account import AccountView
from agentic_core.domain.decision import ActionKind, Denied, ProposedAction
from agentic_core.domain.envelope import Closable, Closed, Envelope, Room
from agentic_core.domain.ids import Symbol
from agentic_core.domain.limits import RiskLimits
from agentic_core.domain.market import MarketView
from agentic_core.domain.money import Price, Size
from agentic_core.domain.side import Side
from agentic_core.domain.trading import TradingState
from agentic_core.risk.facts import Facts, gather
from agentic_core.risk.pipeline import judge
from agentic_core.risk.room import EQUITY_STEP, price_worst, resized, size_least, size_most

__all__ = ["allowed"]

_ANY_SIZE = Size(EQUITY_STEP)
"""Named where no size can be computed; some earlier rule refuses."""


def allowed(
    account: AccountView,
    market: MarketView,
    limits: RiskLimits,
    state: TradingState,
    symbols: Iterable[Symbol] | None = None,
) -> Envelope:
    """Return what the engine would approve at this snapshot, in the order of the symbols' names.

    Inside it is an open of a room's symbol and side, in any number of units that rounds down to a size of the room or
    in dollars that do so at the mark, with any legal limit price not beyond the worst or with none; and a close of
    any of the positions, whole or in part. With `symbols`, only these are looked at for opens.
    """
    opens: list[Room] = []
    shut: list[Closed] = []
    for symbol in sorted(limits.symbols_allowed if symbols is None else symbols):
        probe = ProposedAction(kind=ActionKind.OPEN, symbol=symbol, size=_ANY_SIZE)
        facts = gather(probe, account, market, limits, state)
        for side in Side:
            found = _look(msgspec.structs.replace(facts, action=msgspec.structs.replace(probe, side=side)), side)
            if isinstance(found, Room):
                opens.append(found)
            else:
                shut.append(found)
    day = account.day
    left = min(
        limits.orders_per_day_max - day.orders, limits.orders_per_minute_max - day.orders_in_minute(market.as_of)
    )
    return Envelope(
        as_of=market.as_of,
        state=state,
        opens=tuple(opens),
        closes=tuple(Closable(symbol=held.symbol, size=held.size) for held in account.positions.values()),
        shut=tuple(shut),
        orders_left=max(0, left),
    )


def _look(facts: Facts, side: Side) -> Room | Closed:
    instrument, mark = facts.instrument, facts.mark
    least = size_least(facts, instrument, mark) if instrument is not None and mark is not None else None
    verdict = judge(facts if least is None else resized(facts, least))
    if isinstance(verdict, Denied):
        return Closed(symbol=facts.action.symbol, side=side, rule=verdict.rule)
    assert instrument is not None, "R2_UNKNOWN_INSTRUMENT lets no open of an unlisted symbol pass"
    assert mark is not None, "R4_NO_MARK lets no open without a mark pass"
    assert least is not None, "R9_BELOW_VENUE_MINIMUM lets no open of less than the venue's minimum pass"
    most = size_most(facts, instrument, mark, least)
    assert most is not None, "the least size passes every cap"
    worst = price_worst(facts, instrument, mark)
    assert worst is not None, "R9_PRICE_STEP lets no open without a legal price pass"
    return Room(
        symbol=facts.action.symbol,
        side=side,
        size_min=least,
        size_max=most,
        size_step=instrument.size_step,
        mark=Price(mark),
        limit_price_worst=worst,
    )
