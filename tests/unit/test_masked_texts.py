"""What a text says about which market it is about, and when, is taken out of it."""

from collections.abc import Sequence
from decimal import Decimal

import pytest

from agentic_core.backtest.chat.masked_news import MaskedNews
from agentic_core.backtest.chat.names import TextMask
from agentic_core.domain import DAY_MS, Instant, Symbol
from agentic_core.ports.untrusted_text import Headline
from tests.support.markets import AT, BTC, ETH

STAND_INS = {BTC: Symbol("ASSET1"), Symbol("SOL"): Symbol("ASSET2")}
TEXTS = TextMask(STAND_INS, [(Decimal(38_000), Decimal(52_000)), (Decimal(80), Decimal(120))])
WEEK_MS = 7 * DAY_MS


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Buy BTC when it dips.", "Buy ASSET1 when it dips."),
        ("bitcoin, Bitcoin and XBT are one", "ASSET1, ASSET1 and ASSET1 are one"),
        ("$BTC, BTC-PERP, BTC/USDT and BTCUSD", "ASSET1, ASSET1, ASSET1 and ASSET1"),
        ("₿ above all", "ASSET1 above all"),
        ("Solana follows Ethereum", "ASSET2 follows ANOTHER"),
        ("SOL is not the sol of a song", "ASSET2 is not the sol of a song"),
        ("Use a tight stop near the low; link it to volume.", "Use a tight stop near the low; link it to volume."),
        ("Risk 500 USD per position, RSI above 70", "Risk 500 USD per position, RSI above 70"),
        ("SUBTCX is another word", "SUBTCX is another word"),
    ],
)
def test_names_get_stand_ins_and_words_stay(text: str, masked: str) -> None:
    """A stand-in means the same to the skill, so nothing counts as altered."""
    assert TEXTS.masked(text) == (masked, ())


@pytest.mark.parametrize(
    ("text", "masked", "altered"),
    [
        ("As in March 2020, buy", "As in that time, buy", ("March 2020",)),
        ("since 2021-05-19", "since that time", ("2021-05-19",)),
        ("wait for the halving", "wait for the event", ("halving",)),
        ("after FTX fell", "after event fell", ("FTX",)),
        ("buy below $40,000", "buy below that price", ("$40,000",)),
        ("sell at 50k", "sell at that price", ("50k",)),
        ("sell at 49000", "sell at that price", ("49000",)),
        ("stop at 95 USD", "stop at that price", ("95 USD",)),
        ("at most 0.5 BTC", "at most some ASSET1", ("0.5",)),
    ],
)
def test_what_has_no_stand_in_is_taken_out_and_told(text: str, masked: str, altered: tuple[str, ...]) -> None:
    """Whoever compares the runs must know that the texts differ by more than names."""
    assert TEXTS.masked(text) == (masked, altered)


class _Feed:
    def __init__(self, *headlines: Headline) -> None:
        self.headlines_known = headlines
        self.asked: list[tuple[tuple[Symbol, ...], Instant, int]] = []

    async def headlines(self, symbols: Sequence[Symbol], *, as_of: Instant, limit: int) -> tuple[Headline, ...]:
        """Return what was put in, and note what was asked."""
        self.asked.append((tuple(symbols), as_of, limit))
        return self.headlines_known


@pytest.mark.anyio
async def test_masked_news_asks_the_true_world_and_answers_in_disguise() -> None:
    """Times and names are translated both ways; the source, which says when it existed, is not told."""
    feed = _Feed(Headline(published_at=AT, source="Paper of 2022", text="Bitcoin falls to $39,500", symbols=(BTC, ETH)))
    news = MaskedNews(feed, TEXTS, STAND_INS, shift_ms=WEEK_MS)
    (told,) = await news.headlines([Symbol("ASSET1")], as_of=Instant(AT + WEEK_MS), limit=3)
    assert feed.asked == [((BTC,), AT, 3)]
    assert told == Headline(
        published_at=Instant(AT + WEEK_MS),
        source="news",
        text="ASSET1 falls to that price",
        symbols=(Symbol("ASSET1"),),
    )
