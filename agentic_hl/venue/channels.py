"""What can be subscribed to: the keys of each subscription, its channel, and how often it speaks.

Cadences are the main network's of mid 2026 where they were measured; of the others it is assumed that a full-state
channel speaks on every change and every five seconds besides.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeAlias

import msgspec

from agentic_hl.venue.times import INTERVALS_MS

__all__ = ["CHANNELS", "Channel", "Refusal", "Subscription", "read_subscription"]

Refusal: TypeAlias = str

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")


class Channel(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of subscription."""

    kind: str
    """Its `type`."""
    name: str
    """The `channel` of its frames."""
    keys: tuple[str, ...] = ()
    """What a subscription has to name."""
    defaults: Mapping[str, object] = msgspec.field(default_factory=dict)
    """What the answer adds where the subscription leaves it out."""
    optional: tuple[str, ...] = ()
    """What is echoed only where it was sent."""
    every_ms: int | None = None
    """How often its state is sent; 0 is whenever it changed, None is never: it tells events only."""
    on_change: bool = False
    """Whether an unchanged state is left out."""
    eager: bool = False
    """Whether its state is sent as soon as its user's account changes."""
    snapshot: bool = False
    """Whether history is sent on subscribing."""


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """A subscription with everything that belongs to it."""

    channel: Channel
    echo: Mapping[str, object]
    """As the venue repeats it."""

    @property
    def identity(self) -> bytes:
        """What makes two subscriptions the same."""
        return msgspec.json.encode(self.echo, order="sorted")

    @property
    def user(self) -> str | None:
        """Whose it is, in lower case."""
        user = self.echo.get("user")
        return user if isinstance(user, str) else None

    @property
    def coin(self) -> str | None:
        """Which coin it is about."""
        coin = self.echo.get("coin")
        return coin if isinstance(coin, str) else None

    @property
    def cadence(self) -> str:
        """The name under which its cadence is set."""
        return f"{self.channel.kind}:fast" if self.echo.get("fast") is True else self.channel.kind


_USER = ("user",)
_COIN = ("coin",)
_DEX: Mapping[str, object] = {"dex": ""}
_STATE_MS = 5_000

_ALL = (
    Channel(kind="allMids", name="allMids", optional=("dex",), every_ms=2_000),
    Channel(
        kind="l2Book",
        name="l2Book",
        keys=_COIN,
        defaults={"nSigFigs": None, "mantissa": None},
        optional=("fast",),
        every_ms=5_000,
    ),
    Channel(kind="bbo", name="bbo", keys=_COIN, every_ms=0, on_change=True),
    Channel(kind="trades", name="trades", keys=_COIN, snapshot=True),
    Channel(kind="candle", name="candle", keys=("coin", "interval"), every_ms=0, on_change=True),
    Channel(kind="activeAssetCtx", name="activeAssetCtx", keys=_COIN, every_ms=1_000),
    Channel(kind="assetCtxs", name="assetCtxs", defaults=_DEX, every_ms=_STATE_MS),
    Channel(kind="allDexsAssetCtxs", name="allDexsAssetCtxs", every_ms=_STATE_MS),
    Channel(kind="spotAssetCtxs", name="spotAssetCtxs", every_ms=_STATE_MS),
    Channel(kind="fastAssetCtxs", name="fastAssetCtxs", every_ms=_STATE_MS),
    Channel(kind="activeAssetData", name="activeAssetData", keys=("user", "coin"), every_ms=1_000, on_change=True),
    Channel(kind="userFills", name="userFills", keys=_USER, defaults={"aggregateByTime": False}, snapshot=True),
    Channel(kind="userEvents", name="user", keys=_USER),
    Channel(kind="orderUpdates", name="orderUpdates", keys=_USER),
    Channel(kind="userFundings", name="userFundings", keys=_USER, snapshot=True),
    Channel(kind="userNonFundingLedgerUpdates", name="userNonFundingLedgerUpdates", keys=_USER, snapshot=True),
    Channel(kind="userTwapHistory", name="userTwapHistory", keys=_USER, snapshot=True),
    Channel(kind="userTwapSliceFills", name="userTwapSliceFills", keys=_USER, snapshot=True),
    Channel(kind="userHistoricalOrders", name="userHistoricalOrders", keys=_USER, snapshot=True),
    Channel(
        kind="clearinghouseState", name="clearinghouseState", keys=_USER, defaults=_DEX, every_ms=_STATE_MS, eager=True
    ),
    Channel(kind="openOrders", name="openOrders", keys=_USER, defaults=_DEX, every_ms=_STATE_MS, eager=True),
    Channel(
        kind="spotState",
        name="spotState",
        keys=_USER,
        defaults={"ignorePortfolioMargin": False},
        every_ms=_STATE_MS,
        eager=True,
    ),
    Channel(kind="twapStates", name="twapStates", keys=_USER, defaults=_DEX, every_ms=_STATE_MS),
    Channel(
        kind="allDexsClearinghouseState", name="allDexsClearinghouseState", keys=_USER, every_ms=_STATE_MS, eager=True
    ),
    Channel(kind="webData3", name="webData3", keys=_USER, every_ms=_STATE_MS),
    Channel(kind="webData2", name="webData2", keys=_USER, every_ms=15_000),
    Channel(kind="notification", name="notification", keys=_USER),
    Channel(kind="outcomeMetaUpdates", name="outcomeMetaUpdates"),
)

CHANNELS: Mapping[str, Channel] = MappingProxyType({channel.kind: channel for channel in _ALL})


def read_subscription(given: object, coins: frozenset[str], refused: frozenset[str]) -> Subscription | Refusal:
    """Read what somebody wants to subscribe to, or return the text of the error frame.

    Args:
        given: the value of `subscription`.
        coins: the coins there are.
        refused: kinds that this venue does not offer any more.
    """
    if not isinstance(given, dict):
        return f"Invalid subscription {_json(given)}"
    channel = CHANNELS.get(str(given.get("type")))
    if channel is None or channel.kind in refused or not _complete(channel, given, coins):
        return f"Invalid subscription {_json(given)}"
    known = ("type", *channel.keys, *channel.optional, *channel.defaults)
    echo = {**channel.defaults, **{key: given[key] for key in known if key in given}}
    if "user" in channel.keys:
        echo["user"] = str(echo["user"]).lower()
    return Subscription(channel=channel, echo={"type": channel.kind, **echo})


def _complete(channel: Channel, given: dict[str, object], coins: frozenset[str]) -> bool:
    if not all(_READS[key](given.get(key), coins) for key in channel.keys):
        return False
    return given.get("dex") in {None, ""} and _groups_levels(given)


def _is_address(value: object, _coins: frozenset[str]) -> bool:
    return isinstance(value, str) and _ADDRESS.fullmatch(value) is not None


def _is_coin(value: object, coins: frozenset[str]) -> bool:
    return isinstance(value, str) and value in coins


def _is_interval(value: object, _coins: frozenset[str]) -> bool:
    return isinstance(value, str) and value in INTERVALS_MS


_READS = {"user": _is_address, "coin": _is_coin, "interval": _is_interval}

_FIGURES = (None, 2, 3, 4, 5)
_FULL_FIGURES = 5


def _groups_levels(given: dict[str, object]) -> bool:
    figures, mantissa = given.get("nSigFigs"), given.get("mantissa")
    if figures not in _FIGURES or mantissa not in {None, 2, 5}:
        return False
    return mantissa is None or figures == _FULL_FIGURES


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
