"""Who may sign: agents that the official SDK approves, nonces, expiry, and keys that nobody knows."""

import re
from decimal import Decimal
from typing import Any

from eth_account import Account
from hyperliquid.utils.signing import get_timestamp_ms, sign_agent, sign_l1_action

from tests.support.sdk_desk import BUY, GTC, Desk, desk_of, done, exchange_of, only, refused, values, wallet_of
from tests.support.venue_room import Shape, VenueRoom

pytest_plugins = ["tests.support.sdk_fixtures"]

Json = Any
NOBODY = "0x" + "0" * 40
HOUR_MS = 3_600_000


def hire(anna: Desk, name: str | None = None) -> Desk:
    """Let the SDK make an agent's key and have it approved."""
    answer, key = anna.exchange.approve_agent(name)
    assert done(answer)["type"] == "default"
    return exchange_of(anna.room, key, account_address=anna.wallet.address)


def revoke(anna: Desk, name: str = "") -> Json:
    """Approve the zero address under a name, which the SDK can sign and has no method for."""
    nonce = get_timestamp_ms()
    action = {"type": "approveAgent", "agentAddress": NOBODY, "agentName": name, "nonce": nonce}
    signature = sign_agent(anna.wallet, action, False)  # noqa: FBT003 - the SDK's own order
    return anna.post(action, signature, nonce)


def buy(desk: Desk) -> Json:
    """Place an order that rests."""
    return desk.exchange.order("BTC", BUY, 0.1, 90_000, GTC)


def test_agent_trades_for_its_master(room: VenueRoom, anna: Desk) -> None:
    """The order stands in the master's books; under the agent's own address there is nothing at all."""
    agent = hire(anna)
    only(buy(agent))
    only(agent.exchange.market_open("BTC", BUY, 0.5))
    assert (room.shape(anna.address), room.held(anna.address, "BTC")) == (Shape(1, 1, 1), Decimal("0.5"))
    assert anna.info.user_state(agent.address)["assetPositions"] == []
    assert anna.info.user_state(agent.address)["marginSummary"]["accountValue"] == "0.0"
    assert anna.info.open_orders(agent.address) == []
    role = {"role": "agent", "data": {"user": anna.address}}
    assert (anna.info.user_role(agent.address), anna.info.user_role(anna.address)) == (role, {"role": "user"})
    only(agent.exchange.market_close("BTC"))
    assert room.position(anna.address, "BTC") is None


def test_named_agents_are_listed_and_the_unnamed_is_not(room: VenueRoom, anna: Desk) -> None:
    """For about ninety days from now."""
    hire(anna)
    bot = hire(anna, "bot")
    (listed,) = anna.info.extra_agents(anna.address)
    assert (listed["name"], listed["address"]) == ("bot", bot.address)
    assert listed["validUntil"] == room.now + 90 * 24 * HOUR_MS


def test_agent_ends_at_the_moment_that_its_name_says(room: VenueRoom, anna: Desk) -> None:
    """The suffix is no part of the name; an hour later the key is unknown."""
    agent = hire(anna, f"bot valid_until {room.now + HOUR_MS}")
    assert [one["name"] for one in anna.info.extra_agents(anna.address)] == ["bot"]
    room.pass_time(HOUR_MS - 1)
    only(buy(agent))
    room.pass_time(1)
    assert refused(buy(agent)) == f"User or API Wallet {agent.address} does not exist."
    assert (room.shape(anna.address).orders, anna.info.extra_agents(anna.address)) == (1, [])


def test_agent_cannot_be_approved_for_half_a_year_and_a_day(room: VenueRoom, anna: Desk) -> None:
    """180 days are the most."""
    answer, _ = anna.exchange.approve_agent(f"bot valid_until {room.now + 181 * 24 * HOUR_MS}")
    refused(answer)
    assert anna.info.extra_agents(anna.address) == []


def test_fourth_named_agent_is_refused_and_a_replacement_is_not(room: VenueRoom, anna: Desk) -> None:
    """Three names at most; the same name replaces who had it, at once."""
    first, *_ = [hire(anna, name) for name in ("one", "two", "three")]
    refused(anna.exchange.approve_agent("four")[0])
    second = hire(anna, "one")
    assert refused(buy(first)) == f"User or API Wallet {first.address} does not exist."
    only(buy(second))
    assert room.shape(anna.address).orders == 1


def test_unnamed_agent_is_replaced_by_the_next(room: VenueRoom, anna: Desk) -> None:
    """There is one without a name."""
    first, second = hire(anna), hire(anna)
    assert "does not exist" in refused(buy(first))
    only(buy(second))


def test_revoked_agent_is_gone_after_a_while(room: VenueRoom, anna: Desk) -> None:
    """Approvals are refused until the removal is through; then the key is unknown and its name free."""
    agent = hire(anna, "bot")
    assert done(revoke(anna, "bot"))["type"] == "default"
    assert refused(anna.exchange.approve_agent("bot")[0]) == "User has pending agent removal"
    room.pass_time(10_000)
    assert refused(buy(agent)) == f"User or API Wallet {agent.address} does not exist."
    assert (anna.info.extra_agents(anna.address), anna.info.user_role(agent.address)) == ([], {"role": "missing"})
    only(buy(hire(anna, "bot")))


def test_revocation_without_a_name_ends_the_unnamed_agent_only(room: VenueRoom, anna: Desk) -> None:
    """Who has a name stays."""
    unnamed, named = hire(anna), hire(anna, "bot")
    done(revoke(anna))
    room.pass_time(10_000)
    assert "does not exist" in refused(buy(unnamed))
    only(buy(named))


def test_agent_cannot_move_money_or_approve(room: VenueRoom, anna: Desk) -> None:
    """What the master has to sign is refused to its agent, by the agent's own address."""
    agent, bert = hire(anna), desk_of(room, "bert")
    refusal = f"Must deposit before performing actions. User: {agent.address}"
    assert refused(agent.exchange.usd_transfer(10, bert.address)) == refusal
    assert refused(agent.exchange.withdraw_from_bridge(10, bert.address)) == refusal
    assert refused(agent.exchange.approve_agent("other")[0]) == refusal
    assert values(room.account(anna.address).cash, room.account(bert.address).cash) == (100_000, 100_000)


def test_unknown_key_is_told_its_own_address(room: VenueRoom) -> None:
    """Whoever signs rightly and has no account reads the address of the key."""
    stranger = exchange_of(room, wallet_of("dave"))
    assert refused(buy(stranger)) == f"User or API Wallet {stranger.address} does not exist."


def test_signature_for_the_main_network_is_anothers(room: VenueRoom, anna: Desk) -> None:
    """A wrong source recovers a random address, and the refusal names that one."""
    nonce = get_timestamp_ms()
    action = {"type": "noop"}
    signature = sign_l1_action(anna.wallet, action, None, nonce, None, True)  # noqa: FBT003 - the SDK's own order
    text = refused(anna.post(action, signature, nonce))
    named = re.fullmatch(r"User or API Wallet (0x[0-9a-f]{40}) does not exist\.", text)
    assert named is not None
    assert named[1] != anna.address


def test_nonce_is_taken_once(room: VenueRoom, anna: Desk) -> None:
    """The second request under one nonce is a duplicate, whatever it asks for."""
    nonce = get_timestamp_ms()
    assert done(anna.exchange.noop(nonce))["type"] == "default"
    assert refused(anna.exchange.noop(nonce)) == f"Invalid nonce: duplicate nonce {nonce}"


def test_nonce_outside_the_window_is_refused(room: VenueRoom, anna: Desk) -> None:
    """More than two days old, or more than a day ahead."""
    for nonce in (room.now - 49 * HOUR_MS, room.now + 25 * HOUR_MS):
        assert refused(anna.exchange.noop(nonce)).startswith("Invalid nonce")
    for nonce in (room.now - 47 * HOUR_MS, room.now + 23 * HOUR_MS):
        done(anna.exchange.noop(nonce))


def test_nonce_below_the_hundred_highest_is_refused(room: VenueRoom, anna: Desk) -> None:
    """A hundred are kept; what lies below the least of them comes too late."""
    for nonce in range(room.now, room.now + 100):
        done(anna.exchange.noop(nonce))
    assert refused(anna.exchange.noop(room.now - 1)).startswith("Invalid nonce")
    done(anna.exchange.noop(room.now + 200))


def test_expired_action_is_refused_and_costs_five(room: VenueRoom, anna: Desk) -> None:
    """What is late is not carried out, and charged five times; what is in time is taken."""
    anna.exchange.set_expires_after(room.now - 1)
    assert refused(buy(anna)).startswith("Action already expired")
    assert (room.shape(anna.address).orders, room.account(anna.address).requests_used) == (0, 5)
    anna.exchange.set_expires_after(room.now + 1_000)
    only(buy(anna))
    assert (room.shape(anna.address).orders, room.account(anna.address).requests_used) == (1, 6)


def test_expiry_on_a_user_signed_action_is_refused(room: VenueRoom, anna: Desk) -> None:
    """The SDK puts it there, and the venue does not take it."""
    bert = desk_of(room, "bert")
    anna.exchange.set_expires_after(room.now + 60_000)
    refused(anna.exchange.usd_transfer(10, bert.address))
    assert room.account(bert.address).cash == 100_000


def test_noop_burns_the_nonce_of_an_order(room: VenueRoom, anna: Desk) -> None:
    """An order that arrives after the noop under its nonce is a duplicate and rests nowhere."""
    nonce = get_timestamp_ms()
    done(anna.exchange.noop(nonce))
    wire = {"a": 0, "b": True, "p": "90000", "s": "0.1", "r": False, "t": GTC}
    action = {"type": "order", "orders": [wire], "grouping": "na"}
    signature = sign_l1_action(anna.wallet, action, None, nonce, None, False)  # noqa: FBT003 - the SDK's own order
    assert refused(anna.post(action, signature, nonce)) == f"Invalid nonce: duplicate nonce {nonce}"
    assert room.shape(anna.address) == Shape(0, 0, 0)


def test_agent_of_nobody_known_is_refused(room: VenueRoom) -> None:
    """A key without an account cannot approve."""
    stranger = exchange_of(room, Account.from_key("0x" + "5" * 64))
    answer, _ = stranger.exchange.approve_agent()
    assert refused(answer) == f"Must deposit before performing actions. User: {stranger.address}"
