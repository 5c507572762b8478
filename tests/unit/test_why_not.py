"""What would have to be different for a refused open to pass: the subjects, the numbers, and that they are enough."""

from decimal import Decimal

import pytest

from agentic_core.domain import Bps, Change, Figures, Price, Side, Size, Subject, Symbol, TradingState
from agentic_core.risk import deny
from agentic_core.risk.facts import Facts
from agentic_core.risk.why_not import apply, apply_to_action, why_not
from tests.support.markets import BTC
from tests.support.open_facts import after, answers, facts, wide

D = Decimal
NO_SIZE = {"size": None}
Answers = list[tuple[str, Decimal | int | None]]


def dollars(amount: str, **changes: object) -> Facts:
    """Return an open that names its size in dollars."""
    return facts(size=None, size_usd=D(amount), **changes)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        pytest.param(facts(size=D("0.2")), [("size", D("0.1"))], id="too much: the most"),
        pytest.param(facts(size=D("0.0001")), [("size", D("0.0002"))], id="too little: the least"),
        pytest.param(facts(size=D("0.000001")), [("size", D("0.0002"))], id="less than a step"),
        pytest.param(dollars("9000"), [("size", D("0.1"))], id="too many dollars, told in units"),
        pytest.param(dollars("9.99"), [("size", D("0.0002"))], id="too few dollars"),
        pytest.param(facts(size=D("0.1"), sells=D("0.1"), held=D("0.05")), [("size", D("0.05"))], id="scaled in"),
        pytest.param(facts(size=D("0.08"), elsewhere_usd=D(7_000)), [("size", D("0.06"))], id="too much beside others"),
        pytest.param(wide(size=D(9)), [("size", D(8))], id="more than the venue lends"),
        pytest.param(wide(size=D("0.0001"), order_usd_min=D(0)), [("size", D("0.0002"))], id="the venue's minimum"),
        pytest.param(wide(size=D("0.000001"), order_usd_min=D(0)), [("size", D("0.0002"))], id="no step at all"),
        pytest.param(wide(size=D(3), stop_bps=Bps(1_000)), [("size", D("1.79775"))], id="a stop"),
        pytest.param(facts(size=D(0)), [("size", D("0.0002"))], id="no size above zero"),
        pytest.param(facts(size=D(-1)), [("size", D("0.0002"))], id="a negative size"),
        pytest.param(facts(size=D("NaN")), [("size", D("0.0002"))], id="no number"),
        pytest.param(facts(size=D("sNaN")), [("size", D("0.0002"))], id="no number at all"),
        pytest.param(facts(size=D("Infinity")), [("size", D("0.1"))], id="without end"),
        pytest.param(facts(size=D("-Infinity")), [("size", D("0.0002"))], id="units without end downwards"),
        pytest.param(dollars("-Infinity"), [("size", D("0.0002"))], id="without end downwards"),
        pytest.param(dollars("Infinity"), [("size", D("0.1"))], id="dollars without end"),
    ],
)
def test_why_not_where_a_size_would_pass_tells_the_nearest(asked: Facts, told: Answers) -> None:
    """One change, in units, to the end of the room that lies nearer."""
    assert answers(asked) == told
    assert after(asked) == "approved"


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        pytest.param(
            facts(held=D("0.1")), [("equity", D("10020.000000")), ("size", D("0.0002"))], id="at the cap already"
        ),
        pytest.param(
            facts(sells=D("0.11")), [("equity", D("11000.000000"))], id="orders against it: the size may stay"
        ),
        pytest.param(
            facts(sells=D("0.11"), size=D("0.2")),
            [("equity", D("11000.000000")), ("size", D("0.11"))],
            id="orders against it: the most beside them",
        ),
        pytest.param(
            facts(equity=D(9_000)), [("equity", D("9000.050001")), ("size", D("0.0002"))], id="the day's loss reached"
        ),
        pytest.param(facts(equity=D(-3)), [("equity", D("9000.050001")), ("size", D("0.0002"))], id="no equity at all"),
        pytest.param(
            facts(equity=D(9_500), drawdown_bps_max=Bps(500), size=D("0.0002")),
            [("equity", D("9500.050001"))],
            id="the fall from the peak reached",
        ),
        pytest.param(
            facts(equity=D("15.5"), baseline=D(15), size=D("0.0001")),
            [("equity", D("20.000000")), ("size", D("0.0002"))],
            id="too poor for the least order",
        ),
        pytest.param(facts(baseline=D(0)), [("baseline", D("0.000001"))], id="a day that opened with nothing"),
        pytest.param(
            facts(baseline=D(-1), equity=D(0), peak=D(0)),
            [("baseline", D("0.000001")), ("equity", D("20.000000")), ("size", D("0.0002"))],
            id="and nothing since",
        ),
    ],
)
def test_why_not_where_no_size_would_pass_tells_the_least_equity(asked: Facts, told: Answers) -> None:
    """The least at which the smallest legal order passes, and the nearest size that then does."""
    assert answers(asked) == told
    assert after(asked) == "approved"


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        pytest.param(facts(state=TradingState.HALTED), [("state", None)], id="halted"),
        pytest.param(facts(state=TradingState.REDUCING), [("state", None)], id="reducing"),
        pytest.param(facts(unresolved=2), [("unresolved", 0)], id="orders of unknown fate"),
        pytest.param(facts(mark_age_ms=30_001), [("mark_age_ms", 30_000)], id="an old mark"),
        pytest.param(facts(mark_age_ms=-1), [("mark_age_ms", 0)], id="a mark ahead"),
        pytest.param(facts(venue_mark=False, venue_marks_only=True), [("mark", None)], id="a mark of another source"),
        pytest.param(facts(account_age_ms=60_001), [("account_age_ms", 60_000)], id="an old account"),
        pytest.param(facts(account_age_ms=-1), [("account_age_ms", 0)], id="an account ahead"),
        pytest.param(facts(orders=10), [("orders_today", 9)], id="orders of the day"),
        pytest.param(facts(orders=9, held=D("-0.01")), [("orders_today", 8)], id="two for an opposite open"),
        pytest.param(facts(minute_orders=12), [("orders_this_minute", 9)], id="orders of the minute"),
        pytest.param(facts(minute_orders=9, held=D("-0.01")), [("orders_this_minute", 8)], id="two in a minute"),
        pytest.param(facts(side=None), [("side", None)], id="no side"),
        pytest.param(facts(size_usd=D(500)), [("size_form", None)], id="two sizes"),
        pytest.param(
            facts(size_usd=D(500), limit_price=Price(D(50_600))),
            [("size_form", None), ("limit_price", D(50_500))],
            id="two sizes and a limit price",
        ),
        pytest.param(facts(size=D("0.2"), size_usd=D(5)), [("size", D("0.1"))], id="two sizes, one of them too much"),
        pytest.param(facts(**NO_SIZE), [("size", D("0.0002"))], id="no size"),
    ],
)
def test_why_not_tells_the_one_thing_that_is_in_the_way(asked: Facts, told: Answers) -> None:
    """A circumstance at the number that is just enough, or what the words of the action lack."""
    assert answers(asked) == told
    assert after(asked) == "approved"


@pytest.mark.parametrize(
    ("side", "limit", "nearest"),
    [
        (Side.BUY, "50600", "50500"),
        (Side.SELL, "49000", "49500"),
        (Side.BUY, "50000.7", "50001"),
        (Side.BUY, "-3", "0.1"),
        (Side.SELL, "Infinity", "49500"),
        (Side.BUY, "sNaN", "50500"),
    ],
)
def test_why_not_tells_the_nearest_legal_limit_price(side: Side, limit: str, nearest: str) -> None:
    """On a price step and inside the collar."""
    asked = facts(side=side, limit_price=Price(D(limit)))
    assert answers(asked) == [("limit_price", D(nearest))]
    assert after(asked) == "approved"


def test_why_not_where_the_collar_holds_no_price_beyond_the_mark_names_one_before_it() -> None:
    """At 9.87 prices go by ten cents, and nine hundredths of a per cent reach none of them from below."""
    asked = facts(mark=D("9.87"), size=D(20), collar_bps=Bps(9))
    assert answers(asked) == [("limit_price", D("9.8"))]
    assert after(asked) == "approved"


def test_why_not_tells_every_change_in_the_order_of_the_rules() -> None:
    """All of them together, each as small as it may be; a new size settles how it is named."""
    asked = facts(
        side=None,
        size=D("0.2"),
        size_usd=D(5),
        limit_price=Price(D(-1)),
        state=TradingState.HALTED,
        unresolved=1,
        mark_age_ms=40_000,
        venue_mark=False,
        venue_marks_only=True,
        account_age_ms=70_000,
        orders=10,
        minute_orders=10,
        baseline=D(0),
        held=D("-0.1"),
        buys=D("0.2"),
    )
    assert answers(asked) == [
        ("side", None),
        ("limit_price", D("49500")),
        ("state", None),
        ("unresolved", 0),
        ("mark_age_ms", 30_000),
        ("mark", None),
        ("account_age_ms", 60_000),
        ("baseline", D("0.000001")),
        ("equity", D("20000.000000")),
        ("size", D("0.1")),
        ("orders_today", 9),
        ("orders_this_minute", 9),
    ]
    assert after(asked) == "approved"


@pytest.mark.parametrize(
    ("asked", "told", "still"),
    [
        pytest.param(facts(symbol=Symbol("DOGE")), [("symbol", None)], "R2_SYMBOL_NOT_ALLOWED", id="not allowed"),
        pytest.param(facts(instrument=None), [("symbol", None)], "R2_UNKNOWN_INSTRUMENT", id="not listed"),
        pytest.param(
            facts(instrument=None, size=D(0), limit_price=Price(D(0))),
            [("size", D("0.000001")), ("limit_price", None), ("symbol", None)],
            "R2_UNKNOWN_INSTRUMENT",
            id="not listed, in words that mean nothing",
        ),
        pytest.param(facts(mark=None), [("mark", None)], "R4_NO_MARK", id="no mark"),
        pytest.param(
            facts(mark=None, size=D(0), limit_price=Price(D(0)), state=TradingState.HALTED),
            [("size", D("0.00001")), ("limit_price", None), ("state", None), ("mark", None)],
            "R4_NO_MARK",
            id="no mark, in words that mean nothing",
        ),
        pytest.param(facts(orders_per_day_max=0), [("orders_today", 0)], "R7_ORDERS_PER_DAY", id="no orders a day"),
        pytest.param(
            facts(orders_per_minute_max=1, held=D("-0.01")),
            [("orders_this_minute", 0)],
            "R7_ORDERS_PER_MINUTE",
            id="too few a minute for two",
        ),
        pytest.param(facts(leverage_max=0), [("size", D("0.0002"))], "R6_LEVERAGE_CAP", id="no leverage"),
        pytest.param(facts(leverage_max=0, size=D("0.0002")), [], "R6_LEVERAGE_CAP", id="no leverage for the least"),
        pytest.param(facts(mark=D("1E-30")), [], "R5_BELOW_ORDER_MINIMUM", id="a mark at which nothing has worth"),
        pytest.param(facts(mark=D("0.05"), size=D(900)), [], "R9_PRICE_STEP", id="a mark below every price"),
        pytest.param(
            facts(mark=D("0.05"), size=D(900), limit_price=Price(D("0.04"))),
            [("limit_price", None)],
            "R9_PRICE_STEP",
            id="a mark below every price, and a limit",
        ),
    ],
)
def test_why_not_where_nothing_would_do_tells_what_is_nearest(asked: Facts, told: Answers, still: str) -> None:
    """It goes as far as can be said, and ends."""
    assert answers(asked) == told
    assert after(asked) == still


@pytest.mark.parametrize(
    "rule", ["R3_STATE_MOVED", "R3_OFF_LEASH", "R4_NO_ACCOUNT", "R4_TOO_LATE", "R6_LEVERAGE_CHANGE"]
)
def test_why_not_has_nothing_to_say_about_the_gate(rule: str) -> None:
    """The next decision sees the position as it is by then."""
    asked = facts()
    assert why_not(asked, deny(rule, asked.action, Figures())) == ()


@pytest.mark.parametrize(("held", "side"), [("0", Side.BUY), ("0.01", Side.BUY), ("-0.01", Side.SELL)])
def test_why_not_applies_a_side_along_what_is_held(held: str, side: Side) -> None:
    """Where nothing is held, it is a buy."""
    applied = apply(facts(side=None, held=Size(D(held))), Change(subject=Subject.SIDE))
    assert applied.action.side is side


def test_why_not_leaves_the_words_of_an_open_alone_where_they_are_not_in_the_way() -> None:
    """The side of an open depends on what is held, so its words alone do not tell it."""
    action = facts(side=None).action
    assert apply_to_action(action, Change(subject=Subject.SIDE)) is action


def test_why_not_applies_a_symbol_as_nothing() -> None:
    """Another symbol would be another open."""
    asked = facts(symbol=BTC)
    assert apply(asked, Change(subject=Subject.SYMBOL)) is asked
