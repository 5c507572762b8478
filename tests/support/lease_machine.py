"""A hypothesis machine that asks both stores and the reference the same."""

from collections import Counter
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from agentic_core.domain import AccountKey, DeploymentStatus, Desired, Fence, Lease
from agentic_core.errors import NotFound
from tests.support.both_lease_stores import MINUTE_MS, BothLeaseStores, LeaseDatabase
from tests.support.lease_reference import LeaseReference, Seen
from tests.support.stored_values import AT

__all__ = ["REACHED", "SEEN", "LeaseMachine"]

SEEN: Counter[str] = Counter()
"""How often what came about, over all the runs of the machine."""

REACHED = frozenset(
    {
        "acquire given at first",
        "acquire given after an end",
        "acquire given again to its holder",
        "acquire given to another deployment",
        "acquire given to flatten",
        "acquire given when free",
        "acquire refused as revoked",
        "acquire refused while live",
        "acquire refused by what is desired",
        "acquire refused to a stranger",
        "raised above",
        "raised to nothing new",
        "raised what nobody took",
        "release of what was taken over",
        "release of what holds",
        "release of what ran out",
        "renew True",
        "renew False",
        "revoke of a live one",
        "revoke of a revoked one",
        "revoke of what nobody took",
        "revoke steered what had ended",
        "write True",
        "write False",
        "unit True",
        "unit False",
    }
)
"""What the drawn runs come to."""

_ACCOUNTS = st.sampled_from([0, 1])
_HOLDERS = st.sampled_from(["runner-1", "runner-2", "janitor"])
_TTLS = st.sampled_from([10, 20, 60])
"""Minutes, and half a one, so that no passing of time ends exactly with a lease."""
_DESIRED = st.sampled_from(["running", "flatten", "stopped"])
_WHICH = st.sampled_from([-1, -2, -3])
"""Of the leases that were given, from the end."""


class LeaseMachine(RuleBasedStateMachine):
    """Takes, prolongs, gives back, takes away and raises, while time passes."""

    database: ClassVar[LeaseDatabase]
    """Said by the test, in a subclass."""

    @initialize(held=st.sampled_from([2, 1, 0]))
    def deploy(self, held: int) -> None:
        """Begin with deployments of which so many run."""
        self.stores, self.reference = BothLeaseStores(self.database), LeaseReference()
        self.accounts = (self.stores.paper, self.stores.live)
        self.given: list[Lease] = []
        self.highest: dict[AccountKey, int] = dict.fromkeys(self.accounts, 0)
        for place, run in enumerate(self.stores.runs):
            self.reference.deploy(run, self.accounts[min(place, 1)])
        for place in range(held):
            self._acquire(place, "runner-1", 20, place, "running")

    @rule(
        place=_ACCOUNTS,
        holder=_HOLDERS,
        ttl=_TTLS,
        run=st.sampled_from([1, 1, 1, 2, 2, 2, 0]),
        desired=st.sampled_from(["running", "running", "running", "flatten", "flatten", "stopped"]),
    )
    def acquire(self, place: int, holder: str, ttl: int, run: int, desired: str) -> None:
        """Ask for an account, now and then for a deployment of the other one."""
        self._acquire(place, holder, ttl, run if place == 1 else 2 * (run == 0), desired)

    def _acquire(self, place: int, holder: str, ttl: int, run: int, desired: str) -> None:
        account, ttl_ms, deployment = self.accounts[place], ttl * MINUTE_MS + MINUTE_MS // 2, self.stores.runs[run]
        answer = self.stores.both(
            lambda store: store.leases.acquire(account, holder, ttl_ms, deployment=deployment, desired=Desired(desired))
        )
        if not self.reference.trades(deployment, account):
            assert answer == NotFound.__name__
            SEEN["acquire refused to a stranger"] += 1
            return
        before = self.reference.see(account)
        epoch = self.reference.acquire(account, holder, ttl=ttl + 0.5, deployment=deployment, desired=desired)
        SEEN[f"acquire {self._why(before, holder, deployment, desired, given=epoch is not None)}"] += 1
        expected = None if epoch is None else Lease(account=account, epoch=epoch, holder=holder, ttl_ms=ttl_ms)
        assert answer == expected
        if expected is not None:
            self.given.append(expected)

    @precondition(lambda self: self.given)
    @rule(which=_WHICH, kind=st.sampled_from(["renew", "release"]))
    def come_back(self, which: int, kind: str) -> None:
        """Prolong one of the last leases or give it back, whoever has the account by now, in time or late."""
        lease = self.given[max(which, -len(self.given))]
        if kind == "renew":
            self._renew(lease)
        else:
            self._release(lease)

    @rule(
        place=_ACCOUNTS,
        desired=st.none() | _DESIRED,
        kind=st.sampled_from(["revoke", "allow", "raise"]),
    )
    def interfere(self, place: int, desired: str | None, kind: str) -> None:
        """Take an account away, give it back, or raise its epoch."""
        match kind:
            case "revoke":
                self._revoke(place, desired)
            case "allow":
                self._allow(place)
            case _:
                self._raise_epoch(place, by={None: 0, "running": 1, "flatten": -1, "stopped": 5}[desired])

    @rule(
        run=st.integers(0, 2), desired=st.sampled_from(["running", "ended", "running", "flatten", "stopped", "ended"])
    )
    def want(self, run: int, desired: str) -> None:
        """Say what a deployment shall come to, or end it."""
        deployment = self.stores.runs[run]
        if desired == "ended":
            self.reference.end(deployment)
            self.stores.both(lambda store: store.deployments.move(deployment, DeploymentStatus.ERROR, at=AT))
            return
        self.reference.want(deployment, desired)
        self.stores.both(lambda store: store.deployments.set_desired(deployment, Desired(desired)))

    @rule(minutes=st.sampled_from([7, 1, 23, 2, 40, 3]))
    def pass_time(self, minutes: int) -> None:
        """Let time pass."""
        self.reference.now += minutes
        self.stores.pass_time(minutes)

    @rule(place=_ACCOUNTS, back=st.sampled_from([0, 0, 0, 1, -1, 2]), together=st.booleans())
    def write(self, place: int, back: int, together: bool) -> None:
        """Write under the newest epoch, one before, or one that was never given."""
        account, seen = self.accounts[place], self.reference.see(self.accounts[place])
        epoch = max(1, (0 if seen is None else seen.epoch) - back)
        expected = self.reference.holds(account, epoch)
        assert self.stores.write(Fence(account=account, epoch=epoch), together=together) is expected
        SEEN[f"{'unit' if together else 'write'} {expected}"] += 1

    @invariant()
    def agrees(self) -> None:
        """Both show what the reference shows, and no epoch ever fell."""
        for account in self.accounts:
            seen, read = self.reference.see(account), self.stores.see(account)
            shown = (
                None
                if read is None
                else Seen(
                    epoch=read.epoch,
                    holder=read.holder,
                    state=read.state,
                    deployment=read.deployment,
                    is_live=read.is_live,
                )
            )
            assert shown == seen
            epoch = 0 if read is None else read.epoch
            assert epoch >= self.highest[account]
            self.highest[account] = epoch

    def _renew(self, lease: Lease) -> None:
        expected = self.reference.renew(lease.account, lease.epoch, ttl=lease.ttl_ms / MINUTE_MS)
        assert self.stores.both(lambda store: store.leases.renew(lease)) is expected
        SEEN[f"renew {expected}"] += 1

    def _release(self, lease: Lease) -> None:
        seen = self.reference.see(lease.account)
        ours = seen is not None and seen.epoch == lease.epoch
        ended = "holds" if self.reference.holds(lease.account, lease.epoch) else "ran out"
        SEEN[f"release of what {ended if ours else 'was taken over'}"] += 1
        self.reference.release(lease.account, lease.epoch)
        assert self.stores.both(lambda store: store.leases.release(lease)) is None

    def _revoke(self, place: int, desired: str | None) -> None:
        account, seen = self.accounts[place], self.reference.see(self.accounts[place])
        named = {"": "what nobody took", "revoked": "a revoked one", "free": "a free one", "held": "a live one"}
        SEEN[f"revoke of {named['' if seen is None else seen.state]}"] += 1
        wanted = None if desired is None else Desired(desired)
        answer = self.stores.both(lambda store: store.leases.revoke(account, desired=wanted))
        before = self._desired()
        assert answer == self.reference.revoke(account, desired)
        after = self._desired()
        assert self.stores.desired() == after
        ended = [run for run, steered in self.reference.deployments.items() if steered.has_ended]
        SEEN["revoke steered what had ended"] += any(before[run] != after[run] for run in ended)

    def _desired(self) -> dict[str, str]:
        return {name: deployment.desired for name, deployment in self.reference.deployments.items()}

    def _allow(self, place: int) -> None:
        self.reference.allow(self.accounts[place])
        assert self.stores.both(lambda store: store.leases.allow(self.accounts[place])) is None

    def _raise_epoch(self, place: int, *, by: int) -> None:
        account, seen = self.accounts[place], self.reference.see(self.accounts[place])
        above = max(0, by + (0 if seen is None else seen.epoch))
        answer = self.stores.both(lambda store: store.leases.raise_epoch(account, above))
        assert answer == self.reference.raise_epoch(account, above)
        SEEN["raised what nobody took" if seen is None else "raised above" if by >= 0 else "raised to nothing new"] += 1

    def _why(self, before: Seen | None, holder: str, deployment: str, desired: str, *, given: bool) -> str:
        if given:
            return f"given {_how(before, deployment, desired)}"
        if desired == "stopped" or self.reference.deployments[deployment].desired != desired:
            return "refused by what is desired"
        return "refused as revoked" if before is not None and before.state == "revoked" else "refused while live"


def _how(before: Seen | None, deployment: str, desired: str) -> str:
    if before is None:
        return "at first"
    if desired == "flatten":
        return "to flatten"
    if before.deployment not in {None, deployment}:
        return "to another deployment"
    if before.is_live:
        return "again to its holder"
    return "when free" if before.state == "free" else "after an end"
