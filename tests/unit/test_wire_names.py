"""Names and asset ids: the venue's numbering, and what is refused by name."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hyperliquid.info import Info

from agentic_core.domain import MarginTier, Symbol, Usd
from agentic_core.domain.money import ZERO
from agentic_core.errors import InputError
from agentic_hl.wire.messages.listings import Meta, PerpDex, SpotMeta
from agentic_hl.wire.names import AssetKind, Universe
from agentic_hl.wire.network import Network
from tests.differential.desk import COINS, UNIVERSE, desk

_RECORDED = Path(__file__).parents[1] / "recorded" / "hyperliquid"
_META = {
    "universe": [
        {"name": "BTC", "szDecimals": 5, "maxLeverage": 40, "marginTableId": 56},
        {"name": "ETH", "szDecimals": 4, "maxLeverage": 25, "marginTableId": 25},
        {"name": "MATIC", "szDecimals": 1, "maxLeverage": 20, "marginTableId": 20, "isDelisted": True},
        {"name": "kPEPE", "szDecimals": 0, "maxLeverage": 10, "marginTableId": 52},
        {"name": "HPOS", "szDecimals": 0, "maxLeverage": 3, "marginTableId": 3, "marginMode": "strictIsolated"},
        {"name": "LONE", "szDecimals": 0, "maxLeverage": 3, "marginTableId": 3, "marginMode": "noCross"},
        {"name": "ALONE", "szDecimals": 0, "maxLeverage": 5, "marginTableId": 5, "onlyIsolated": True},
        {"name": "LOST", "szDecimals": 0, "maxLeverage": 5, "marginTableId": 77},
        {"name": "CAPPED", "szDecimals": 2, "maxLeverage": 10, "marginTableId": 5},
    ],
    "marginTables": [
        [56, {"description": "tiered 40x", "marginTiers": [
            {"lowerBound": "0.0", "maxLeverage": 40}, {"lowerBound": "150000000.0", "maxLeverage": 20}]}],
        [52, {"description": "tiered 10x", "marginTiers": [
            {"lowerBound": "0.0", "maxLeverage": 10}, {"lowerBound": "20000000.0", "maxLeverage": 5}]}],
    ],
    "collateralToken": 0,
}  # fmt: skip
_SPOT = {
    "tokens": [
        {"name": "USDC", "index": 0, "szDecimals": 8, "weiDecimals": 8},
        {"name": "PURR", "index": 1, "szDecimals": 0, "weiDecimals": 5},
        {"name": "HYPE", "index": 150, "szDecimals": 2, "weiDecimals": 8},
        {"name": "BTC", "index": 512, "szDecimals": 2, "weiDecimals": 8},
    ],
    "universe": [
        {"name": "PURR/USDC", "index": 0, "tokens": [1, 0]},
        {"name": "@107", "index": 107, "tokens": [150, 0]},
        {"name": "@200", "index": 200, "tokens": [150, 0]},
        {"name": "@300", "index": 300, "tokens": [512, 999]},
    ],
}
_DEX = {"universe": [{"name": "xyz:TSLA", "szDecimals": 3, "maxLeverage": 10}]}
_FLX = {"universe": [{"name": "flx:GOLD", "szDecimals": 3, "maxLeverage": 10},
                     {"name": "flx:OIL", "szDecimals": 2, "maxLeverage": 10}]}  # fmt: skip


@pytest.fixture(scope="module")
def listed() -> Universe:
    """Give what a venue with three dexes and a spot list with gaps lists; nothing is known of the second dex."""
    return Universe.of(
        msgspec.convert(_META, Meta),
        msgspec.convert(_SPOT, SpotMeta),
        dexs=[None, PerpDex(name="xyz"), PerpDex(name="abc"), PerpDex(name="flx")],
        dex_metas={"xyz": msgspec.convert(_DEX, Meta), "flx": msgspec.convert(_FLX, Meta)},
    )


@pytest.mark.parametrize(
    ("name", "number", "kind"),
    [
        ("BTC", 0, AssetKind.PERP),
        ("kPEPE", 3, AssetKind.PERP),
        ("CAPPED", 8, AssetKind.PERP),
        ("PURR/USDC", 10_000, AssetKind.SPOT),
        ("@107", 10_107, AssetKind.SPOT),
        ("@300", 10_300, AssetKind.SPOT),
        ("xyz:TSLA", 110_000, AssetKind.BUILDER_PERP),
        ("flx:GOLD", 130_000, AssetKind.BUILDER_PERP),
        ("flx:OIL", 130_001, AssetKind.BUILDER_PERP),
    ],
)
def test_asset_has_the_number_of_the_venue(listed: Universe, name: str, number: int, kind: AssetKind) -> None:
    """A place in the list, 10,000 and the index, 100,000 and 10,000 for each dex before; both ways."""
    asset = listed.by_name[name]
    assert (asset.id, asset.kind) == (number, kind)
    assert listed.by_id[number] == asset


def test_delisted_asset_keeps_its_place(listed: Universe) -> None:
    """So those after it keep their numbers."""
    assert listed.by_id[2].name == "MATIC"
    assert listed.perp("kPEPE").id == 3


def test_spot_market_is_known_by_its_tokens_too(listed: Universe) -> None:
    """By the first market of two tokens, as with the SDK; a market of a token that is not listed has one name."""
    assert listed.by_name["HYPE/USDC"].id == 10_107
    assert listed.by_name["@300"].size_decimals == 2
    assert listed.by_name["BTC"].kind is AssetKind.PERP


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("PURR/USDC", "spot market"),
        ("@107", "spot market"),
        ("HYPE/USDC", "spot market"),
        ("@999", "spot market"),
        ("NEW/USDC", "spot market"),
        ("xyz:TSLA", "builder's dex"),
        ("abc:ANY", "builder's dex"),
        ("#120", "outcome market"),
        ("MATIC", "delisted"),
        ("HPOS", "strictIsolated"),
        ("LONE", "noCross"),
        ("LOST", "margin table 77"),
        ("btc", "did you mean BTC"),
        ("KPEPE", "did you mean kPEPE"),
        ("", "the venue lists no such name"),
        ("NOPE", "the venue lists no such name"),
    ],
)
def test_what_is_not_supported_is_refused_by_name(listed: Universe, name: str, reason: str) -> None:
    """The message holds the name and the reason."""
    with pytest.raises(InputError, match="is not supported") as refused:
        listed.perp(name)
    assert repr(name) in str(refused.value)
    assert reason in str(refused.value)


def test_instruments_are_those_that_are_supported(listed: Universe) -> None:
    """With their decimals, leverage and tiers; a table below 50 is one tier of so much leverage."""
    instruments = listed.instruments()
    assert list(instruments) == ["BTC", "ETH", "kPEPE", "ALONE", "CAPPED"]
    btc, eth, capped = (instruments[Symbol(name)] for name in ("BTC", "ETH", "CAPPED"))
    assert (btc.size_decimals, btc.leverage_max) == (5, 40)
    bounds = [MarginTier(lower_bound=Usd(ZERO), leverage_max=40)]
    assert btc.tiers == (*bounds, MarginTier(lower_bound=Usd(ZERO + 150_000_000), leverage_max=20))
    assert eth.tiers == ()
    assert capped.tiers == (MarginTier(lower_bound=Usd(ZERO), leverage_max=5),)


def test_unsupported_asset_makes_no_instrument(listed: Universe) -> None:
    """Asked directly, it says why."""
    with pytest.raises(InputError, match="xyz:TSLA is not supported: it is a perpetual of a builder's dex"):
        listed.by_name["xyz:TSLA"].instrument()


def test_asset_that_cannot_share_margin_is_known(listed: Universe) -> None:
    """It is supported, and its leverage has to be set to isolated."""
    assert listed.perp("ALONE").isolated_only
    assert not listed.perp("BTC").isolated_only


def _recorded(name: str) -> Any:  # noqa: ANN401 - JSON
    return json.loads((_RECORDED / name).read_bytes())


def test_recorded_lists_give_the_numbers_of_the_sdk() -> None:
    """Perpetuals and spot markets as the venue listed them, by every name the SDK knows."""
    meta, spot = _recorded("http_meta_perp_sample.json"), _recorded("http_spot_meta_non_usdc_collateral.json")
    spot["universe"] = [{"name": "@230", "index": 230, "tokens": [360, 0], "isCanonical": False}]
    sdk = Info(skip_ws=True, meta=meta, spot_meta=spot)
    ours = Universe.of(msgspec.convert(meta, Meta), msgspec.convert(spot, SpotMeta))
    numbers = {name: sdk.name_to_asset(name) for name in sdk.name_to_coin}
    assert {name: asset.id for name, asset in ours.by_name.items()} == numbers
    assert numbers == {"BTC": 0, "ETH": 1, "ATOM": 2, "@230": 10_230, "USDH/USDC": 10_230}


def test_lists_of_every_kind_give_the_numbers_of_the_sdk() -> None:
    """With a builder's dex and tokens between which others are missing."""
    sdk = desk(Network.MAINNET).info
    assert {coin: UNIVERSE.by_name[coin].id for coin in COINS} == {coin: sdk.name_to_asset(coin) for coin in COINS}
    assert UNIVERSE.by_name.keys() == sdk.name_to_coin.keys()
