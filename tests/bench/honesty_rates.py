"""How often the verdict on a backtest is wrong, over deciders that know the future and deciders that do not.

`python -m tests.bench.honesty_rates --markets 200 shaky guess` makes the table of docs/concepts/backtest-honesty.md.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Mapping

import anyio
from rich.console import Console
from rich.table import Table

from agentic_core.backtest.chat.study import study
from agentic_core.backtest.columns import CandleColumns
from agentic_core.domain.honesty import HonestyVerdict
from agentic_core.runtime.terms import Terms
from agentic_core.system import install_decimal_traps
from tests.support.foresight import (
    Opinion,
    asking,
    by_date,
    by_level,
    by_luck,
    by_momentum,
    by_name,
    by_shaky_momentum,
    market,
    plan_of,
    trial_of,
)

__all__ = ["DECIDERS", "main", "rates"]

DECIDERS: Mapping[str, Callable[[CandleColumns], Opinion]] = {
    "momentum": lambda _columns: by_momentum,
    "shaky": lambda _columns: by_shaky_momentum,
    "guess": lambda _columns: by_luck,
    "name": by_name,
    "date": by_date,
    "level": by_level,
}


def rates(decider: str, markets: int) -> Counter[HonestyVerdict]:
    """Count the verdicts on a decider over so many markets."""

    async def verdict(seed: int) -> HonestyVerdict:
        columns = market(seed)
        made = await study(trial_of(columns), asking(DECIDERS[decider](columns)), Terms(), plan_of())
        assert made.record.honesty is not None, "a study always judges"
        return made.record.honesty.verdict

    return Counter(anyio.run(verdict, seed) for seed in range(markets))


def main() -> int:
    """Count for the deciders that are named, or for all of them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--markets", type=int, default=100)
    parser.add_argument("deciders", nargs="*", choices=[*DECIDERS, []], default=[])
    options = parser.parse_args()
    install_decimal_traps()
    table = Table("decider", *(verdict.value for verdict in HonestyVerdict))
    for decider in options.deciders or DECIDERS:
        found = rates(decider, options.markets)
        table.add_row(decider, *(str(found[verdict]) for verdict in HonestyVerdict))
    Console().print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
