"""Refuses policies that see the future."""

from collections.abc import Sequence

from agentic_core.backtest.columns import CandleColumns
from agentic_core.errors import LookAhead
from agentic_core.ports.rule_policy import WakingRulePolicy

__all__ = ["PREFIX_LENGTH", "check_wake"]

PREFIX_LENGTH = 3_000
"""Candles on which a wake mask is computed again, with ever fewer of them; a mask that peeks differs near an end."""

_CUTS = 5
"""Prefixes that end behind a flag that is set, and as many that end behind one that is not."""


def check_wake(policy: WakingRulePolicy, series: CandleColumns, mask: Sequence[bool]) -> None:
    """Compare a policy's wake mask with those it gives when later candles are hidden.

    Raises:
        LookAhead: the masks differ, or a mask has not one flag per candle.
    """
    _check_length(policy, mask, len(series))
    for length in _prefixes(mask):
        again = policy.wake(series.prefix(length))
        _check_length(policy, again, length)
        for index in range(length):
            if bool(again[index]) != bool(mask[index]):
                message = (
                    f"{policy.name} wakes differently at candle {index} when candles after {length - 1} are hidden"
                )
                raise LookAhead(message)


def _prefixes(mask: Sequence[bool]) -> list[int]:
    # A peek over the next candle shows at the very end of a prefix only, and there only where it decided the flag: so
    # prefixes end behind flags of both kinds.
    known = min(len(mask), PREFIX_LENGTH)
    lengths = {known}
    for kind in (True, False):
        places = [index for index in range(known) if bool(mask[index]) is kind]
        lengths.update(places[len(places) * part // _CUTS] + 1 for part in range(_CUTS) if places)
    return sorted(lengths - {0})


def _check_length(policy: WakingRulePolicy, mask: Sequence[bool], candles: int) -> None:
    if len(mask) != candles:
        message = f"{policy.name} returned {len(mask)} wake flags for {candles} candles"
        raise LookAhead(message)
