"""Answers to questions, built from the shapes the venue is known to write, read into the right values."""

from decimal import Decimal
from typing import TypeVar

import pytest

from agentic_hl.wire.messages import answers
from agentic_hl.wire.messages.account import is_united
from agentic_hl.wire.messages.answers import ANSWERS
from agentic_hl.wire.messages.orders import OrderFate, fate_of
from agentic_hl.wire.messages.reading import Reader, Unreadable
from tests.support.wire_answers import ANSWER_EXAMPLES, AT, CLOID, CONTEXT, MASTER, STATE, SUMS, WALLET, encoded

D = Decimal
T = TypeVar("T")


def read(reader: Reader[T], place: int = 0) -> T:
    """Read an example."""
    found = reader.read(encoded(ANSWER_EXAMPLES[reader.what][place]))
    assert not isinstance(found, Unreadable), found
    return found


def test_every_question_has_an_example_and_a_reader() -> None:
    """A reader that is added without an example here fails."""
    assert set(ANSWERS) == set(ANSWER_EXAMPLES)


@pytest.mark.parametrize(("kind", "place"), [(k, n) for k, some in ANSWER_EXAMPLES.items() for n in range(len(some))])
def test_example_of_every_shape_is_readable(kind: str, place: int) -> None:
    """Nulls, absent fields, unknown keys and unknown words among them."""
    assert not isinstance(ANSWERS[kind].read(encoded(ANSWER_EXAMPLES[kind][place])), Unreadable)


def test_account_tells_margin_and_positions() -> None:
    """A closed position lingers with size zero and without entry price."""
    state = read(answers.CLEARINGHOUSE_STATE)
    assert (state.margin_summary.equity, state.margin_summary.raw_usd) == (D("1182.31"), D("682.21"))
    assert (state.margin_summary.notional, state.margin_summary.margin_used) == (D("500.1"), D("25.005"))
    assert (state.withdrawable_usd, state.cross_maintenance, state.time) == (D("1132.3"), D("6.25"), AT)
    short, lingering = state.positions
    assert (short.size, short.entry_price, short.liquidation_price) == (D("-0.00645"), D(77530), None)
    assert (short.leverage.type, short.leverage.value, short.leverage.raw_usd) == ("isolated", 20, "525.1")
    assert (short.unrealised_profit, short.margin, short.notional) == (D("-0.03"), D("25.005"), D("500.1"))
    assert short.cum_funding is not None
    assert short.cum_funding.since_open == "0.1"
    assert (lingering.size, lingering.entry_price, lingering.leverage.raw_usd) == (D(0), None, None)


def test_united_account_reads_zero_on_its_perpetual_side() -> None:
    """The mode tells where its dollars are."""
    zero = dict.fromkeys(SUMS, "0.0")
    empty = {**STATE, "marginSummary": zero, "crossMarginSummary": zero, "withdrawable": "0.0", "assetPositions": []}
    state = answers.CLEARINGHOUSE_STATE.read(encoded(empty))
    assert not isinstance(state, Unreadable)
    assert (state.margin_summary.equity, state.withdrawable_usd) == (D(0), D(0))
    assert state.positions == ()
    united = [is_united(mode) for mode in ("unifiedAccount", "portfolioMargin", "default", "disabled", "newer", None)]
    assert united == [True, True, False, False, False, False]


def test_leverage_setting_is_told_for_a_flat_asset() -> None:
    """With or without the mark, which newer answers leave out."""
    with_mark, without = read(answers.ACTIVE_ASSET), read(answers.ACTIVE_ASSET, 1)
    assert (with_mark.leverage.type, with_mark.leverage.value) == ("cross", 20)
    assert (with_mark.largest_szs, with_mark.available) == (("1.2", "0.8"), ("100.5", "67.0"))
    assert (with_mark.mark_px, without.mark_px) == ("77562.0", None)


def test_roles_name_whom_an_address_belongs_to() -> None:
    """An agent wallet its user, a sub-account its master."""
    told = [(role.role, role.owner) for role in (read(answers.USER_ROLE, place) for place in range(3))]
    assert told == [("missing", None), ("agent", MASTER), ("subAccount", MASTER)]


def test_named_wallets_tell_until_when_they_are_valid() -> None:
    """None of them is no answer that failed."""
    (wallet,) = read(answers.APPROVED_WALLETS)
    assert (wallet.name, wallet.address, wallet.valid_until) == ("bot", WALLET, AT)
    assert read(answers.APPROVED_WALLETS, 1) == ()


def test_allowance_of_actions_is_what_is_left_of_the_cap() -> None:
    """2,864,574 less 2,890."""
    limit = read(answers.RATE_LIMIT)
    assert (limit.n_requests_used, limit.n_requests_cap, limit.left) == (2890, 2864574, 2861684)


def test_fees_are_shares_and_can_be_rebates() -> None:
    """A maker who is paid has a negative rate."""
    fees = read(answers.USER_FEES)
    assert (fees.taker_rate, fees.maker_rate) == (D("0.00045"), D("-0.00001"))
    assert fees.active_referral_discount == "0.04"
    assert fees.fee_schedule is not None
    assert fees.fee_schedule.tiers.vip[0].ntl_cutoff == "5000000.0"
    assert fees.fee_schedule.tiers.mm[0].add == "-0.00001"


def test_listing_keeps_its_index_when_it_is_delisted() -> None:
    """A margin mode other than the usual one means that no cross margin is allowed."""
    meta = read(answers.META)
    assert [(one.name, one.delisted, one.isolated_only) for one in meta.universe] == [
        ("BTC", False, False),
        ("OLD", True, False),
        ("kPEPE", False, True),
    ]
    ((number, table),) = meta.margin_tables
    assert (number, table.margin_tiers[0].max_leverage, meta.collateral_token) == (56, 40, 0)


def test_contexts_come_with_their_listings() -> None:
    """A contract with an empty book has no mid, premium and impact prices."""
    pair = read(answers.META_AND_CONTEXTS)
    assert len(pair.meta.universe) == len(pair.contexts) == 3
    full, empty = pair.contexts[0], pair.contexts[1]
    assert (full.mark_price, full.oracle_price, full.mid_price) == (D("77562.0"), D("77605.0"), D("77558.5"))
    assert (full.funding_rate, full.open_interest_size) == (D("-0.0000015186"), D("27353.17682"))
    assert full.day_notional == D("1516669192.1953897476")
    assert (empty.mid_price, empty.premium, empty.impact_pxs) == (None, None, None)


def test_first_dex_is_null() -> None:
    """Which is the venue's own."""
    assert [None if dex is None else dex.name for dex in read(answers.PERP_DEXS)] == [None, "xyz"]


def test_spot_token_is_found_by_its_index() -> None:
    """Indices have gaps, so 150 is the second."""
    meta = read(answers.SPOT_META)
    tokens = [meta.token(index) for index in (0, 1, 150)]
    assert [token and token.name for token in tokens] == ["USDC", None, "HYPE"]


def test_candle_tells_both_its_times() -> None:
    """The close time is the last millisecond."""
    (candle,) = read(answers.CANDLES)
    assert (candle.open_time, candle.close_time, candle.coin, candle.interval) == (AT, AT + 59_999, "BTC", "1m")
    prices = (candle.open, candle.high, candle.low, candle.close)
    assert prices == (D("77500.0"), D("77570.5"), D("77499.0"), D("77562.0"))
    assert (candle.volume, candle.n) == (D("12.345"), 189)


def test_order_asked_for_is_found_or_unknown() -> None:
    """Unknown is no proof of anything, only a word."""
    known, unknown = read(answers.ORDER_STATUS), read(answers.ORDER_STATUS, 1)
    assert known.found is not None
    assert known.found.fate is OrderFate.TRIGGERED
    assert (known.found.order.cloid, known.found.status_timestamp) == (CLOID, AT + 5)
    assert (known.is_unknown, unknown.is_unknown, unknown.found) == (False, True, None)


def test_frontend_orders_tell_of_triggers_and_children() -> None:
    """Sizes are what remains and what was asked for; prices compare as numbers, not as texts."""
    parent, stop = read(answers.FRONTEND_OPEN_ORDERS)
    assert (parent.trigger_price, parent.children) == (None, (stop,))
    assert (stop.trigger_price, stop.is_position_tpsl, stop.order_type) == (D(30000), True, "Stop Market")
    assert (stop.limit_price, stop.remaining_size, stop.original_size) == (D(32165), D("0.4"), D(1))


def test_fills_tell_price_fee_and_liquidation() -> None:
    """A rebate is a negative fee; a fill is named by coin, execution and order."""
    fill, liquidated = read(answers.FILLS)
    assert fill.key == ("ETH", 118906512037719, 77738309)
    assert (fill.price, fill.size, fill.size_before, fill.fee_paid) == (D("2296.4"), D("0.5"), D("-1.25"), D("-0.02"))
    assert (fill.crossed, fill.cloid, fill.liquidation) == (False, CLOID, None)
    assert liquidated.liquidation is not None
    assert (liquidated.liquidation.liquidated_user, liquidated.liquidation.method) == (MASTER, "market")


def test_money_movements_of_every_kind_and_newer_ones_are_read() -> None:
    """What is not known of a newer kind is left out."""
    moved = [(update.delta.type, update.delta.usdc) for update in read(answers.LEDGER)]
    assert moved[:3] == [("deposit", "100.0"), ("withdraw", "50.0"), ("accountClassTransfer", "12.5")]
    assert moved[3:] == [("liquidation", None), ("somethingNewer", "1.0")]


def test_funding_paid_is_negative() -> None:
    """The sample count can be null."""
    (update,) = read(answers.FUNDING)
    assert (update.time, update.delta.received, update.delta.rate) == (AT, D("-3.625312"), D("0.0000125"))


STATUSES = {
    OrderFate.LIVE: ["open"],
    OrderFate.TRIGGERED: ["triggered"],
    OrderFate.FILLED: ["filled"],
    OrderFate.CANCELED: [
        "canceled", "marginCanceled", "vaultWithdrawalCanceled", "openInterestCapCanceled", "selfTradeCanceled",
        "reduceOnlyCanceled", "siblingFilledCanceled", "delistedCanceled", "liquidatedCanceled",
        "outcomeSettledCanceled", "scheduledCancel", "internalCancel", "perpMaxPositionCanceled",
        "somethingNewerCanceled",
    ],
    OrderFate.REJECTED: [
        "rejected", "tickRejected", "minTradeNtlRejected", "minTradeSpotNtlRejected", "perpMarginRejected",
        "reduceOnlyRejected", "badAloPxRejected", "iocCancelRejected", "badTriggerPxRejected",
        "marketOrderNoLiquidityRejected", "positionIncreaseAtOpenInterestCapRejected",
        "positionFlipAtOpenInterestCapRejected", "tooAggressiveAtOpenInterestCapRejected",
        "openInterestIncreaseRejected", "insufficientSpotBalanceRejected", "oracleRejected",
        "perpMaxPositionRejected", "tooManyOpenOrdersRejected",
    ],
    OrderFate.UNKNOWN: [
        "", "waitingForFill", "Open", "somethingNewer", "canceledMaybe",
    ],
}  # fmt: skip


@pytest.mark.parametrize(("status", "fate"), [(one, fate) for fate, some in STATUSES.items() for one in some])
def test_order_status_means_what_the_venue_means(status: str, fate: OrderFate) -> None:
    """A status nobody knows means nothing and ends nothing."""
    assert fate_of(status) is fate
    assert fate_of(status).over is (fate in {OrderFate.FILLED, OrderFate.CANCELED, OrderFate.REJECTED})


def test_number_where_a_decimal_text_belongs_is_not_read() -> None:
    """A float would have lost digits before anybody could look."""
    found = ANSWERS["metaAndAssetCtxs"].read(encoded([{"universe": []}, [{**CONTEXT, "markPx": 77562.1}]]))
    assert isinstance(found, Unreadable)
    assert "markPx" in found.cause
