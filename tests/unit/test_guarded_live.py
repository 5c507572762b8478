"""The gate before a live broker: leverage, marks that are not the venue's, and accounts that are newer or unread."""

from collections.abc import Mapping
from decimal import Decimal

import msgspec
import pytest

from agentic_core.brokers import GuardedBroker
from agentic_core.domain import (
    Accepted,
    BrokerKind,
    Denied,
    Figures,
    Instant,
    IntentKind,
    MarkSource,
    PreparedIntent,
    SendOutcome,
    Side,
    Size,
    TradingState,
)
from agentic_core.domain.account import AccountView
from agentic_core.errors import Fenced, VenueUnavailable
from agentic_core.ports.broker import BrokerCapabilities
from tests.support.gates import Gate, Noting
from tests.support.markets import BooksByHand
from tests.support.risk_scenes import Scene, scene
from tests.support.turns import LIMITS

pytestmark = pytest.mark.anyio

D = Decimal
LIVE = BrokerCapabilities(kind=BrokerKind.HYPERLIQUID_MAINNET, rests_stops=True, burns_nonces=True)
CHANGE: Mapping[str, object] = {"kind": IntentKind.LEVERAGE, "size": Size(D(0)), "leverage": 2}


class Unread(Noting):
    """A broker whose account cannot be read."""

    async def account(self) -> AccountView:
        """Fail."""
        message = "no answer"
        raise VenueUnavailable(message)


def live(asked: Scene, *, clock_ahead_ms: int = 0) -> Gate:
    """Return a gate before real money."""
    gate = Gate(asked, clock_ahead_ms=clock_ahead_ms)
    gate.broker.capabilities = LIVE
    return gate


async def rule(gate: Gate, durable: PreparedIntent) -> str | None:
    """Submit; return the rule that denied it, or None where it was sent."""
    outcome: SendOutcome | Denied = await gate.guarded.submit(durable)
    assert gate.broker.sent == ([] if isinstance(outcome, Denied) else [durable])
    return outcome.rule if isinstance(outcome, Denied) else None


@pytest.mark.parametrize(
    ("asked", "leverage"),
    [
        (Scene(), 1),
        (Scene(), 2),
        (scene(state=TradingState.HALTED), 2),
        (scene(mark=None), 2),
        (scene(mark_age_ms=10**9, equity=D(-1)), 2),
        (scene(elsewhere_usd=D(900)), 2),
    ],
)
async def test_leverage_is_changed_while_the_symbol_is_flat(asked: Scene, leverage: int) -> None:
    """In any state of trading, by any mark, and whatever is held elsewhere: nothing is bought by it."""
    gate = live(asked)
    assert await rule(gate, gate.prepared(0, **{**CHANGE, "leverage": leverage})) is None


@pytest.mark.parametrize(
    ("asked", "leverage"),
    [
        (scene(held=D("0.01")), 2),
        (scene(held=D("-0.00001")), 2),
        (scene(unresolved=1), 2),
        (Scene(), 3),
        (Scene(), 0),
        (Scene(), -1),
        (Scene(), None),
        (scene(leverage_max=1), 2),
    ],
)
async def test_leverage_is_never_changed_under_a_position_or_beyond_its_cap(asked: Scene, leverage: int | None) -> None:
    """Nor while the fate of an order is open, which may be holding something by now."""
    gate = live(asked)
    denied = await gate.guarded.submit(gate.prepared(None, **{**CHANGE, "leverage": leverage}))
    assert isinstance(denied, Denied)
    assert denied.rule == "R6_LEVERAGE_CHANGE"
    cap = asked.limits.leverage_max
    assert denied.numbers == Figures(held=asked.held, unresolved=asked.unresolved, leverage_max=cap)
    assert gate.broker.sent == []


@pytest.mark.parametrize("changes", [{}, CHANGE])
async def test_nothing_is_opened_or_set_on_an_account_that_cannot_be_read(changes: Mapping[str, object]) -> None:
    """Its rule says so; what closes asks for no account."""
    gate = Gate(Scene())
    broker = Unread(gate.account)
    gate.broker, gate.guarded.broker = broker, broker
    assert await rule(gate, gate.prepared(None, **changes)) == "R4_NO_ACCOUNT"
    assert await rule(gate, gate.prepared(None, **changes, reduce_only=True)) is None


@pytest.mark.parametrize("source", [each for each in MarkSource if each is not MarkSource.VENUE])
async def test_real_money_opens_on_no_mark_but_the_venues(source: MarkSource) -> None:
    """A price that stands in for it values and closes; paper opens on it, too."""
    gate = live(scene(mark_source=source))
    denied = await gate.guarded.submit(gate.prepared())
    assert isinstance(denied, Denied)
    assert (denied.rule, denied.numbers) == ("R4_MARK_SOURCE", Figures(mark=D(50_000)))
    assert await rule(gate, gate.prepared(reduce_only=True, side=Side.SELL)) is None
    on_paper = Gate(scene(mark_source=source))
    assert await rule(on_paper, on_paper.prepared()) is None


async def test_old_price_that_stands_in_is_denied_for_its_age_first() -> None:
    """Both would be wrong, and the age comes first in the rules."""
    gate = live(scene(mark_source=MarkSource.CANDLE_CLOSE), clock_ahead_ms=30_001)
    assert await rule(gate, gate.prepared()) == "R4_STALE_MARK"


@pytest.mark.parametrize(("newer_ms", "denied_by"), [(0, None), (26, None), (29_999, None), (30_001, "R4_STALE_MARK")])
async def test_account_that_is_newer_than_the_market_is_judged_at_its_own_time(
    newer_ms: int, denied_by: str | None
) -> None:
    """It is read at the gate, after the marks of the turn; those are then so much older."""
    gate = live(scene(account_age_ms=-newer_ms))
    assert await rule(gate, gate.prepared()) == denied_by


async def test_account_that_is_older_than_the_market_is_still_judged_by_its_age() -> None:
    """A minute is allowed."""
    for age_ms, denied_by in ((60_000, None), (60_001, "R4_STALE_ACCOUNT")):
        gate = live(scene(account_age_ms=age_ms))
        assert await rule(gate, gate.prepared()) == denied_by


async def test_sending_begins_after_the_gate_and_before_the_broker() -> None:
    """What is denied never begins, and what fails to begin never leaves."""
    gate, began = live(Scene()), list[int]()

    async def begin() -> None:
        began.append(len(gate.broker.sent))

    async def refuse() -> None:
        message = "another runner has the lease"
        raise Fenced(message)

    durable = gate.prepared()
    with pytest.raises(Fenced):
        await gate.guarded.submit(durable, begin=refuse)
    assert gate.broker.sent == []
    assert isinstance(await gate.guarded.submit(durable, begin=begin), Accepted)
    assert (began, gate.broker.sent) == ([0], [durable])
    halted = live(scene(state=TradingState.HALTED))
    assert isinstance(await halted.guarded.submit(halted.prepared(), begin=begin), Denied)
    assert began == [0]


async def test_gate_judges_at_the_later_time_without_changing_the_market() -> None:
    """The turn's market is shared with whoever else looks at it."""
    gate = live(scene(account_age_ms=-500))
    before = gate.market.as_of
    assert await rule(gate, gate.prepared()) is None
    assert gate.market.as_of == before
    guarded = GuardedBroker(
        gate.broker,
        state=lambda: TradingState.ACTIVE,
        now=lambda: Instant(before + 500),
        market=gate.market,
        limits=msgspec.structs.replace(LIMITS, mark_age_ms_max=499),
        books=BooksByHand(),
    )
    denied = await guarded.submit(gate.prepared())
    assert isinstance(denied, Denied)
    assert denied.rule == "R4_STALE_MARK"
