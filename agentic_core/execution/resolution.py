"""What to do next about an intent, and what the intents of an account forbid meanwhile."""

from collections.abc import Iterable
from typing import TypeAlias, assert_never

import msgspec

from agentic_core.domain.money import ZERO, Size
from agentic_core.domain.order import IntentKind, IntentState, OpenIntent
from agentic_core.domain.times import Instant
from agentic_core.execution.life import Life, ResolutionRules

__all__ = [
    "Book",
    "Burn",
    "Done",
    "Observe",
    "Send",
    "Step",
    "WaitUntil",
    "Watch",
    "blocks_opens",
    "next_step",
    "worst_case",
]


class Send(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Send it, once: `SendBegan` first."""


class Burn(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Use its nonce up with a `noop`: `BurnBegan` first, and durably."""


class Observe(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Ask the venue for the order's status and its fills."""

    again_at: Instant
    """Venue time of the next look, where this one teaches nothing."""


class WaitUntil(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Nothing can be learned by asking before then; evidence may still arrive by itself."""

    at: Instant
    """Venue time."""


class Watch(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The venue holds it: adopt it, whoever sent it, and follow what becomes of it."""


class Book(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """It ended: search for its fills, from as early as for a proof of absence, and bring them into the ledger."""


class Done(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Nothing is left to do."""


Step: TypeAlias = Send | Burn | Observe | WaitUntil | Watch | Book | Done


def next_step(life: Life, now_venue: Instant, rules: ResolutionRules, *, epoch: int, can_burn: bool) -> Step:
    """Say what a runner does next about an intent of its own or of an epoch before it.

    What was prepared by another epoch is burned or outlived, never sent. A burn is tried once, because only an
    acknowledged first one proves anything.

    Args:
        life: what is known of the intent.
        now_venue: the newest venue time seen.
        rules: how long things take.
        epoch: of the lease that the runner holds.
        can_burn: whether this runner's signer is the intent's and the broker burns nonces. An intent that never got
            a nonce can be burned by anyone, since nothing can have been signed.

    >>> from agentic_core.domain import PreparedIntent
    >>> from agentic_core.execution.life import RULES, begin
    >>> order = {"cloid": "0x01", "symbol": "BTC", "side": "buy", "size": 2, "limit_price": 100, "reduce_only": False}
    >>> row = {"intent": order, "fence": {"account": "mainnet:0xab", "epoch": 7}, "decision": "d1"}
    >>> row |= {"prepared_at": 1_000, "nonce": 1_000, "expires_at": 11_000}
    >>> life = begin(msgspec.convert(row, PreparedIntent))
    >>> next_step(life, Instant(8_000), RULES, epoch=7, can_burn=True)
    Send()
    >>> next_step(life, Instant(8_001), RULES, epoch=7, can_burn=True)
    Burn()
    >>> next_step(life, Instant(8_000), RULES, epoch=8, can_burn=False)
    Observe(again_at=9000)
    >>> blocks_opens([life]), [str(each.size) for each in worst_case([life])]
    (True, ['2'])
    """
    state, own = life.state, life.epoch == epoch
    match state:
        case IntentState.PREPARED if own and _is_sendable(life, now_venue, rules):
            return Send()
        case IntentState.SENT if own:  # its answer is under way, and a burn would race it
            return _resolve(life, now_venue, rules, can_burn=False)
        case IntentState.PREPARED | IntentState.SENT | IntentState.UNKNOWN:
            return _resolve(life, now_venue, rules, can_burn=can_burn)
        case IntentState.RESTING:
            return Watch()
        case IntentState.FILLED | IntentState.PARTIAL:
            return _book(life, now_venue, rules)
        case IntentState.REJECTED | IntentState.DEAD | IntentState.BOOKED:
            return Done()
        case _:
            assert_never(state)


def blocks_opens(lives: Iterable[Life]) -> bool:
    """Tell whether an unresolved intent forbids opening anything on the account.

    Leave out the intents of the decision that is being sent. Cancels and noops never block: the order that they are
    about counts until its own end is proven.
    """
    return any(life.is_unresolved and life.intent.kind not in _HARMLESS for life in lives)


def worst_case(lives: Iterable[Life]) -> tuple[OpenIntent, ...]:
    """Return what the intents may still do to the positions, as far as the ledger does not show it yet.

    An order that may still execute counts with all that is not booked, and so does one of which only the word `filled`
    is known. Any other that ended counts with the fills that are not booked. So every unit counts at least once, in the
    position or here.
    """
    return tuple(
        OpenIntent(
            cloid=life.cloid,
            symbol=life.intent.symbol,
            side=life.intent.side,
            size=size,
            limit_price=life.intent.limit_price,
            reduce_only=life.intent.reduce_only,
            resting=life.state is IntentState.RESTING,
        )
        for life in lives
        if life.intent.kind in _ORDERS and (size := _unbooked(life)) > ZERO
    )


_ORDERS = frozenset({IntentKind.ORDER, IntentKind.STOP})
_HARMLESS = frozenset({IntentKind.CANCEL, IntentKind.NOOP})


def _unbooked(life: Life) -> Size:
    counted = life.is_terminal and not life.uncounted
    most = life.filled if counted else max(life.intent.size, life.filled)
    return Size(most - life.booked)


def _is_sendable(life: Life, now: Instant, rules: ResolutionRules) -> bool:
    expires_at = life.prepared.expires_at
    return life.burns == 0 and (expires_at is None or expires_at - now >= rules.send_left_ms)


def _resolve(life: Life, now: Instant, rules: ResolutionRules, *, can_burn: bool) -> Step:
    silent_until = life.silent_until(rules)
    if silent_until is None or now <= silent_until:
        if can_burn and life.burns == 0 and not life.landed:
            return Burn()
    elif (at := _second_read(life, now, rules)) is not None:
        return WaitUntil(at=at)
    return Observe(again_at=Instant(now + rules.observe_every_ms))


def _book(life: Life, now: Instant, rules: ResolutionRules) -> Step:
    if not (life.uncounted and life.booked == life.filled > ZERO):
        return Book()
    after = life.lists_all_after(rules)
    if after is None:  # not before the venue says when it was filled
        return Observe(again_at=Instant(now + rules.observe_every_ms))
    if now <= after:
        return WaitUntil(at=Instant(after + 1))
    at = _second_read(life, now, rules)
    return Book() if at is None else WaitUntil(at=at)


def _second_read(life: Life, now: Instant, rules: ResolutionRules) -> Instant | None:
    # When a second read may count, where that is still to come.
    if life.absent_at is None:
        return None
    at = Instant(life.absent_at + rules.absence_gap_ms)
    return at if now < at else None
