"""What may be believed of a backtest of a chat model, for a terminal and for the page."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from rich.table import Table
from rich.text import Text

from agentic_core.backtest.chat.verdict import last_day, overlap_words
from agentic_core.backtest.report.formats import clean, percent, signed_percent, usd
from agentic_core.backtest.report.markup import Markup, join, tag
from agentic_core.domain.honesty import Honesty, HonestyVerdict
from agentic_core.domain.run import RunRecord

__all__ = [
    "honesty_lines",
    "honesty_section",
    "honesty_table",
    "overlap_badge",
    "overlap_mark",
    "verdict_line",
    "verdict_text",
]

_WORDS = {
    "plain": "as it ran",
    "masked": "masked: names, dates and prices disguised",
    "delayed": "its actions one candle later",
    "long": "long all the time",
    "short": "short all the time",
}
_COLOURS = {
    HonestyVerdict.HOLDS_UP: ("bold green", "good"),
    HonestyVerdict.KNOWS_THE_FUTURE: ("bold red", "bad"),
    HonestyVerdict.VOID: ("bold red", "bad"),
    HonestyVerdict.CANNOT_TELL: ("bold yellow", "open"),
    HonestyVerdict.NO_BETTER_THAN_CHANCE: ("bold yellow", "open"),
}
_NAMES = ("run", "gain", "orders", "fees, USD", "halts")
_BPS = 10_000

_Row = tuple[str, str, str, str, str]


def overlap_badge(run: RunRecord) -> str:
    """Return the overlap in as few words as stand beside a figure; empty where there is nothing to say."""
    honesty = run.honesty
    if honesty is None:
        return ""
    share = honesty.overlap.share_bps
    return "overlap unknown" if share is None else f"overlap {percent(share / _BPS, 0)}"


def overlap_mark(run: RunRecord) -> Markup:
    """Return the badge for the page."""
    badge = overlap_badge(run)
    return tag("i", badge, class_="overlap") if badge else join()


def verdict_text(honesty: Honesty) -> Text:
    """Return the verdict as one coloured sentence."""
    return Text(clean(honesty.sentence), style=_COLOURS[honesty.verdict][0])


def honesty_lines(honesty: Honesty) -> Iterator[str]:
    """Return what stands below the runs: overlap, tests, disguise and cautions."""
    overlap = honesty.overlap
    words = overlap_words(overlap)
    until = overlap.known_until
    known = (
        ""
        if until is None
        else f" (its knowledge ends {last_day(until)}: {clean(overlap.source) or 'source not said'})"
    )
    yield f"{words[:1].upper()}{words[1:]}{known}."
    if honesty.gain_afterwards is not None:
        yield f"After the chat model's knowledge ends it gained {_gain(honesty.gain_afterwards)}."
    if honesty.chance is not None:
        odds, level = percent(honesty.chance.p_bps / _BPS, 1), percent(honesty.chance_error_bps / _BPS, 1)
        low, high = _gain(honesty.chance.gain_low), _gain(honesty.chance.gain_high)
        yield (
            f"Nine in ten runs at random times gained between {low} and {high}; chance does as well as this run in "
            f"{odds} of cases, and up to {level} counts as skill."
        )
    if honesty.masked is not None:
        test = honesty.masked
        odds, level = percent(test.p_bps / _BPS, 2), percent(honesty.masked_error_bps / _BPS, 2)
        yield (
            f"Chance makes the masked run that much worse in {odds} of cases (block bootstrap of {test.marks:,} paired "
            f"returns); up to {level} counts, where less than half of the edge is kept."
        )
    if honesty.masking:
        yield f"Disguise: {clean(honesty.masking)}."
    yield from map(clean, honesty.cautions)


def honesty_table(honesty: Honesty) -> Table:
    """Return the runs of a study for a terminal."""
    table = Table(box=None, padding=(0, 2, 0, 0))
    for place, name in enumerate(_NAMES):
        table.add_column(name, justify="right" if place else "left", header_style="dim", overflow="fold")
    for row in _rows(honesty):
        table.add_row(*map(Text, row))
    return table


def verdict_line(run: RunRecord) -> Markup:
    """Return the verdict for the head of the page; nothing where nobody judged."""
    honesty = run.honesty
    if honesty is None:
        return join()
    return tag("p", honesty.sentence, class_=f"verdict {_COLOURS[honesty.verdict][1]}")


def honesty_section(run: RunRecord) -> Markup:
    """Return the runs of a study and what is behind its verdict for the page; nothing where nobody judged."""
    honesty = run.honesty
    if honesty is None:
        return join()
    head = tag("tr", *(tag("th", name, class_=_kind(place)) for place, name in enumerate(_NAMES)))
    rows = [
        tag("tr", *(tag("td", cell, class_=_kind(place)) for place, cell in enumerate(row))) for row in _rows(honesty)
    ]
    table = tag("table", tag("thead", head), tag("tbody", *rows))
    return join(
        tag("h2", "What may be believed"),
        tag("div", tag("div", table, class_="scroll"), class_="card"),
        tag("ul", *(tag("li", line) for line in honesty_lines(honesty)), class_="notes"),
    )


def _rows(honesty: Honesty) -> Sequence[_Row]:
    rows = [
        (
            _WORDS.get(figure.name, clean(figure.name)),
            _gain(figure.gain),
            f"{figure.orders:,}",
            usd(figure.fees),
            f"{figure.halts:,}",
        )
        for figure in honesty.figures
    ]
    luck = honesty.chance
    if luck is not None:
        rows.append((f"its actions at random times: median of {luck.runs:,}", _gain(luck.gain_median), "", "", ""))
    return rows


def _gain(gain: Decimal) -> str:
    return signed_percent(float(gain))


def _kind(place: int) -> str:
    return "number" if place else "text"
