"""A scenario and the results of a search, for people to read."""

from collections.abc import Mapping, Sequence

from tests.adversary.account import DAY_MS, Account
from tests.adversary.attack import world_of
from tests.adversary.climb import FIGURES, Attempt
from tests.adversary.configurations import SIZE_DECIMALS, Configuration
from tests.adversary.terms import DOLLAR, PRICE_DECIMALS
from tests.adversary.world import Executed

__all__ = ["percent", "results", "story"]

_MINUTE_MS = 60_000
_HEAD = "| skill | caps | order, day, deployment at most, in % | order | day | deployment |"


def story(configuration: Configuration, attempt: Attempt) -> str:
    """Tell a scenario step by step: what happened, then marks and holdings in dollars, and equity."""
    rows: list[Sequence[str]] = []
    shown: list[str] = []

    def narrate(account: Account, what: str, executed: Executed | None) -> None:
        told = what if executed is None else f"{what} {_order(configuration, executed)}"
        when = _when(account.now)
        rows.append(("" if rows and shown[-1] == when else when, told, *_standing(account)))
        shown.append(when)

    world_of(configuration, narrate).play(attempt.scenario)
    symbols = [one.symbol for one in configuration.instruments]
    head = ("when", "what", *(f"{name} mark" for name in symbols), *(f"{name} held" for name in symbols), "equity")
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    return "\n".join("  ".join(map(str.rjust, cells, widths)) for cells in (head, *rows))


def results(reached: Mapping[str, tuple[Attempt, ...]], configurations: Sequence[Configuration]) -> str:
    """Write what was reached of each figure, as a table in Markdown."""
    lines = [_HEAD, "|---|---|---|---|---|---|"]
    for configuration in configurations:
        attempts = reached[configuration.name]
        bound = configuration.bound()
        figures = (bound.order_bps, bound.day_bps, bound.deployment_bps)
        most = ", ".join(f"{figure / 100:.2f}" for figure in figures)
        shares = " | ".join(percent(attempts[place].ratios[place]) for place in range(len(FIGURES)))
        lines.append(f"| `{configuration.name}` | {configuration.about} | {most} | {shares} |")
    return "\n".join(lines)


def percent(ratio: float) -> str:
    """Write a ratio for people."""
    return f"{100 * ratio:.1f} %"


def _order(configuration: Configuration, executed: Executed) -> str:
    side = "buy" if executed.lots > 0 else "sell"
    units = f"{abs(executed.lots) / 10**SIZE_DECIMALS:,.4f}"
    return f"{side} {units} {configuration.instruments[executed.symbol].symbol} at {_price(executed.price)}"


def _standing(account: Account) -> Sequence[str]:
    held = [f"{size * mark / DOLLAR:,.0f}" for size, mark in zip(account.sizes, account.marks, strict=True)]
    return (*map(_price, account.marks), *held, f"{account.worth(account.marks) / DOLLAR:,.2f}")


def _price(price: int) -> str:
    return f"{price / 10**PRICE_DECIMALS:,.2f}"


def _when(now: int) -> str:
    minutes = now % DAY_MS // _MINUTE_MS
    return f"day {now // DAY_MS - 19_000} {minutes // 60:02}:{minutes % 60:02}"
