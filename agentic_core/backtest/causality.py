"""Refuses policies that see the future."""

from collections.abc import Sequence

from agentic_core.backtest.columns import CandleColumns
from agentic_core.errors import LookAhead
from agentic_core.ports.rule_policy import WakingRulePolicy

__all__ = ["PREFIX_LENGTH", "check_wake"]

PREFIX_LENGTH = 3_000
"""Candles on which a wake mask is computed a second time; a mask that peeks differs near their end."""


def check_wake(policy: WakingRulePolicy, series: CandleColumns, mask: Sequence[bool]) -> None:
    """Compare a policy's wake mask with the one it gives when later candles are hidden.

    Raises:
        LookAhead: the masks differ, or the mask has not one flag per candle.
    """
    if len(mask) != len(series):
        message = f"{policy.name} returned {len(mask)} wake flags for {len(series)} candles"
        raise LookAhead(message)
    for length in {min(len(series), PREFIX_LENGTH), min(len(series) // 2, PREFIX_LENGTH // 2)} - {0}:
        again = policy.wake(series.prefix(length))
        for index in range(length):
            if bool(again[index]) != bool(mask[index]):
                message = (
                    f"{policy.name} wakes differently at candle {index} when candles after {length - 1} are hidden"
                )
                raise LookAhead(message)
