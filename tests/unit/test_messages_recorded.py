"""Every payload that was recorded from the venue, read into the values that stand in its file."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from agentic_core.domain import Instant, Symbol
from agentic_hl.wire.conversions import book_of, funding_rates_of
from agentic_hl.wire.messages import answers
from agentic_hl.wire.messages.channels import DexesContextsFrame, MidsFrame
from agentic_hl.wire.messages.frames import read_frame
from agentic_hl.wire.messages.reading import Unreadable

FOLDER = Path(__file__).parents[1] / "recorded" / "hyperliquid"
D = Decimal


def read_funding(raw: bytes) -> None:
    """Three hours, of which the last has no premium."""
    rates = answers.FUNDING_HISTORY.read(raw)
    assert not isinstance(rates, Unreadable)
    assert funding_rates_of(rates) == {
        1769908800000: D("0.0000125"),
        1769912400000: D("-0.0000081"),
        1769916000000: D("0.0000033"),
    }
    assert [rate.premium for rate in rates] == ["0.00029005", "-0.00012500", None]


def read_book(best_bid: str, best_ask: str, time: int) -> Callable[[bytes], None]:
    """Five levels a side."""

    def read(raw: bytes) -> None:
        found = answers.L2_BOOK.read(raw)
        assert not isinstance(found, Unreadable)
        book = book_of(found)
        assert not isinstance(book, Unreadable)
        assert (book.symbol, book.as_of) == (Symbol("BTC"), Instant(time))
        assert (book.bids[0].price, book.asks[0].price) == (D(best_bid), D(best_ask))
        assert (len(book.bids), len(book.asks)) == (5, 5)

    return read


def read_meta(raw: bytes) -> None:
    """Flags that are null are not set."""
    meta = answers.META.read(raw)
    assert not isinstance(meta, Unreadable)
    assert [(listing.name, listing.sz_decimals, listing.max_leverage) for listing in meta.universe] == [
        ("BTC", 5, 40),
        ("ETH", 4, 25),
        ("ATOM", 2, 5),
    ]
    assert not any(listing.delisted or listing.isolated_only for listing in meta.universe)


def read_prints(raw: bytes) -> None:
    """Three executions, the newest first."""
    prints = answers.RECENT_PRINTS.read(raw)
    assert not isinstance(prints, Unreadable)
    assert [(one.tid, one.side, one.price, one.size) for one in prints] == [
        (300003, "A", D("104320.0"), D("0.015")),
        (300002, "B", D("104310.5"), D("0.02")),
        (300001, "A", D("104300.0"), D("0.005")),
    ]


def read_spot_state(raw: bytes) -> None:
    """Dollars, tokens, and an outcome."""
    state = answers.SPOT_STATE.read(raw)
    assert not isinstance(state, Unreadable)
    held = {balance.coin: (balance.amount, balance.held, balance.token) for balance in state.balances}
    assert held["USDC"] == (D("14.625485"), D("0.0"), 0)
    assert held["PURR"] == (D(2000), D(100), 1)
    assert held["+10"] == (D(25), D(0), 100000010)
    assert state.balance("BTC") is None


def read_spot_meta(raw: bytes) -> None:
    """Tokens are found by index, not by place."""
    meta = answers.SPOT_META.read(raw)
    assert not isinstance(meta, Unreadable)
    names = {index: token.name for index in (0, 1, 235, 360) if (token := meta.token(index))}
    assert names == {0: "USDC", 235: "USDE", 360: "USDH"}


def read_contexts(raw: bytes) -> None:
    """The main dex of a frame of 170 KB."""
    frame = read_frame(raw)
    assert isinstance(frame, DexesContextsFrame)
    first = frame.payload.main[0]
    assert (first.mark_price, first.funding_rate) == (D("77562.0"), D("-0.0000015186"))
    assert frame.payload.main[1].mark_price == D("2123.7")
    assert len(frame.payload.main) == 230


def read_mids(raw: bytes) -> None:
    """The coins that are asked for, and all."""
    frame = read_frame(raw)
    assert isinstance(frame, MidsFrame)
    assert frame.payload.prices(["ETH", "PURR/USDC", "NOBODYS"]) == {"ETH": D("2296.45"), "PURR/USDC": D("0.067131")}
    everything = frame.payload.prices()
    assert not isinstance(everything, Unreadable)
    assert set(everything) == {"@142", "BTC", "ETH", "SOL", "PURR/USDC"}


READ: dict[str, Callable[[bytes], None]] = {
    "http_funding_history.json": read_funding,
    "http_l2_book_btc.json": read_book("110427.0", "110428.0", 1761786491067),
    "http_l2_book_snapshot.json": read_book("98450.50", "98451.00", 1703875200000),
    "http_meta_perp_sample.json": read_meta,
    "http_recent_trades_btc.json": read_prints,
    "http_spot_clearinghouse_state.json": read_spot_state,
    "http_spot_meta_non_usdc_collateral.json": read_spot_meta,
    "ws_all_dexs_asset_ctxs.json": read_contexts,
    "ws_allmids.json": read_mids,
    "ws_book_data.json": read_book("98450.50", "98451.00", 1703875200000),
}


def test_every_recording_is_read_here() -> None:
    """A recording that is added without a reader here fails."""
    assert {path.name for path in FOLDER.iterdir()} == set(READ)


@pytest.mark.parametrize("name", READ)
def test_recorded_payload_read_has_the_values_of_its_file(name: str) -> None:
    """The values were read off the file by eye."""
    READ[name]((FOLDER / name).read_bytes())


def test_recorded_levels_tell_how_many_orders_rest_there() -> None:
    """The stream's recording has them, the others have not."""
    found = answers.L2_BOOK.read((FOLDER / "ws_book_data.json").read_bytes())
    assert not isinstance(found, Unreadable)
    assert [level.n for level in found.bids] == [3, 2, 1, 4, 2]
