"""Questions about nonces, expiry and keys; they move no money and leave no order."""

from collections.abc import Sequence

from agentic_core.domain.times import DAY_MS, Instant
from agentic_hl.probe.answers import Finding, fails, holds, unclear
from agentic_hl.probe.signed_room import Reply, SignedRoom
from agentic_hl.wire.actions import (
    ALO,
    ApproveAgentWallet,
    Cancel,
    CancelLine,
    CreateSubAccount,
    Grouping,
    Noop,
    OrderLine,
    PlaceOrders,
    UsdClassTransfer,
    UsdSend,
    UserAction,
    Withdraw,
)
from agentic_hl.wire.approval import VALIDITY_MS
from agentic_hl.wire.signing import Signer

__all__ = [
    "ask_action_cost",
    "ask_agent_wallet_actions",
    "ask_batch_cap",
    "ask_default_validity",
    "ask_expiry_clock",
    "ask_foreign_account",
    "ask_nonce_texts",
    "ask_noop_burns",
    "ask_revoke",
    "ask_subaccount_nonces",
]

_BATCH_CAP = 200
_EXPIRY_OFFSETS_MS = (-2_000, -500, -100, 0, 50, 100, 200, 300, 500, 1_000, 2_000, 4_000)
_REVOKE_LOOKS = 60
_REVOKE_PAUSE_S = 0.5
_REVOKED_NAME = "probe revoked"
_USED, _EXPIRED, _TOO_MANY = "Invalid nonce", "Action already expired", "Signed action over weight limit"
_FOREIGN = "not registered"
_FIRST_ASSET = 0
_FIGURES_PAUSE_S = 3


async def ask_noop_burns(signed: SignedRoom) -> Finding:
    """Send a noop, then an order with the same nonce, at a price at which nothing happens."""
    nonce = signed.new_nonce()
    burned = await signed.act(Noop(), nonce=nonce)
    line = OrderLine(asset=_FIRST_ASSET, is_buy=True, limit_price="1", size="20", reduce_only=False, terms=ALO)
    order = await signed.act(PlaceOrders(orders=(line,), grouping=Grouping.NONE), nonce=nonce)
    seen = (burned.shown, order.shown)
    if burned.refusal is not None:
        return fails(f"the agent wallet's noop was refused: {burned.refusal}", *seen)
    if order.refusal is not None and order.refusal.startswith(_USED):
        return holds("the order was refused for its nonce, which the noop had used", *seen)
    return fails(f"the nonce of the noop was taken again: {order.refusal or 'the order was placed'}", *seen)


async def ask_nonce_texts(signed: SignedRoom) -> Finding:
    """Use a nonce twice, one of three days ago, one of in two days, and an action that expired."""
    now = signed.room.clock.now()
    nonce = signed.new_nonce()
    first = await signed.act(Noop(), nonce=nonce)
    replies = {
        "used": await signed.act(Noop(), nonce=nonce),
        "too_old": await signed.act(Noop(), nonce=now - 3 * DAY_MS),
        "too_new": await signed.act(Noop(), nonce=now + 2 * DAY_MS),
        "expired": await signed.act(Noop(), expires_after=Instant(now - 60_000)),
    }
    seen = ({"first": first.shown}, *({name: reply.shown} for name, reply in replies.items()))
    texts = {name: reply.refusal for name, reply in replies.items()}
    taken = [name for name, text in texts.items() if text is None]
    if taken:
        return fails(f"taken although it should be refused: {', '.join(taken)}", *seen)
    expected = {"used": _USED, "too_old": _USED, "too_new": _USED, "expired": _EXPIRED}
    odd = [name for name, text in texts.items() if not str(text).startswith(expected[name])]
    told = "; ".join(f"{name}: {text}" for name, text in texts.items())
    return fails(f"other texts than expected: {told}", *seen) if odd else holds(told, *seen)


async def ask_expiry_clock(signed: SignedRoom) -> Finding:
    """Send actions that expire a little before, at and after the moment they are sent."""
    looked_at = signed.room.clock.now()
    status = await signed.room.ask("exchangeStatus")
    ahead = int(status["time"]) - (looked_at + signed.room.clock.now()) // 2
    rows: list[dict[str, object]] = [{"venue_clock_ahead_ms": ahead}]
    taken: list[bool] = []
    for offset in _EXPIRY_OFFSETS_MS:
        at = Instant(signed.room.clock.now() + offset)
        reply = await signed.act(Noop(), expires_after=at)
        taken.append(reply.refusal is None)
        rows.append({"expires_after_ms": offset, "taken": taken[-1], **reply.shown})
    # Once a margin is wide enough, a wider one has to be as well.
    if taken[0] or not taken[-1] or taken != sorted(taken):
        return unclear("no margin separates what expired from what did not", *rows)
    least = _EXPIRY_OFFSETS_MS[taken.index(True)]
    told = f"taken from {least} ms ahead on, the venue's clock being {ahead} ms ahead of ours"
    return holds(told, *rows) if least + ahead >= 0 else fails(f"taken after it had expired: {told}", *rows)


async def ask_batch_cap(signed: SignedRoom) -> Finding:
    """Cancel 201 and then 200 orders that do not exist."""
    replies = [await signed.act(_cancels(count)) for count in (_BATCH_CAP + 1, _BATCH_CAP)]
    above, at = replies
    seen = [{"cancels": _BATCH_CAP + 1, **above.shown}, {"cancels": _BATCH_CAP, "statuses": len(at.statuses)}]
    refused = above.refusal is not None and not above.statuses
    if refused and len(at.statuses) == _BATCH_CAP:
        return holds(f"{_BATCH_CAP + 1} were refused as a whole: {above.refusal}", *seen)
    return fails(f"{_BATCH_CAP + 1} brought {len(above.statuses)} statuses, {_BATCH_CAP} {len(at.statuses)}", *seen)


async def ask_agent_wallet_actions(signed: SignedRoom) -> Finding:
    """Let the agent wallet sign what only an owner may."""
    owner, network = signed.owner.address, signed.network
    tried: Sequence[UserAction] = (
        UsdSend(network=network, destination=owner, amount="1", nonce=signed.new_nonce()),
        Withdraw(network=network, destination=owner, amount="2", nonce=signed.new_nonce()),
        UsdClassTransfer(network=network, amount="1", to_perp=True, nonce=signed.new_nonce()),
        ApproveAgentWallet(network=network, address=signed.new_key().address, nonce=signed.new_nonce()),
    )
    rows = []
    taken = []
    for action in tried:
        reply = await signed.act_as_owner(action, signer=signed.agent_wallet)
        rows.append({"action": type(action).__name__, **reply.shown})
        if reply.refusal is None:
            taken.append(type(action).__name__)
    opened = await signed.act(CreateSubAccount(name="probe"))
    rows.append({"action": "CreateSubAccount", **opened.shown})
    if taken:
        return fails(f"an agent wallet may sign {', '.join(taken)}", *rows)
    return holds(f"all were refused; opening a sub-account: {opened.refusal or 'taken'}", *rows)


async def ask_revoke(signed: SignedRoom) -> Finding:
    """Approve a named and the unnamed agent wallet, and revoke both by the zero address."""
    rows: list[dict[str, object]] = []
    for name in (_REVOKED_NAME, ""):
        key = signed.new_key()
        await signed.approve(key, name)
        before = await signed.act(Noop(), signer=key)
        listed = await signed.ask_of_owner("extraAgents")
        reply = await signed.revoke(name)
        gone, waited_ms = await _wait_until_refused(signed, key)
        after = await signed.ask_of_owner("extraAgents")
        rows.append(
            {
                "name": name,
                "worked_before": before.refusal is None,
                "listed_before": listed,
                "revocation": reply.shown,
                "listed_after": after,
                "refused_after_ms": waited_ms if gone is not None else None,
                "text": None if gone is None else gone.refusal,
            }
        )
    still = [str(row["name"] or "the unnamed one") for row in rows if row["refused_after_ms"] is None]
    if still:
        return fails(f"still taken after the zero address was approved: {', '.join(still)}", *rows)
    waits = ", ".join(f"{row['refused_after_ms']} ms" for row in rows)
    return holds(f"both were refused after {waits}", *rows)


async def ask_default_validity(signed: SignedRoom) -> Finding:
    """Approve an agent wallet without saying until when, look when it ends, and revoke it."""
    key = signed.new_key()
    approved = await signed.approve(key, _REVOKED_NAME, lasting_ms=None)
    try:
        listed = await signed.ask_of_owner("extraAgents")
    finally:
        revoked = await signed.revoke(_REVOKED_NAME)
    seen = (approved.shown, {"listed": listed}, revoked.shown)
    ends = [one["validUntil"] for one in listed if str(one["address"]).lower() == key.address]
    if not ends or ends[0] is None:
        return unclear("the venue does not tell when it ends", *seen)
    lasts_ms = int(ends[0]) - approved.nonce
    told = f"it ends {lasts_ms} ms after it was approved"
    return holds(told, *seen) if abs(lasts_ms - VALIDITY_MS) < DAY_MS else fails(told, *seen)


async def ask_action_cost(signed: SignedRoom) -> Finding:
    """Let the agent wallet send a noop and an empty batch, and look how many actions the owner has used after each."""
    used = [await _actions_used(signed)]
    seen: list[dict[str, object]] = []
    for action in (Noop(), Cancel(cancels=())):
        reply = await signed.act(action)
        await signed.room.clock.sleep(_FIGURES_PAUSE_S)
        used.append(await _actions_used(signed))
        seen.append({"action": type(action).__name__, "used": used[-1] - used[-2], **reply.shown})
    told = f"the noop counted as {used[1] - used[0]}, the empty batch as {used[2] - used[1]}"
    return holds(told, *seen) if used[1] - used[0] == 1 >= used[2] - used[1] else fails(told, *seen)


async def ask_foreign_account(signed: SignedRoom) -> Finding:
    """Act for an address that is nobody's sub-account."""
    reply = await signed.act(Noop(), vault=signed.new_key().address)
    if reply.refusal is None:
        return fails("the action was taken", reply.shown)
    return holds(reply.refusal, reply.shown) if _FOREIGN in reply.refusal else fails(reply.refusal, reply.shown)


async def ask_subaccount_nonces(signed: SignedRoom) -> Finding:
    """Use one nonce for a sub-account and for the owner."""
    subaccounts = await signed.ask_of_owner("subAccounts")
    if not subaccounts:
        return unclear("the owner has no sub-account")
    vault = str(subaccounts[0]["subAccountUser"]).lower()
    nonce = signed.new_nonce()
    inside = await signed.act(Noop(), nonce=nonce, vault=vault)
    outside = await signed.act(Noop(), nonce=nonce)
    seen = (inside.shown, outside.shown)
    if inside.refusal is None and (outside.refusal or "").startswith(_USED):
        return holds("the agent wallet acts for the sub-account, with the same nonces", *seen)
    told = f"for the sub-account: {inside.refusal or 'taken'}; for the owner: {outside.refusal or 'taken'}"
    return fails(told, *seen)


async def _wait_until_refused(signed: SignedRoom, key: Signer) -> tuple[Reply | None, int]:
    began = signed.room.clock.boottime_ms()
    for _ in range(_REVOKE_LOOKS):
        reply = await signed.act(Noop(), signer=key)
        if reply.refusal is not None:
            return reply, reply.answered_at_ms - began
        await signed.room.clock.sleep(_REVOKE_PAUSE_S)
    return None, signed.room.clock.boottime_ms() - began


async def _actions_used(signed: SignedRoom) -> int:
    return int((await signed.ask_of_owner("userRateLimit"))["nRequestsUsed"])


def _cancels(count: int) -> Cancel:
    return Cancel(cancels=tuple(CancelLine(asset=_FIRST_ASSET, oid=oid) for oid in range(1, count + 1)))
