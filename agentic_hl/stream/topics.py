"""What can be subscribed to, and what is known of each kind: what names it, how often it speaks, what it repeats."""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from agentic_core.errors import UsageError
from agentic_hl.wire.messages.subscriptions import Subscription

__all__ = [
    "TOPIC_KINDS",
    "Route",
    "Topic",
    "TopicKind",
    "account_topic",
    "coin_topic",
    "plain",
    "request_of",
    "route_of",
    "topic_of",
]

Route = tuple[str, str, str, str, str]
"""Type, coin, interval, user and dex, each empty where frames do not tell it: what a frame can be matched by."""


class Topic(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True, repr_omit_defaults=True):
    """One subscription; whatever is None is left to the venue's default and not sent."""

    type: str
    coin: str | None = None
    interval: str | None = None
    user: str | None = None
    """Lower case."""

    dex: str | None = None
    n_sig_figs: int | None = msgspec.field(default=None, name="nSigFigs")
    mantissa: int | None = None
    fast: bool | None = None
    aggregate_by_time: bool | None = msgspec.field(default=None, name="aggregateByTime")
    ignore_portfolio_margin: bool | None = msgspec.field(default=None, name="ignorePortfolioMargin")


class TopicKind(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One type of subscription."""

    asks: tuple[str, ...] = ()
    """The fields without which it means nothing."""

    tells: tuple[str, ...] = ()
    """The fields that its frames carry."""

    silence_ms: int | None = None
    """Longer silence means that something is wrong, and the topic is not fresh before it first spoke.

    None where silence may mean that nothing happens; what is missing there only REST can tell.
    """

    is_log: bool = False
    """Whether each frame tells something that no later one repeats."""


_COIN = ("coin",)
_USER = ("user",)

# Cadences are those of August 2026 and some were measured by others; each limit is several times its cadence.
# Assumed: what tells an account's whole state is sent at least once a minute. Where it is not, the topic is asked for
# anew each time, more and more rarely.
TOPIC_KINDS: Mapping[str, TopicKind] = MappingProxyType(
    {
        "activeAssetCtx": TopicKind(asks=_COIN, tells=_COIN, silence_ms=15_000),
        "activeAssetData": TopicKind(asks=("user", "coin"), tells=("user", "coin")),
        "allDexsAssetCtxs": TopicKind(silence_ms=30_000),
        "allDexsClearinghouseState": TopicKind(asks=_USER, tells=_USER, silence_ms=60_000),
        "allMids": TopicKind(tells=("dex",), silence_ms=15_000),
        "assetCtxs": TopicKind(tells=("dex",), silence_ms=30_000),
        "bbo": TopicKind(asks=_COIN, tells=_COIN, silence_ms=60_000),
        "candle": TopicKind(asks=("coin", "interval"), tells=("coin", "interval")),
        "clearinghouseState": TopicKind(asks=_USER, tells=("user", "dex"), silence_ms=60_000),
        "fastAssetCtxs": TopicKind(silence_ms=30_000, is_log=True),
        "l2Book": TopicKind(asks=_COIN, tells=_COIN, silence_ms=20_000),
        "notification": TopicKind(asks=_USER, is_log=True),
        "openOrders": TopicKind(asks=_USER, tells=("user", "dex"), silence_ms=60_000),
        "orderUpdates": TopicKind(asks=_USER, is_log=True),
        "spotAssetCtxs": TopicKind(silence_ms=30_000),
        "spotState": TopicKind(asks=_USER, tells=_USER, silence_ms=60_000),
        "trades": TopicKind(asks=_COIN, tells=_COIN, is_log=True),
        "twapStates": TopicKind(asks=_USER, tells=("user", "dex"), silence_ms=60_000),
        "userEvents": TopicKind(asks=_USER, is_log=True),
        "userFills": TopicKind(asks=_USER, tells=_USER, is_log=True),
        "userFundings": TopicKind(asks=_USER, tells=_USER, is_log=True),
        "userHistoricalOrders": TopicKind(asks=_USER, tells=_USER, is_log=True),
        "userNonFundingLedgerUpdates": TopicKind(asks=_USER, tells=_USER, is_log=True),
        "userTwapHistory": TopicKind(asks=_USER, tells=_USER, is_log=True),
        "userTwapSliceFills": TopicKind(asks=_USER, tells=_USER, is_log=True),
        "webData3": TopicKind(asks=_USER, tells=_USER, silence_ms=60_000),
    }
)
"""By type, without the retired `webData2` and what nobody here reads."""

_encode = msgspec.json.Encoder().encode


def coin_topic(kind: str, coin: str, *, interval: str | None = None, fast: bool | None = None) -> Topic:
    """Return a topic about a coin, such as `bbo`, `activeAssetCtx`, `l2Book` or `candle`.

    Raises:
        UsageError: there is no such type, or it needs something else.
    """
    return _checked(Topic(type=kind, coin=coin, interval=interval, fast=fast))


def account_topic(kind: str, user: str, *, coin: str | None = None) -> Topic:
    """Return a topic about an account, such as `userFills` or `clearinghouseState`, of the venue's own dex.

    Raises:
        UsageError: there is no such type, or it needs something else.
    """
    return _checked(Topic(type=kind, user=user.lower(), coin=coin))


def topic_of(subscription: Subscription) -> Topic | None:
    """Return the topic of a subscription as the venue writes it, with the defaults it filled in taken out again.

    >>> topic_of({"type": "l2Book", "coin": "BTC", "nSigFigs": None, "mantissa": None, "fast": False})
    Topic(type='l2Book', coin='BTC')
    """
    named = {name: value for name, value in subscription.items() if value not in {None, "", False}}
    user = named.get("user")
    if isinstance(user, str):
        named["user"] = user.lower()
    try:
        return msgspec.convert(named, Topic)
    except msgspec.ValidationError:
        return None


def plain(topic: Topic) -> Topic:
    """Return a topic with the venue's defaults taken out, so that equal ones compare as equal."""
    return topic_of(msgspec.to_builtins(topic)) or topic


def route_of(topic: Topic) -> Route:
    """Return what the frames of a topic can be matched by.

    Raises:
        UsageError: the type is not known.
    """
    tells = _kind_of(topic.type).tells

    def told(name: str, value: str | None) -> str:
        return (value or "") if name in tells else ""

    user = told("user", topic.user).lower()
    return topic.type, told("coin", topic.coin), told("interval", topic.interval), user, told("dex", topic.dex)


def request_of(method: str, topic: Topic) -> bytes:
    """Write a request to `subscribe` or `unsubscribe`.

    >>> request_of("subscribe", coin_topic("bbo", "BTC"))
    b'{"method":"subscribe","subscription":{"type":"bbo","coin":"BTC"}}'
    """
    return _encode({"method": method, "subscription": topic})


def _kind_of(name: str) -> TopicKind:
    kind = TOPIC_KINDS.get(name)
    if kind is None:
        raise UsageError(f"there is no topic {name!r}; known are {', '.join(TOPIC_KINDS)}")
    return kind


def _checked(topic: Topic) -> Topic:
    asks = _kind_of(topic.type).asks
    given = {name for name in ("coin", "interval", "user") if getattr(topic, name) is not None}
    if given != set(asks):
        raise UsageError(f"topic {topic.type!r} is named by {', '.join(asks) or 'nothing'}, not by {sorted(given)}")
    return topic
