"""Everything about websockets but the sockets: connections, subscriptions, snapshots, cadences, errors, posts."""

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

import msgspec

from agentic_hl.venue.channels import Refusal, Subscription, read_subscription
from agentic_hl.venue.commits import Answer
from agentic_hl.venue.faults import Faults
from agentic_hl.venue.limits import LIMITS_OFF, Limits, SocketLimits
from agentic_hl.venue.streams.connections import Connection, Following, frame
from agentic_hl.venue.streams.posts import post_answer, read_post
from agentic_hl.venue.streams.pushes import Push
from agentic_hl.venue.streams.shows import Shows

__all__ = ["GREETING", "Hub", "StreamOptions", "Submit"]

GREETING = b"Websocket connection established."
_NOT_A_REQUEST = "Error parsing JSON into valid websocket request"


class StreamOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How the streams behave."""

    greeting: bool = True
    cadence_ms: Mapping[str, int] = msgspec.field(default_factory=dict)
    """Instead of a channel's own, by the `type` of the subscription, or `l2Book:fast`; 0 is on every step."""
    step_ms: int = 100
    """How long a block takes: what speaks on every change looks so often."""
    idle_ms: int = 60_000
    """A connection on which nothing was sent for so long is dropped."""
    refused: frozenset[str] = frozenset({"webData2"})
    """Subscriptions that are no longer offered."""


class Submit(Protocol):
    """Takes requests."""

    def __call__(self, path: str, body: bytes, now: int, answer: Callable[[Answer], None], *, peer: str = "") -> None:
        """Take a request; its answer may come later."""
        ...


class Hub:
    """All connections."""

    def __init__(
        self, shows: Shows, submit: Submit, faults: Faults, options: StreamOptions, limits: Limits = LIMITS_OFF
    ) -> None:
        """Take what is shown and who takes posts; there are no connections yet."""
        self._shows = shows
        self._submit = submit
        self._faults = faults
        self._options = options
        self._sockets = SocketLimits(limits)
        self._connections: dict[int, Connection] = {}
        self._opened = 0

    # ── connections ──────────────────────────────────────────────────────────────────────────────────────────────

    def connect(self, now: int, *, peer: str = "") -> int | None:
        """Open a connection and return its number, or None where the peer has too many."""
        if not self._sockets.may_open(peer, len(self._of_peer(peer)), now):
            return None
        self._opened += 1
        self._connections[self._opened] = connection = Connection(self._opened, peer, now)
        if self._options.greeting:
            connection.put(GREETING, now)
        return self._opened

    def disconnect(self, number: int) -> None:
        """Forget a connection that its peer closed."""
        self._connections.pop(number, None)

    def take(self, number: int, now: int) -> list[bytes]:
        """Return the frames that are due on a connection."""
        connection = self._connections.get(number)
        return [] if connection is None else connection.take(now)

    def ended(self, number: int) -> str | None:
        """Return why the venue ended a connection, or None while it is open."""
        connection = self._connections.get(number)
        return "gone" if connection is None else connection.ended or None

    def receive(self, number: int, text: str | bytes, now: int) -> None:
        """Take a message."""
        connection = self._connections.get(number)
        if connection is None or connection.ended or connection.muted(now):
            return
        if not self._sockets.may_speak(connection.peer, now):
            _complain(connection, "Too many websocket messages.", now)
            return
        self._understand(connection, text, now)

    # ── what happens ─────────────────────────────────────────────────────────────────────────────────────────────

    def publish(self, pushes: Iterable[Push], touched: set[str], now: int) -> None:
        """Tell what happened to whoever follows it; the state of touched users is told again."""
        for push in pushes:
            for connection, following in self._following(push.kind):
                if push.fits(following.subscription):
                    self._tell(connection, following.subscription, push.payload, now)
        if not touched:
            return
        for connection, following in self._following():
            if following.subscription.channel.eager and following.subscription.user in touched:
                self._refresh(connection, following, now)

    def advance(self, now: int) -> None:
        """Send the states that are due, and drop the connections that were silent for too long."""
        for connection, following in self._following():
            if following.every_ms is not None and following.due <= now:
                self._refresh(connection, following, now)
        for connection in self._connections.values():
            due = connection.due
            idle = (due is None or due > now) and now - connection.said_at >= self._options.idle_ms
            if idle and not connection.muted(now):
                connection.end("Inactive")

    def next_due(self) -> int | None:
        """Return when something has to be sent next."""
        dues = [following.due for _, following in self._following() if following.every_ms is not None]
        dues += [connection.due for connection in self._connections.values() if connection.due is not None]
        return min(dues, default=None)

    # ── faults ───────────────────────────────────────────────────────────────────────────────────────────────────

    def drop(self, user: str = "") -> None:
        """End connections without notice: those that follow a user, or all."""
        for connection in self._connections.values():
            if not user or user.lower() in connection.users():
                connection.end("dropped")

    def mute(self, until: int | None) -> None:
        """Let nothing pass on the connections that are open."""
        for connection in self._connections.values():
            connection.mute(until)

    def repeat(self, kind: str, now: int) -> None:
        """Send the snapshots of a channel again."""
        for connection, following in self._following(kind):
            self._show_history(connection, following.subscription, now)

    # ── messages ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _understand(self, connection: Connection, text: str | bytes, now: int) -> None:
        try:
            message = msgspec.json.decode(text)
        except (msgspec.DecodeError, RecursionError, UnicodeError):
            _complain(connection, f"{_NOT_A_REQUEST}.", now)
            return
        match message:
            case {"method": "ping"}:
                connection.put(b'{"channel":"pong"}', now)
            case {"method": "subscribe" | "unsubscribe" as method, "subscription": wanted}:
                found = read_subscription(wanted, self._shows.coins, self._options.refused)
                self._change(connection, method, found, now)
            case {"method": "post"}:
                self._post(connection, message, now)
            case _:
                _complain(connection, f"{_NOT_A_REQUEST}: {msgspec.json.encode(message).decode()}", now)

    def _change(self, connection: Connection, method: str, found: Subscription | Refusal, now: int) -> None:
        if isinstance(found, Refusal):
            _complain(connection, found, now)
            return
        known = found.identity in connection.follows
        echo = msgspec.json.encode(found.echo).decode()
        if method == "unsubscribe":
            if not known:
                _complain(connection, f"Already unsubscribed: {echo}", now)
                return
            del connection.follows[found.identity]
        else:
            refusal = f"Already subscribed: {echo}" if known else self._beyond_limits(connection, found)
            if refusal is not None:
                _complain(connection, refusal, now)
                return
        connection.put(frame("subscriptionResponse", {"method": method, "subscription": found.echo}), now)
        if method == "subscribe":
            self._follow(connection, found, now)

    def _beyond_limits(self, connection: Connection, wanted: Subscription) -> str | None:
        limits, peers = self._sockets.limits, self._of_peer(connection.peer)
        if limits.subscriptions is not None and sum(len(one.follows) for one in peers) >= limits.subscriptions:
            return f"Cannot track more than {limits.subscriptions} total subscriptions."
        users = {user for one in peers for user in one.users()}
        if wanted.user is not None and limits.users is not None and len(users | {wanted.user}) > limits.users:
            return f"Cannot track more than {limits.users} total users."
        return None

    def _follow(self, connection: Connection, subscription: Subscription, now: int) -> None:
        channel = subscription.channel
        every = self._options.cadence_ms.get(subscription.cadence, _own_cadence(subscription))
        following = Following(subscription=subscription, every_ms=every, due=now)
        connection.follows[subscription.identity] = following
        if channel.snapshot:
            self._show_history(connection, subscription, now)
        if every is not None:
            self._refresh(connection, following, now)

    def _show_history(self, connection: Connection, subscription: Subscription, now: int) -> None:
        name = subscription.channel.name
        if self._faults.silent(name, coin=subscription.coin, user=subscription.user, now=now):
            return
        history = self._shows.snapshot(subscription, now)
        if history is not None:
            connection.put(frame(name, history), now)

    def _refresh(self, connection: Connection, following: Following, now: int) -> None:
        subscription = following.subscription
        following.due = now + max(following.every_ms or 0, self._options.step_ms)
        state = self._shows.state(subscription, now)
        if state is None:
            return
        if subscription.channel.on_change:
            written = _without_time(state)
            if written == following.last:
                return
            following.last = written
        self._tell(connection, subscription, state, now)

    def _tell(self, connection: Connection, subscription: Subscription, payload: object, now: int) -> None:
        name = subscription.channel.name
        fate = self._faults.frame(name, coin=subscription.coin, user=subscription.user, now=now)
        if not fate.missing:
            connection.put(frame(name, payload), now, late_ms=fate.late_ms)

    def _post(self, connection: Connection, message: Mapping[str, object], now: int) -> None:
        read = read_post(message)
        if isinstance(read, str):
            _complain(connection, read, now)
            return
        most = self._sockets.limits.posts_in_flight
        if most is not None and connection.posts >= most:
            _complain(connection, f"too many pending post requests id={read.number}", now)
            return
        connection.posts += 1

        def answer(given: Answer) -> None:
            connection.posts -= 1
            if given.reply is not None:
                connection.put(frame("post", post_answer(read, given.reply)), now, late_ms=given.late_ms)

        self._submit(read.path, read.body, now, answer, peer=connection.peer)

    # ── who follows what ─────────────────────────────────────────────────────────────────────────────────────────

    def _following(self, kind: str | None = None) -> list[tuple[Connection, Following]]:
        return [
            (connection, following)
            for connection in self._connections.values()
            for following in connection.follows.values()
            if kind is None or following.subscription.channel.kind == kind
        ]

    def _of_peer(self, peer: str) -> list[Connection]:
        return [connection for connection in self._connections.values() if connection.peer == peer]


def _own_cadence(subscription: Subscription) -> int | None:
    return 500 if subscription.echo.get("fast") is True else subscription.channel.every_ms


def _without_time(state: object) -> bytes:
    kept = {key: value for key, value in state.items() if key != "time"} if isinstance(state, dict) else state
    return msgspec.json.encode(kept)


def _complain(connection: Connection, text: str, now: int) -> None:
    connection.put(frame("error", text), now)
