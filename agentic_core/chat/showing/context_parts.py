"""The account, the turn before and the rules' wish, as a chat model sees them."""

import re
from collections.abc import Iterator
from decimal import Decimal

from agentic_core.chat.showing.figures import percent, price, usd
from agentic_core.chat.showing.untrusted import plain_name, plain_text
from agentic_core.domain.account import AccountView
from agentic_core.domain.chat import LastTurn
from agentic_core.domain.decision import ProposedAction
from agentic_core.domain.limits import RiskLimits
from agentic_core.domain.market import MarketView
from agentic_core.domain.money import ZERO, Bps, plain
from agentic_core.domain.position import Position
from agentic_core.domain.times import Instant, show

__all__ = ["account_lines", "last_turn_lines", "position_lines", "wish_lines"]

_POSITIONS_SHOWN_MAX = 40
_REASON_MAX = 200
_SECOND_MS = 1_000
_WORD = re.compile(r"[A-Za-z0-9_]{1,48}")


def account_lines(account: AccountView, limits: RiskLimits, as_of: Instant) -> Iterator[str]:
    """Write what there is, what was lost, and where trading halts."""
    equity, baseline, exposure = account.equity, account.day.baseline, account.exposure()
    age = max(0, as_of - account.as_of) // _SECOND_MS
    yield f"- equity {usd(equity)} USD, as of {age} s ago"
    yield (
        f"- all positions together {usd(exposure)} USD, {percent(exposure, equity)} of equity; "
        f"margin used {usd(account.margin_used)} USD"
    )
    yield (
        f"- today (UTC): began with {usd(baseline)} USD, {percent(equity - baseline, baseline)} since; "
        f"everything is closed at -{_percent_of(limits.daily_loss_bps_max)}"
    )
    if limits.drawdown_bps_max is not None:
        yield (
            f"- highest equity {usd(account.peak)} USD, {percent(equity - account.peak, account.peak)} since; "
            f"everything is closed at -{_percent_of(limits.drawdown_bps_max)}"
        )
    yield (
        f"- orders sent today: {account.day.orders} of {limits.orders_per_day_max}; resting or under way: "
        f"{len(account.open_intents)}; fate unknown: {account.unresolved}"
    )


def position_lines(account: AccountView, market: MarketView) -> Iterator[str]:
    """Write what is held, by name; the first so many of them."""
    held = [account.positions[symbol] for symbol in sorted(account.positions)]
    if not held:
        yield "Nothing is held."
    for position in held[:_POSITIONS_SHOWN_MAX]:
        yield f"- {_position(position, market)}"
    if len(held) > _POSITIONS_SHOWN_MAX:
        yield f"- and {len(held) - _POSITIONS_SHOWN_MAX} more"


def last_turn_lines(last: LastTurn | None) -> Iterator[str]:
    """Write what became of the turn before, in fixed words and numbers."""
    if last is None:
        yield "This is the first turn that is known of."
        return
    action = [_word(last.kind)]
    action += [] if last.side is None else [last.side.value]
    action += [] if last.symbol is None else [plain_name(last.symbol)]
    action += [] if last.size is None else [f"size {plain(last.size)} (in the unit it was named in)"]
    refused = "" if last.rule is None else f", refused by {_word(last.rule)}"
    yield f"At {show(last.at)}: {' '.join(action)}; result {_word(last.result)}{refused}."


def wish_lines(wish: ProposedAction | None) -> Iterator[str]:
    """Write what the rules of a hybrid skill wish."""
    if wish is None:
        yield "The rules wish nothing now."
        return
    side = "" if wish.side is None else f" {wish.side}"
    yield f"{wish.kind}{side} {plain_name(wish.symbol)}{_size(wish)}. {plain_text(wish.reason, _REASON_MAX)}".rstrip()


def _size(wish: ProposedAction) -> str:
    size = "" if wish.size is None else f", size {price(wish.size)} units"
    dollars = "" if wish.size_usd is None else f", sizeUsd {usd(wish.size_usd)}"
    limit = "" if wish.limit_price is None else f", limitPrice {price(wish.limit_price)}"
    return f"{size}{dollars}{limit}"


def _position(position: Position, market: MarketView) -> str:
    mark, entry = market.mark(position.symbol), position.entry_price or ZERO
    held = (
        f"{plain_name(position.symbol)} {position.direction}: {price(abs(position.size))} units, entry {price(entry)}"
    )
    if mark is None:
        return f"{held}, no mark is known"
    pnl = position.unrealised_pnl(mark.price)
    worth = f"worth {usd(position.notional(mark.price))} USD, open profit {usd(pnl)} USD"
    return f"{held}, {worth} ({percent(pnl, position.entry_cost)})"


def _percent_of(bps: Bps) -> str:
    return f"{plain(Decimal(bps) / 100)} %"


def _word(text: str) -> str:
    # The record it comes from was written by us; should it ever not be, nothing is shown of it.
    return text if _WORD.fullmatch(text) else "unknown"
