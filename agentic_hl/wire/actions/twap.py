"""Orders that the venue executes in slices over minutes."""

import msgspec

from agentic_hl.wire.actions.base import L1Action, check_count
from agentic_hl.wire.units import WireError, check_canonical

__all__ = ["TwapCancel", "TwapDetails", "TwapLine", "TwapOrder", "TwapTrigger"]

_MINUTES_MIN = 5
_MINUTES_MAX = 1440


class TwapLine(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    gc=False,
    rename={"asset": "a", "is_buy": "b", "size": "s", "reduce_only": "r", "minutes": "m", "randomize": "t"},
):
    """What is executed, and over how many minutes."""

    asset: int
    is_buy: bool
    size: str
    reduce_only: bool
    minutes: int
    randomize: bool

    def __post_init__(self) -> None:
        """Refuse what the venue does not take or would hash differently."""
        check_count(self.asset, "asset")
        check_canonical(self.size, "size")
        if not _MINUTES_MIN <= self.minutes <= _MINUTES_MAX:
            message = f"minutes {self.minutes} must be from {_MINUTES_MIN} to {_MINUTES_MAX}"
            raise WireError(message)


class TwapTrigger(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename={"price": "p", "is_above": "a"}):
    """The mark at which the execution begins, and from which side it has to be reached."""

    price: str
    is_above: bool

    def __post_init__(self) -> None:
        """Refuse a price that would be hashed differently."""
        check_canonical(self.price, "trigger price")


class TwapDetails(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename={"trigger": "t", "stop_price": "s"}):
    """When the execution begins and at which price it ends; what is not used is null here, not left out."""

    trigger: TwapTrigger | None
    stop_price: str | None

    def __post_init__(self) -> None:
        """Refuse a price that would be hashed differently."""
        if self.stop_price is not None:
            check_canonical(self.stop_price, "stop price")


class TwapOrder(L1Action, frozen=True, kw_only=True, tag="twapOrder"):
    """Begin an execution in slices."""

    twap: TwapLine
    details: TwapDetails | None = None


class TwapCancel(L1Action, frozen=True, kw_only=True, tag="twapCancel", rename={"asset": "a", "twap": "t"}):
    """End an execution in slices."""

    asset: int
    twap: int
    """The id that the venue answered with."""

    def __post_init__(self) -> None:
        """Refuse numbers the venue does not hold."""
        check_count(self.asset, "asset")
        check_count(self.twap, "twap")
