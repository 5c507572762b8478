"""What the simulated venue emits has the keys and types of the real one's payloads, and our own wire reads it all."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from agentic_hl.venue.channels import CHANNELS
from agentic_hl.wire.messages.answers import ANSWERS as READERS
from agentic_hl.wire.messages.frames import Greeting, UnknownChannel, read_frame
from agentic_hl.wire.messages.reading import Unreadable
from tests.support.busy_venue import BusyVenue
from tests.support.payload_facts import ANSWERS, FRAMES
from tests.support.payload_shapes import differences, shape_of

RECORDED = Path(__file__).parents[1] / "recorded" / "hyperliquid"
GREETING = b"Websocket connection established."


@cache
def busy() -> BusyVenue:
    """Return the one venue that all of these only look at."""
    return BusyVenue()


@cache
def frames(channel: str) -> tuple[Any, ...]:
    """Return what was pushed over a channel."""
    pushed = [json.loads(raw) for raw in busy().frames if raw != GREETING]
    return tuple(frame["data"] for frame in pushed if frame["channel"] == channel)


def emitted(name: str) -> Any:  # noqa: ANN401 - whatever JSON holds
    """Return what the venue emits of the kind that a file recorded."""
    if name.startswith("ws_book"):
        return frames("l2Book")[-1]
    if name.startswith("ws_"):
        channel = {"ws_all_dexs_asset_ctxs.json": "allDexsAssetCtxs", "ws_allmids.json": "allMids"}[name]
        return {"channel": channel, "data": frames(channel)[-1]}
    kinds = {
        "http_funding_history.json": "fundingHistory",
        "http_l2_book_btc.json": "l2Book",
        "http_l2_book_snapshot.json": "l2Book",
        "http_meta_perp_sample.json": "meta",
        "http_recent_trades_btc.json": "recentTrades",
        "http_spot_clearinghouse_state.json": "spotClearinghouseState",
        "http_spot_meta_non_usdc_collateral.json": "spotMeta",
    }
    return json.loads(busy().ask(kinds[name]))


@pytest.mark.parametrize("path", sorted(RECORDED.iterdir()), ids=lambda path: path.stem)
def test_emitted_payload_has_the_keys_and_types_of_the_recorded(path: Path) -> None:
    """Every path of the recording is there with the same type; coins have names of their own."""
    recorded, made = shape_of(json.loads(path.read_bytes())), shape_of(emitted(path.name))
    if path.stem == "ws_allmids":
        assert set(made.values()) == set(recorded.values()) == {"dec", "str"}
        assert made.keys() & recorded.keys() >= {".channel", ".data.mids.BTC", ".data.mids.ETH"}
        return
    assert {key: made.get(key) for key in recorded} == recorded


@pytest.mark.parametrize("kind", ANSWERS)
def test_answer_has_the_keys_and_types_that_are_known(kind: str) -> None:
    """None is missing, none is strange."""
    assert differences(json.loads(busy().ask(kind)), ANSWERS[kind]) == []


@pytest.mark.parametrize("channel", FRAMES)
def test_frames_have_the_keys_and_types_that_are_known(channel: str) -> None:
    """There is at least one of the channel, and each is as it should be."""
    assert frames(channel) != ()
    assert [found for frame in frames(channel) for found in differences(frame, FRAMES[channel])] == []


def test_events_are_of_one_kind_each() -> None:
    """Fills, funding, a liquidation, and what it canceled."""
    kinds = [set(frame) for frame in frames("user")]
    assert {len(kind) for kind in kinds} == {1}
    assert set().union(*kinds) >= {"fills", "funding", "liquidation"}


def test_contexts_stand_in_the_order_of_the_universe() -> None:
    """One for each market, delisted ones too."""
    meta, contexts = json.loads(busy().ask("metaAndAssetCtxs"))
    assert len(contexts) == len(meta["universe"])
    live = [context for market, context in zip(meta["universe"], contexts, strict=True) if "isDelisted" not in market]
    context = FRAMES["activeAssetCtx"]["ctx"]
    assert [found for one in live for found in differences(one, context)] == []


@pytest.mark.parametrize("kind", READERS)
def test_our_wire_reads_every_answer(kind: str) -> None:
    """Nothing that the venue answers is unreadable to us."""
    found = READERS[kind].read(busy().ask(kind))
    assert not isinstance(found, Unreadable), found


def test_our_wire_reads_every_frame() -> None:
    """Of every channel that tells anything; the greeting is known as one."""
    read = [read_frame(raw) for raw in busy().frames]
    assert [frame for frame in read if isinstance(frame, Unreadable | UnknownChannel)] == []
    assert sum(isinstance(frame, Greeting) for frame in read) == 1
    silent = {"notification", "outcomeMetaUpdates"}
    heard = {json.loads(raw)["channel"] for raw in busy().frames if raw != GREETING}
    assert heard >= {channel.name for kind, channel in CHANNELS.items() if kind not in silent}


def test_history_of_an_account_is_read_as_a_snapshot_only_once() -> None:
    """`isSnapshot` is true or not there."""
    told = [frame.get("isSnapshot") for frame in frames("userFills")]
    assert told[:2] == [True, True]
    assert set(told[2:]) == {None}
