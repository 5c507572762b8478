"""The periodic look at agent wallets: nothing is written without proof, and each warning is given once."""

import json
from collections.abc import Callable
from functools import partial

import msgspec
import pytest

from agentic_core.deployments.revocation import revoke
from agentic_core.deployments.wallet_check import SIGNED_AT_LAST_MS, WalletLook, check_wallets
from agentic_core.domain.times import DAY_MS, HOUR_MS, MINUTE_MS, Instant
from agentic_core.logevents import LogEvent, LogLevel
from agentic_core.ports.wallet import ExpiryWarning, WalletListed, WalletUnknown
from agentic_core.ports.wallet_store import AgentWalletRecord, WalletEnd
from agentic_hl.rest import HttpOutcome, NeverLeft, Unclear
from tests.support.resting import json_answer
from tests.support.wallet_flow import WalletFlow
from tests.support.wallet_room import CHAIN, OWNER

pytestmark = pytest.mark.anyio

Interference = Callable[[str, bytes], HttpOutcome | None]
EXPIRING, REVOKED, HUMAN = LogEvent.WALLET_EXPIRING, LogEvent.WALLET_REVOKED, LogEvent.HUMAN_NEEDED
NOTHING_HEARD: list[HttpOutcome] = [
    json_answer(b"<html></html>", status=403),
    json_answer(b"null", status=429),
    Unclear(cause="reset by peer"),
    NeverLeft(cause="connection refused"),
]
STRANGER = "0x" + "b" * 40


@pytest.fixture
def flow() -> WalletFlow:
    """Give somebody who approves and looks."""
    return WalletFlow()


def telling(listed: list[AgentWalletRecord], owner: str | None) -> Interference:
    """Answer as a venue that lists some wallets and says whose agent any address is."""
    rows = [{"name": one.name, "address": one.address, "validUntil": one.valid_until} for one in listed]
    role = {"role": "missing"} if owner is None else {"role": "agent", "data": {"user": owner}}

    def interfere(_path: str, body: bytes) -> HttpOutcome | None:
        told = {"extraAgents": rows, "userRole": role}[json.loads(body)["type"]]
        return json_answer(json.dumps(told).encode())

    return interfere


async def _looks(flow: WalletFlow) -> tuple[WalletLook, ...]:
    now = flow.room.clock.now()
    look = partial(check_wallets, flow.services.desk, flow.store, network="Testnet", now=now, say=flow.services.say)
    return await flow.room.wait(look, within_ms=0)


async def test_wallet_that_is_listed_and_far_from_its_end_is_not_talked_about(flow: WalletFlow) -> None:
    """What the venue says of it comes back."""
    wallet = await flow.active()
    state = WalletListed(name="desk", valid_until=wallet.valid_until)
    assert await _looks(flow) == (WalletLook(wallet=wallet, state=state),)
    assert flow.said == []
    assert await flow.known(wallet.address) == wallet


async def test_warnings_of_an_end_come_at_fourteen_three_and_one_days_once_each(flow: WalletFlow) -> None:
    """Looked for each hour of its last month, each time by a process that was just started, and again at its end."""
    wallet = await flow.active(days=30)
    heard: list[tuple[int, LogEvent, LogLevel, object]] = []
    for hours_left in range(30 * 24, -25, -1):
        flow.restart()
        is_over = hours_left <= 0
        flow.room.interfere = telling([] if is_over else [wallet], None if is_over else OWNER)
        heard += [(hours_left, event, level, facts["days_left"]) for event, level, facts in await flow.look()]
        flow.room.clock.freeze(HOUR_MS)
    assert heard == [
        (336, EXPIRING, LogLevel.WARN, 14),
        (72, EXPIRING, LogLevel.WARN, 3),
        (24, EXPIRING, LogLevel.ERROR, 1),
        (0, EXPIRING, LogLevel.ERROR, 0),
    ]
    kept = await flow.known(wallet.address)
    assert (kept.ended_by, kept.expiry_told) == (WalletEnd.EXPIRED, ExpiryWarning.EXPIRED)
    assert kept.revoked_at == kept.gone_at
    assert 0 <= (kept.gone_at or 0) - wallet.valid_until < HOUR_MS


async def test_warnings_that_nobody_could_give_are_one_of_the_nearest(flow: WalletFlow) -> None:
    """After a pause from before the first to within the last day."""
    wallet = await flow.active(days=30)
    flow.room.interfere = telling([wallet], OWNER)
    flow.room.clock.freeze(29 * DAY_MS + HOUR_MS)
    for _ in range(2):
        await flow.look()
    assert flow.said == [(EXPIRING, LogLevel.ERROR, {"wallet": wallet.address, "days_left": 1})]


async def test_warnings_begin_anew_with_a_new_approval(flow: WalletFlow) -> None:
    """The next wallet of the same name has an end of its own."""
    wallet = await flow.active(days=3)
    assert [facts["days_left"] for _, _, facts in await flow.look()] == [3]
    newer = await flow.active(days=14)
    told = await flow.look()
    assert [(event, facts.get("days_left"), facts["wallet"]) for event, _, facts in told] == [
        (REVOKED, None, wallet.address),
        (EXPIRING, 14, newer.address),
    ]


async def test_warning_is_of_the_end_that_the_venue_lists(flow: WalletFlow) -> None:
    """It may be another one than was signed."""
    wallet = await flow.active(days=90)
    flow.room.interfere = telling(
        [msgspec.structs.replace(wallet, valid_until=Instant(flow.room.clock.now() + DAY_MS))], OWNER
    )
    assert await flow.look() == [(EXPIRING, LogLevel.ERROR, {"wallet": wallet.address, "days_left": 1})]


@pytest.mark.parametrize("answer", NOTHING_HEARD, ids=lambda answer: str(answer)[:40])
async def test_wallet_at_a_venue_that_cannot_be_read_is_never_said_to_be_revoked(
    flow: WalletFlow, answer: HttpOutcome
) -> None:
    """Not even past its end, though the warnings come by what was signed."""
    wallet = await flow.active(days=30)
    flow.room.interfere = lambda _path, _body: answer
    for days in (10, 10, 9, 2, 300):
        flow.room.clock.freeze(days * DAY_MS)
        now = flow.room.clock.now()
        look = partial(check_wallets, flow.services.desk, flow.store, network="Testnet", now=now, say=flow.services.say)
        (found,) = await flow.room.wait(look)
        assert isinstance(found.state, WalletUnknown)
    assert [(event, facts["days_left"]) for event, _, facts in flow.said] == [
        (EXPIRING, 14),
        (EXPIRING, 1),
        (EXPIRING, 0),
    ]
    kept = await flow.known(wallet.address)
    assert (kept.revoked_at, kept.gone_at, kept.ended_by) == (None, None, None)
    assert await flow.store.holder(wallet.master_id, "Testnet", "desk") == kept


@pytest.mark.parametrize(("is_listed", "owner"), [(False, OWNER), (True, None)])
async def test_wallet_of_which_two_reads_disagree_is_never_said_to_be_revoked(
    flow: WalletFlow, owner: str | None, *, is_listed: bool
) -> None:
    """One of them lags; once both agree it is."""
    wallet = await flow.active()
    flow.room.interfere = telling([wallet] if is_listed else [], owner)
    for _ in range(3):
        flow.room.clock.freeze(MINUTE_MS)
        assert await flow.look() == []
    assert await flow.known(wallet.address) == wallet
    flow.room.interfere = telling([], None)
    assert [event for event, _, _ in await flow.look()] == [REVOKED]


async def test_wallet_that_its_owner_removed_at_the_venue_is_written_to_be_revoked(flow: WalletFlow) -> None:
    """At the first look that shows it, said once, and then it is looked at no more."""
    wallet = await flow.active()
    flow.room.interfere = telling([], None)
    flow.room.clock.freeze(5_000)
    assert await flow.look() == [
        (REVOKED, LogLevel.ERROR, {"wallet": wallet.address, "how": "not_listed", "by": "venue"})
    ]
    now = flow.room.clock.now()
    assert await flow.known(wallet.address) == msgspec.structs.replace(
        wallet, revoked_at=now, gone_at=now, ended_by=WalletEnd.NOT_LISTED
    )
    flow.restart()
    flow.room.posts.clear()
    assert await flow.look() == []
    assert flow.room.posts == []


async def test_wallet_of_another_network_is_not_looked_at(flow: WalletFlow) -> None:
    """It would seem gone there."""
    wallet = await flow.active()
    flow.room.posts.clear()
    now = flow.room.clock.now()
    look = partial(check_wallets, flow.services.desk, flow.store, network="Mainnet", now=now, say=flow.services.say)
    assert await flow.room.wait(look, within_ms=0) == ()
    assert flow.room.posts == []
    assert await flow.known(wallet.address) == wallet


async def test_wallet_that_trades_for_somebody_else_needs_a_person_each_time(flow: WalletFlow) -> None:
    """It is neither revoked nor used up by one line."""
    wallet = await flow.active()
    flow.room.interfere = telling([], STRANGER)
    for _ in range(2):
        assert await flow.look() == [(HUMAN, LogLevel.ERROR, {"wallet": wallet.address})]
    assert await flow.known(wallet.address) == wallet


async def test_wallet_revoked_here_is_reminded_of_until_its_owner_signed(flow: WalletFlow) -> None:
    """For as long as the venue lists it; not while the challenge still lasts, and never as about to expire."""
    wallet = await flow.active(days=1)
    await flow.room.wait(lambda: revoke(flow.services, wallet, chain_id=CHAIN), within_ms=0)
    flow.said.clear()
    flow.room.interfere = telling([wallet], OWNER)
    flow.room.clock.freeze(SIGNED_AT_LAST_MS - 1)
    assert await flow.look() == []
    flow.room.interfere = lambda _path, _body: NOTHING_HEARD[0]
    assert await flow.look() == []
    flow.room.interfere = telling([wallet], OWNER)
    flow.room.clock.freeze(1)
    for _ in range(2):
        assert await flow.look() == [(HUMAN, LogLevel.ERROR, {"wallet": wallet.address})]
        flow.room.clock.freeze(MINUTE_MS)
    flow.room.interfere = telling([], None)
    assert [(event, level) for event, level, _ in await flow.look()] == [(REVOKED, LogLevel.INFO)]
    kept = await flow.known(wallet.address)
    assert (kept.ended_by, kept.gone_at) == (WalletEnd.REVOKED, flow.room.clock.now())
    assert await flow.look() == []
