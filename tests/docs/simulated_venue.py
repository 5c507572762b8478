"""The page of the simulated venue: its markets, its doors and its faults."""

import typing

import msgspec

from agentic_hl.venue.engine.markets import MARKETS, START_PRICES
from agentic_hl.venue.fault_values import Fault
from agentic_hl.venue.terms import Market

__all__ = ["simulated_venue"]


def simulated_venue() -> str:
    """Return the page."""
    return "\n".join(
        [
            "# The simulated venue",
            "",
            "Drawn from the code by `python -m tests.docs`; the test suite compares it.",
            "",
            "`agentic venue` serves `/info`, `/exchange` and `/ws` as Hyperliquid does, and `/simulation` for whoever",
            "runs it. [How to test a bot offline](../how-to/test-a-bot-offline.md) shows it at work; what it takes for",
            "granted about the real venue stands in [the assumptions](hyperliquid-assumptions.md).",
            "",
            "## Markets",
            "",
            "| id | coin | size decimals | leverage | from this notional on | remarks | starts at |",
            "|---|---|---|---|---|---|---|",
            *(_market_row(market) for market in MARKETS),
            "",
            "## Doors of whoever runs it",
            "",
            "| request | what it does |",
            "|---|---|",
            "| `GET /simulation` | shows accounts, books and every pot of money; the pots add up to zero |",
            '| `POST /simulation/deposits` `{"address", "usd"}` | brings money, and opens the account |',
            '| `POST /simulation/prices` `{"coin", "oracle", "mark"?, "mid"?}` | moves a market |',
            '| `POST /simulation/funding` `{"coin", "rate"}` | fixes the hourly rate; null computes it again |',
            "| `POST /simulation/faults` | makes one of the faults below |",
            "",
            "## Faults",
            "",
            'A fault is a JSON object, `{"fault": NAME, …}`. `of` names an action or a query and `channel` a stream;',
            "empty is any. `count` is how often it happens, `forMs` how long it lasts (null: until another ends it).",
            "",
            "| fault | fields | what happens |",
            "|---|---|---|",
            *(_fault_row(fault) for fault in typing.get_args(Fault)),
            "",
        ]
    )


def _market_row(market: Market) -> str:
    tiers = ", ".join(f"{tier.max_leverage}× from {tier.lower_bound:,} USD" for tier in market.tiers[1:])
    flags = [word for word, holds in (("isolated only", market.only_isolated), ("delisted", market.delisted)) if holds]
    cells = (
        str(market.index),
        market.name,
        str(market.sz_decimals),
        f"{market.max_leverage}×",
        tiers or "the same",
        ", ".join(flags) or "–",
        format(START_PRICES[market.index], "f"),
    )
    return f"| {' | '.join(cells)} |"


def _fault_row(fault: type[msgspec.Struct]) -> str:
    fields = [_field_text(field) for field in msgspec.structs.fields(fault)]
    about = (fault.__doc__ or "").strip().splitlines()[0]
    return f"| `{fault.__struct_config__.tag}` | {', '.join(fields) or '–'} | {about} |"


def _field_text(field: msgspec.structs.FieldInfo) -> str:
    if field.default is msgspec.NODEFAULT:
        return f"`{field.encode_name}`"
    return f"`{field.encode_name}` = {msgspec.json.encode(field.default).decode()}"
