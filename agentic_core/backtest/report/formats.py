"""How figures, times and foreign texts are written in a report; what is unknown is a dash, never a zero."""

from decimal import Decimal

from agentic_core.domain.money import plain
from agentic_core.domain.times import DAY_MS, HOUR_MS

__all__ = [
    "UNKNOWN",
    "clean",
    "decider",
    "duration",
    "factor",
    "number",
    "percent",
    "share",
    "signed_percent",
    "signed_usd",
    "usd",
]

UNKNOWN = "–"

_CENT = Decimal("0.01")
_FINE = Decimal("0.000001")
_MINUTE_MS = 60_000
_REPLACED = "\N{REPLACEMENT CHARACTER}"


def clean(text: str) -> str:
    """Make a foreign text harmless to print: characters that steer a terminal or a page are replaced."""
    return "".join(character if character.isprintable() else _REPLACED for character in text)


def decider(decided_by: str) -> str:
    """Say who decided; a rule policy is never called a language model."""
    kind, _, name = decided_by.partition(":")
    match kind:
        case "rules":
            return f"rule policy {clean(name)} (no language model)"
        case "chat":
            return f"chat model {clean(name)}"
        case _:
            return clean(decided_by)


def number(value: Decimal | None) -> str:
    """Write an exact number in full, with thousands set apart."""
    return UNKNOWN if value is None else f"{Decimal(plain(value)):,f}"


def usd(amount: Decimal | None) -> str:
    """Write dollars: cents, or up to six decimals where there is less than a dollar."""
    if amount is None:
        return UNKNOWN
    if amount == 0 or abs(amount) >= 1:
        cents = amount.quantize(_CENT)
        return f"{_no_minus_zero(cents):,.2f}"
    return plain(amount.quantize(_FINE))


def signed_usd(amount: Decimal | None) -> str:
    """Write dollars with their sign."""
    text = usd(amount)
    return f"+{text}" if amount is not None and amount > 0 and text != "0" else text


def percent(ratio: float | None, digits: int = 2) -> str:
    """Write a fraction as per cent."""
    return UNKNOWN if ratio is None else f"{ratio * 100:,.{digits}f} %"


def signed_percent(ratio: float | None, digits: int = 2) -> str:
    """Write a fraction as per cent with its sign."""
    return UNKNOWN if ratio is None else f"{ratio * 100:+,.{digits}f} %"


def share(ratio: Decimal) -> str:
    """Write an exact fraction as per cent, in full."""
    return f"{plain(ratio * 100)} %"


def factor(value: float | None) -> str:
    """Write a ratio such as Sharpe's."""
    return UNKNOWN if value is None else f"{value:,.2f}"


def duration(ms: float | None) -> str:
    """Write a length of time in its two largest units."""
    if ms is None:
        return UNKNOWN
    minutes = round(ms / _MINUTE_MS)
    days, hours = minutes * _MINUTE_MS // DAY_MS, minutes * _MINUTE_MS // HOUR_MS % 24
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {minutes % 60} min" if minutes % 60 else f"{hours} h"
    return f"{minutes} min" if minutes or not ms else f"{ms / 1000:.0f} s"


def _no_minus_zero(amount: Decimal) -> Decimal:
    return abs(amount) if amount == 0 else amount
