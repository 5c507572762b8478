"""A hypothesis machine over a journaled account: runners, people and leases, and what the journal proves of them."""

from collections import Counter
from collections.abc import Awaitable, Callable
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from agentic_core.domain import DeploymentStatus, Instant, IntentState, Unresolved
from agentic_core.domain.records import CommandKind, CommandState, Lease
from agentic_core.domain.trading import Desired
from agentic_core.errors import AgenticError, UsageError
from tests.support.journal_judge import judge
from tests.support.journal_orders import SAYINGS, STALE, AccountMachine, Noted, payment
from tests.support.journal_room import HOLDERS, TTL_MS, Half
from tests.support.numbered_intents import stop
from tests.support.stored_values import AT, HELD, decision, intent

__all__ = ["JournalMachine"]

_WHICH = st.integers(0, 5)


class JournalMachine(AccountMachine):
    """Random operations; what every step comes to is the same in both stores, and so is what the journals tell."""

    seen: ClassVar[Counter[str]] = Counter()
    """How many records of each kind there were, over all the runs of the machine."""

    @rule(story=st.lists(st.sampled_from(["number", "send", "part", "end", "lose", "book"]), max_size=6))
    def trade(self, story: list[str]) -> None:
        """Prepare an entry with its stop, and let some of the usual things happen to them, in any order."""
        self.prepare([intent, stop], signs=True, late=0, stale=0)
        if not self.room.made:
            return
        works: dict[str, Callable[[], None]] = {
            "number": lambda: self.assign(0, 0, 1),
            "send": lambda: self.note(1, Noted(IntentState.SENT, 0, 0, 1, None, None), []),
            "part": lambda: self.accept(1, IntentState.RESTING, ["a"], None, 0),
            "end": lambda: self.accept(1, IntentState.FILLED, ["a", "b", "c", "d"], 4, 0),
            "lose": lambda: self.lose(0, Unresolved, "timeout", 0),
            "book": lambda: self.note(1, Noted(IntentState.BOOKED, 4, 4, 1, "executed_all", "7"), ["d"]),
        }
        for part in story:
            works[part]()

    @rule(kind=st.sampled_from(CommandKind), why=SAYINGS)
    def command(self, kind: CommandKind, why: str) -> None:
        """Queue a command."""
        run = self.room.running.id

        async def queue() -> None:
            for half in self.room.halves:
                half.commands.append(await half.store.commands.queue(run, kind, payload={"a": why}, at=AT))

        self.place.portal.call(queue)

    @precondition(lambda self: self.room.memory.commands)
    @rule(which=_WHICH, state=st.sampled_from(CommandState), outcome=SAYINGS, stale=st.sampled_from([None, 0, 0, 1]))
    def acknowledge(self, which: int, state: CommandState, outcome: str, stale: int | None) -> None:
        """Give a command its outcome, perhaps a second one."""
        fence = None if stale is None else self.fence(stale)

        async def ack() -> None:
            came: list[object] = []
            for half in self.room.halves:
                command = self.room.orders_to(half, which)
                if command is None:
                    return
                try:
                    acked = await half.store.commands.ack(command, state, outcome, at=AT, fence=fence)
                    came.append((acked.state, acked.outcome, acked.acked_at))
                except AgenticError as error:
                    came.append(type(error))
            assert came[0] == came[1]

        self.place.portal.call(ack)

    @precondition(lambda self: self.room.memory.commands)
    @rule(which=_WHICH, text=SAYINGS, stale=st.sampled_from([0, 0, 0, 1]), then=st.sampled_from(["", "step", "rest"]))
    def take_up(self, which: int, text: str, stale: int, then: str) -> None:
        """Claim a command, and perhaps note something of it, or let all that have no outcome expire."""
        fence = self.fence(stale)

        async def claim() -> None:
            came: list[object] = []
            for half in self.room.halves:
                commands = half.store.commands
                command = self.room.orders_to(half, which)
                if command is None:
                    return
                try:
                    known = await commands.claim(command, fence=fence, at=AT)
                    if then == "step":
                        known = await commands.step(command, text, fence=fence, at=AT)
                    elif then == "rest":
                        await commands.expire_rest(command.deployment_id, text, at=AT)
                    came.append((known.state, known.outcome, known.acked_at, known.claimed_epoch, known.steps))
                except AgenticError as error:
                    came.append(type(error))
            assert came[0] == came[1]

        self.place.portal.call(claim)

    @rule(status=st.sampled_from(DeploymentStatus), why=SAYINGS)
    def move(self, status: DeploymentStatus, why: str) -> None:
        """Let the deployment become something."""
        run = self.room.running.id
        self.do(lambda half: half.store.deployments.move(run, status, at=AT, reason=why))

    @rule(desired=st.sampled_from([Desired.RUNNING, Desired.RUNNING, *Desired]))
    def want(self, desired: Desired) -> None:
        """Say what the deployment shall come to."""
        run = self.room.running.id
        self.do(lambda half: half.store.deployments.set_desired(run, desired))

    @rule()
    def deploy_again(self) -> None:
        """Deploy once more, on the same account where it is a live one."""
        self.place.portal.call(self.room.deploy)

    @rule(holder=st.integers(0, 1), waits=st.booleans())
    def take_over(self, holder: int, *, waits: bool) -> None:
        """Take the lease, perhaps once it has run out."""
        if waits:
            for half in self.room.halves:
                half.run_out(self.room.account)
        self.place.portal.call(self.room.take_lease, holder)

    @rule(how=st.sampled_from(["renew", "renew", "release", "allow", "raise"]), stale=STALE, above=st.integers(0, 9))
    def hold(self, how: str, stale: int, above: int) -> None:
        """Prolong the lease or give it back, perhaps one that is another's by now; or let the operator raise it."""
        fence = self.fence(stale)
        lease = Lease(account=fence.account, epoch=fence.epoch, holder=HOLDERS[0], ttl_ms=TTL_MS)
        works: dict[str, Callable[[Half], Awaitable[object]]] = {
            "renew": lambda half: half.store.leases.renew(lease),
            "release": lambda half: half.store.leases.release(lease),
            "allow": lambda half: half.store.leases.allow(fence.account),
            "raise": lambda half: half.store.leases.raise_epoch(fence.account, above),
        }
        self.do(works[how])
        self.place.portal.call(self.room.take_lease, 0)

    @rule(desired=st.sampled_from([None, Desired.FLATTEN, Desired.STOPPED]), allows=st.booleans())
    def revoke(self, desired: Desired | None, *, allows: bool) -> None:
        """Take the lease away; perhaps give the account back, and let somebody take it."""
        account, run = self.room.account, self.room.running.id
        self.do(lambda half: half.store.leases.revoke(account, desired=desired))
        if allows:
            self.do(lambda half: half.store.leases.allow(account))
            self.do(lambda half: half.store.deployments.set_desired(run, Desired.RUNNING))
            self.place.portal.call(self.room.take_lease, 1)

    @rule(parts=st.lists(st.sampled_from(["decide", "queue", "move", "pay", "want"]), max_size=4), fails=st.booleans())
    def do_at_once(self, parts: list[str], *, fails: bool) -> None:
        """Do several things in a unit of work, which perhaps is undone in the end."""
        room, fence = self.room, self.fence(0)
        run, at = room.running.id, Instant(AT + self.minute(0))

        async def unit(half: Half) -> None:
            async with half.store.unit(fence) as store:
                works: dict[str, Callable[[], Awaitable[object]]] = {
                    "decide": lambda: store.decisions.record(
                        fence, decision(room.skill, minute=at - AT, run=run, text="together"), HELD
                    ),
                    "queue": lambda: store.commands.queue(run, CommandKind.SNAPSHOT, payload={}, at=at),
                    "move": lambda: store.deployments.move(run, DeploymentStatus.RUNNING, at=at),
                    "pay": lambda: store.ledger.record_funding(fence, run, [payment(at, "1")], at=at),
                    "want": lambda: store.deployments.set_desired(run, Desired.RUNNING),
                }
                for part in parts:
                    await works[part]()
                if fails:
                    raise UsageError("it is undone")

        self.do(unit)

    @rule(seq=st.integers(1, 12))
    def erase(self, seq: int) -> None:
        """Erase private text."""
        run = self.room.running.id
        self.do(lambda half: half.store.journal.erase_payload(run, seq))

    def teardown(self) -> None:
        """Judge the journals of all deployments that there were."""
        if hasattr(self, "room"):
            for deployed in self.room.deployments:
                self.seen.update(self.place.portal.call(judge, self.room, deployed))
