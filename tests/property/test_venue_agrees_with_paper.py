"""The simulated venue and the paper broker agree on random portfolios to the last digit, though they share no code."""

from decimal import Decimal
from typing import TypeAlias, assert_never

import msgspec
from hypothesis import event, given, settings
from hypothesis import strategies as st

from agentic_core.domain import Accepted, Rejected
from agentic_hl.venue.engine.markets import price_at, size_down
from agentic_hl.venue.terms import OrderRequest, Tif
from tests.support.venue_beside_paper import BESIDE, USER, VenueBesidePaper, liquidation_prices_agree

_COST_DUST = Decimal("1E-9")
"""The shares of cost that partial closes release are rounded, in different places."""


class Lever(msgspec.Struct, frozen=True, tag=True):
    """Set leverage."""

    asset: int
    place: int
    isolated: bool


class Buy(msgspec.Struct, frozen=True, tag=True):
    """Buy or sell at once, so many parts in eight of what is affordable; or close so many parts of what is held."""

    asset: int
    is_buy: bool
    eighths: int
    closes: bool


class Move(msgspec.Struct, frozen=True, tag=True):
    """Move the mark by so many thousandths, with an oracle so many ten-thousandths away."""

    asset: int
    thousandths: int
    basis: int


class Approach(msgspec.Struct, frozen=True, tag=True):
    """Move the mark of one of the positions to its liquidation price, or so many basis points past it."""

    place: int
    past: int


class Hour(msgspec.Struct, frozen=True, tag=True):
    """Let an hour pass at this rate, in millionths."""

    rate: int


Step: TypeAlias = Lever | Buy | Move | Approach | Hour

assets = st.integers(0, len(BESIDE) - 1)
moves = st.integers(-30, 30) | st.sampled_from([-300, -120, -60, 60, 120, 300])
steps = st.one_of(
    st.builds(Lever, assets, st.integers(0, 7), st.booleans()),
    st.builds(Buy, assets, st.booleans(), st.integers(1, 8), st.just(value=False)),
    st.builds(Buy, assets, st.booleans(), st.integers(1, 8), st.booleans()),
    st.builds(Move, assets, moves, st.integers(-20, 20)),
    st.builds(Move, assets, moves, st.integers(-20, 20)),
    st.builds(Approach, st.integers(0, 3), st.integers(-10, 30) | st.integers(-100, 200)),
    st.builds(Hour, st.integers(-4_000, 4_000)),
)
opening = st.tuples(
    *[st.builds(Lever, st.just(asset), st.integers(0, 7), st.booleans()) for asset in range(len(BESIDE))]
)
deposits = st.sampled_from([Decimal(100), Decimal(1_000), Decimal("12345.678901"), Decimal(60_000)])


def lever(both: VenueBesidePaper, step: Lever) -> None:
    """Set leverage in both: where one objects, the other does, for the same reason."""
    leverages = BESIDE[step.asset].leverages
    leverage = leverages[step.place % len(leverages)]
    of_venue, of_paper = both.set_leverage(step.asset, leverage, isolated=step.isolated)
    assert _cause(of_venue) == _cause(of_paper), (of_venue, of_paper)
    event(f"leverage: {_cause(of_venue)}")


def buy(both: VenueBesidePaper, step: Buy) -> None:
    """Trade in both: the same fills at the same prices for the same fees."""
    market = both.engine.markets[step.asset]
    if not step.closes and both.figures.free <= 0:
        return  # what may be done without enough initial margin is an assumption of both
    held = next((one.szi for one in both.figures.positions if one.asset == step.asset), Decimal(0))
    is_buy = held < 0 if step.closes and held else step.is_buy
    most = abs(held) if step.closes else both.engine.tradable(USER, step.asset).max_szs[0 if is_buy else 1]
    mark = both.engine.mark(step.asset)
    # What is affordable is reckoned at mark and without fees; a tenth of it is left for those.
    part = Decimal(step.eighths) / (8 if step.closes else 9)
    sz = size_down(min(most * part, 150_000 / mark), market)
    if sz * mark < 12 and not (held and sz == abs(held)):
        return
    limit = price_at(mark * (Decimal("1.01") if is_buy else Decimal("0.99")), market)
    request = OrderRequest(
        asset=step.asset, is_buy=is_buy, limit_px=limit, sz=sz, reduce_only=bool(step.closes and held), tif=Tif.IOC
    )
    before = both.engine.account(USER)
    assert before is not None
    known = len(before.fills)
    status, answer = both.order(request)
    if isinstance(answer, Rejected):
        assert isinstance(status, dict)
        assert str(status["error"]).split(" asset=")[0] == answer.reason.split(" asset=")[0]
        return
    assert isinstance(answer, Accepted), (status, answer, request)
    fills = [(fill.px, fill.sz, fill.fee) for fill in list(before.fills)[known:]]
    assert fills == [(fill.price, fill.size, fill.fee) for fill in answer.fills]
    event("closed" if request.reduce_only else "traded")


def compare(both: VenueBesidePaper) -> None:
    """Compare every figure of the account."""
    ours, ledger = both.figures, both.ledger
    shown = (ours.account_value, ours.cross_account_value, ours.cross_maintenance_margin_used, ours.total_margin_used)
    assert shown == (ledger.equity, ledger.cross_equity, ledger.cross_maintenance, ledger.margin_used)
    assert ours.withdrawable == ledger.withdrawable
    assert {BESIDE[one.asset].symbol for one in ours.positions} == set(ledger.positions)
    for one in ours.positions:
        symbol = BESIDE[one.asset].symbol
        held, pocket = ledger.position(symbol), ledger.margins.pockets.get(symbol)
        assert (one.szi, one.maintenance) == (held.size, ledger.maintenance_of(held))
        assert one.raw_usd == (None if pocket is None else pocket.raw_usd)
        assert abs(one.unrealized_pnl - held.unrealised_pnl(ledger.price(symbol))) < _COST_DUST
        assert liquidation_prices_agree(one.liquidation_px, ledger.liquidation_price(symbol)), symbol


def move(both: VenueBesidePaper, asset: int, mark: Decimal, basis: int = 0) -> bool:
    """Move a market in both; return whether what they did can be compared further."""
    market = both.engine.markets[asset]
    mark = price_at(mark, market)
    return both.move(asset, mark, price_at(mark * (10_000 + basis) / 10_000, market))


def approach(both: VenueBesidePaper, step: Approach) -> bool:
    """Move the mark of a position near the price that liquidates it."""
    held = both.figures.positions
    one = held[step.place % len(held)] if held else None
    if (
        one is None
        or one.liquidation_px is None
        or not Decimal("0.3") < one.liquidation_px / both.engine.mark(one.asset) < 3
    ):
        return True
    past = step.past if one.szi < 0 else -step.past
    return move(both, one.asset, one.liquidation_px * (10_000 + past) / 10_000)


def take(both: VenueBesidePaper, step: Step) -> bool:
    """Take a step; return whether what they did can be compared further."""
    match step:
        case Lever():
            lever(both, step)
        case Buy():
            buy(both, step)
        case Move(asset=asset, thousandths=change, basis=basis):
            return move(both, asset, both.engine.mark(asset) * (1_000 + change) / 1_000, basis)
        case Approach():
            return approach(both, step)
        case Hour(rate=rate):
            return both.pass_hour([Decimal(rate + asset).scaleb(-6) for asset in range(len(BESIDE))])
        case _:
            assert_never(step)
    return True


@settings(max_examples=400)
@given(deposit=deposits, levers=opening, script=st.lists(steps, min_size=4, max_size=30))
def test_margin_liquidation_funding_and_fees_are_those_of_the_paper_broker(
    deposit: Decimal, levers: tuple[Lever, ...], script: list[Step]
) -> None:
    """Equity, margin used, maintenance, withdrawable, isolated margin, fees, payments, and who is liquidated how."""
    both = VenueBesidePaper(deposit)
    for step in (*levers, *script):
        if not take(both, step):
            event("sold in another order")
            break
        compare(both)
    for is_cross, method in both.liquidations:
        event(f"liquidated: {'cross' if is_cross else 'isolated'} {method}")


def _cause(text: str) -> str:
    # The last words before the first stop: how such a text begins for cross margin is an assumption of both.
    return " ".join(text.split(".", maxsplit=1)[0].split()[-3:])
