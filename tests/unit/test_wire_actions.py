"""Every action in the key order of the protocol, with what is unused left out, and what would be hashed otherwise."""

from collections.abc import Callable, Mapping
from typing import Any

import msgpack
import msgspec
import pytest

from agentic_hl.wire.actions import (
    ALO,
    FRONTEND_MARKET,
    GTC,
    IOC,
    AbstractionCode,
    AgentWalletEnableDexAbstraction,
    AgentWalletSendAsset,
    AgentWalletSetAbstraction,
    BatchModify,
    BuilderFee,
    Cancel,
    CancelByCloid,
    CancelCloidLine,
    CancelLine,
    CreateSubAccount,
    EvmUserModify,
    GossipPriorityBid,
    Grouping,
    L1Action,
    Modify,
    ModifyLine,
    MultiSig,
    MultiSigPayload,
    MultiSigSignature,
    Noop,
    OrderLine,
    OrderTerms,
    PlaceOrders,
    PriorityFee,
    ReserveRequestWeight,
    ScheduleCancel,
    SetReferrer,
    SingleL1Action,
    SubAccountSpotTransfer,
    SubAccountTransfer,
    Tif,
    TopUpIsolatedOnlyMargin,
    Tpsl,
    TwapCancel,
    TwapDetails,
    TwapLine,
    TwapOrder,
    TwapTrigger,
    UpdateIsolatedMargin,
    UpdateLeverage,
    VaultTransfer,
    multi_sig_part,
    trigger,
)
from agentic_hl.wire.packing import pack
from agentic_hl.wire.units import WireError

_ADDRESS = "0x" + 20 * "ab"
_SHOUTED = "0x" + 20 * "AB"
_CLOID = "0x" + 16 * "cd"
_LINE = OrderLine(asset=1, is_buy=True, limit_price="10", size="2.5", reduce_only=False, terms=GTC, cloid=_CLOID)
_PLAIN = msgspec.structs.replace(_LINE, cloid=None)
_WRITTEN = {"a": 1, "b": True, "p": "10", "s": "2.5", "r": False, "t": {"limit": {"tif": "Gtc"}}}
_TWAP = TwapLine(asset=1, is_buy=True, size="2", reduce_only=False, minutes=5, randomize=True)
_TWAP_WRITTEN = {"a": 1, "b": True, "s": "2", "r": False, "m": 5, "t": True}

_ORDERS: list[tuple[L1Action, dict[str, Any]]] = [
    (
        PlaceOrders(orders=(_LINE,), grouping=Grouping.NONE),
        {"type": "order", "orders": [_WRITTEN | {"c": _CLOID}], "grouping": "na"},
    ),
    (
        PlaceOrders(orders=(_PLAIN,), grouping=PriorityFee(rate=7), builder=BuilderFee(builder=_ADDRESS, fee=10)),
        {"type": "order", "orders": [_WRITTEN], "grouping": {"p": 7}, "builder": {"b": _ADDRESS, "f": 10}},
    ),
    (
        PlaceOrders(
            orders=(msgspec.structs.replace(_PLAIN, terms=trigger("9.5", Tpsl.STOP_LOSS, is_market=True)),),
            grouping=Grouping.POSITION_TPSL,
        ),
        {
            "type": "order",
            "orders": [_WRITTEN | {"t": {"trigger": {"isMarket": True, "triggerPx": "9.5", "tpsl": "sl"}}}],
            "grouping": "positionTpsl",
        },
    ),
    (Cancel(cancels=(CancelLine(asset=1, oid=2),)), {"type": "cancel", "cancels": [{"a": 1, "o": 2}]}),
    (
        Cancel(cancels=(CancelLine(asset=1, oid=2),), fast=True),
        {"type": "cancel", "cancels": [{"a": 1, "o": 2}], "f": True},
    ),
    (
        CancelByCloid(cancels=(CancelCloidLine(asset=1, cloid=_CLOID),), fast=True),
        {"type": "cancelByCloid", "cancels": [{"asset": 1, "cloid": _CLOID}], "f": True},
    ),
    (Modify(oid=2, order=_PLAIN), {"type": "modify", "oid": 2, "order": _WRITTEN}),
    (
        Modify(oid=_CLOID, order=_PLAIN, always_place=True),
        {"type": "modify", "oid": _CLOID, "order": _WRITTEN, "a": True},
    ),
    (
        BatchModify(modifies=(ModifyLine(oid=2, order=_PLAIN),), always_place=True),
        {"type": "batchModify", "modifies": [{"oid": 2, "order": _WRITTEN}], "a": True},
    ),
    (ScheduleCancel(), {"type": "scheduleCancel"}),
    (ScheduleCancel(time=0), {"type": "scheduleCancel", "time": 0}),
    (TwapOrder(twap=_TWAP), {"type": "twapOrder", "twap": _TWAP_WRITTEN}),
    (
        TwapOrder(twap=_TWAP, details=TwapDetails(trigger=None, stop_price=None)),
        {"type": "twapOrder", "twap": _TWAP_WRITTEN, "details": {"t": None, "s": None}},
    ),
    (
        TwapOrder(twap=_TWAP, details=TwapDetails(trigger=TwapTrigger(price="9", is_above=False), stop_price="11")),
        {"type": "twapOrder", "twap": _TWAP_WRITTEN, "details": {"t": {"p": "9", "a": False}, "s": "11"}},
    ),
    (TwapCancel(asset=1, twap=2), {"type": "twapCancel", "a": 1, "t": 2}),
    (Noop(), {"type": "noop"}),
]
_ACCOUNTS: list[tuple[L1Action, dict[str, Any]]] = [
    (
        UpdateLeverage(asset=0, is_cross=False, leverage=3),
        {"type": "updateLeverage", "asset": 0, "isCross": False, "leverage": 3},
    ),
    (
        UpdateIsolatedMargin(asset=0, is_buy=True, units=-5),
        {"type": "updateIsolatedMargin", "asset": 0, "isBuy": True, "ntli": -5},
    ),
    (
        TopUpIsolatedOnlyMargin(asset=0, leverage="2.5"),
        {"type": "topUpIsolatedOnlyMargin", "asset": 0, "leverage": "2.5"},
    ),
    (SetReferrer(code="ABC"), {"type": "setReferrer", "code": "ABC"}),
    (ReserveRequestWeight(weight=5), {"type": "reserveRequestWeight", "weight": 5}),
    (
        ReserveRequestWeight(weight=5, destination=_ADDRESS),
        {"type": "reserveRequestWeight", "weight": 5, "destination": _ADDRESS},
    ),
    (
        AgentWalletSetAbstraction(abstraction=AbstractionCode.UNIFIED),
        {"type": "agentSetAbstraction", "abstraction": "u"},
    ),
    (AgentWalletEnableDexAbstraction(), {"type": "agentEnableDexAbstraction"}),
    (
        AgentWalletSendAsset(
            destination=_ADDRESS,
            source_dex="",
            destination_dex="spot",
            token="USDC:0x1",
            amount="1",
            from_sub_account="",
            nonce=9,
        ),
        {
            "type": "agentSendAsset",
            "destination": _ADDRESS,
            "sourceDex": "",
            "destinationDex": "spot",
            "token": "USDC:0x1",
            "amount": "1",
            "fromSubAccount": "",
            "nonce": 9,
        },
    ),
    (CreateSubAccount(name="one"), {"type": "createSubAccount", "name": "one"}),
    (
        SubAccountTransfer(sub_account=_ADDRESS, is_deposit=False, usd=0),
        {"type": "subAccountTransfer", "subAccountUser": _ADDRESS, "isDeposit": False, "usd": 0},
    ),
    (
        SubAccountSpotTransfer(sub_account=_ADDRESS, is_deposit=True, token="T", amount="1"),
        {
            "type": "subAccountSpotTransfer",
            "subAccountUser": _ADDRESS,
            "isDeposit": True,
            "token": "T",
            "amount": "1",
        },
    ),
    (
        VaultTransfer(vault=_ADDRESS, is_deposit=True, usd=5),
        {"type": "vaultTransfer", "vaultAddress": _ADDRESS, "isDeposit": True, "usd": 5},
    ),
    (EvmUserModify(big_blocks=False), {"type": "evmUserModify", "usingBigBlocks": False}),
    (
        GossipPriorityBid(slot=1, ip="1.2.3.4", gas_max=5),
        {"type": "gossipPriorityBid", "slotId": 1, "ip": "1.2.3.4", "maxGas": 5},
    ),
]
_MULTI_SIG = (
    MultiSig(
        signatures=(MultiSigSignature(r="0x1", s="0x2", v=27),),
        payload=MultiSigPayload(account=_ADDRESS, outer_signer=_ADDRESS, action=Noop()),
    ),
    {
        "type": "multiSig",
        "signatureChainId": "0x66eee",
        "signatures": [{"r": "0x1", "s": "0x2", "v": 27}],
        "payload": {"multiSigUser": _ADDRESS, "outerSigner": _ADDRESS, "action": {"type": "noop"}},
    },
)
_ALL = [*_ORDERS, *_ACCOUNTS, _MULTI_SIG]


@pytest.mark.parametrize(("action", "written"), _ALL)
def test_action_has_the_keys_of_the_protocol_in_its_order(action: L1Action, written: Mapping[str, object]) -> None:
    """The same bytes as the map written by hand: nothing unused is sent as null."""
    assert pack(action) == msgpack.packb(written)


def test_every_action_is_written_out_here() -> None:
    """So that none is left without its order."""
    known = {kind.__struct_config__.tag for kind in SingleL1Action.__args__} | {"multiSig"}
    assert {written["type"] for _, written in _ALL} == known


@pytest.mark.parametrize(("action", "written"), [*_ORDERS, *_ACCOUNTS])
def test_action_is_read_back_as_it_was(action: L1Action, written: Mapping[str, object]) -> None:
    """From its map."""
    assert msgspec.convert(written, SingleL1Action) == action


def test_terms_of_orders_are_the_four_of_the_venue() -> None:
    """Good till cancelled, immediate, post only, and the one that is labelled a market order."""
    tifs = [terms.limit.tif for terms in (GTC, IOC, ALO, FRONTEND_MARKET) if terms.limit is not None]
    assert tifs == ["Gtc", "Ioc", "Alo", "FrontendMarket"] == list(Tif)


def _order(**changes: object) -> OrderLine:
    return msgspec.structs.replace(_LINE, **changes)


@pytest.mark.parametrize(
    "make",
    [
        lambda: _order(limit_price="10.0"),
        lambda: _order(limit_price="1e3"),
        lambda: _order(size="02"),
        lambda: _order(size="-1"),
        lambda: _order(asset=-1),
        lambda: _order(asset=2**64),
        lambda: _order(cloid="0x" + 16 * "CD"),
        lambda: _order(cloid="0x1"),
        lambda: _order(cloid=16 * "cd"),
        lambda: trigger("9.50", Tpsl.TAKE_PROFIT, is_market=True),
        OrderTerms,
        lambda: OrderTerms(limit=GTC.limit, trigger=trigger("1", Tpsl.TAKE_PROFIT, is_market=True).trigger),
        lambda: PriorityFee(rate=10**8 + 1),
        lambda: BuilderFee(builder=_SHOUTED, fee=1),
        lambda: CancelLine(asset=1, oid=-1),
        lambda: CancelCloidLine(asset=1, cloid="abc"),
        lambda: Modify(oid="0x12", order=_LINE),
        lambda: ModifyLine(oid=-1, order=_LINE),
        lambda: ScheduleCancel(time=-1),
        lambda: UpdateLeverage(asset=0, is_cross=True, leverage=0),
        lambda: UpdateLeverage(asset=0, is_cross=True, leverage=2**64),
        lambda: UpdateIsolatedMargin(asset=0, is_buy=True, units=2**63),
        lambda: UpdateIsolatedMargin(asset=0, is_buy=True, units=-(2**63) - 1),
        lambda: UpdateIsolatedMargin(asset=-1, is_buy=True, units=1),
        lambda: TopUpIsolatedOnlyMargin(asset=0, leverage="2.50"),
        lambda: ReserveRequestWeight(weight=1, destination=_SHOUTED),
        lambda: SubAccountTransfer(sub_account=_SHOUTED, is_deposit=True, usd=1),
        lambda: SubAccountTransfer(sub_account=_ADDRESS, is_deposit=True, usd=-1),
        lambda: SubAccountSpotTransfer(sub_account=_ADDRESS, is_deposit=True, token="T", amount="1.0"),
        lambda: VaultTransfer(vault="0x1", is_deposit=True, usd=1),
        lambda: TwapLine(asset=0, is_buy=True, size="1", reduce_only=False, minutes=4, randomize=False),
        lambda: TwapLine(asset=0, is_buy=True, size="1", reduce_only=False, minutes=1441, randomize=False),
        lambda: TwapTrigger(price="1.0", is_above=True),
        lambda: TwapDetails(trigger=None, stop_price="1.0"),
        lambda: multi_sig_part(_SHOUTED, _ADDRESS, Noop()),
        lambda: MultiSigPayload(account=_ADDRESS, outer_signer=_SHOUTED, action=Noop()),
    ],
)
def test_what_the_venue_would_hash_otherwise_is_refused(make: Callable[[], object]) -> None:
    """It would recover a random signer; the message says what is wrong with which value."""
    with pytest.raises(WireError):
        make()
