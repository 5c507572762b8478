"""One account at a live venue under its lease: what goes on all the time beside the turns of a skill."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial
from typing import Final, NoReturn, TypeVar

import anyio

from agentic_core.domain.ids import Symbol
from agentic_core.domain.money import plain
from agentic_core.domain.trading import Restriction
from agentic_core.execution.life import Life
from agentic_core.ports.account_reads import SymbolLeverage
from agentic_core.runtime.exits import ExitDesk
from agentic_core.runtime.leverage import set_leverages
from agentic_core.runtime.orders import OrderDesk, is_entry
from agentic_core.runtime.together import both, until_failure
from agentic_core.runtime.watch import AccountWatch, DriftGuard, Reconciled

__all__ = ["LiveAccount"]

_T = TypeVar("_T")

_LOOK_EVERY_S: Final = 1.0
_ATTEND_EVERY_S: Final = 0.25


class LiveAccount:
    """Orders are followed, positions protected, news taken in, and everything compared with the venue."""

    def __init__(self, orders: OrderDesk, exits: ExitDesk, watch: AccountWatch, guard: DriftGuard) -> None:
        """Join the four of one account."""
        self.orders: Final = orders
        self.exits: Final = exits
        self.watch: Final = watch
        self.guard: Final = guard

    @property
    def restrictions(self) -> frozenset[Restriction]:
        """What of the account itself holds opens back now."""
        return frozenset({Restriction.DRIFTED}) if self.guard.is_drifted else frozenset()

    async def start(self) -> Reconciled:
        """Take over what earlier runners left, and compare the account with what is known; then it may run.

        What was inherited is followed, and positions are protected, while the account is read. What has not ended by
        then is not waited for: it forbids opens until it does. The stream may have begun to tell before.

        Raises:
            VenueUnavailable: the account could not be read, so nothing is clear.
            Fenced: the lease is lost.
            StoreError: the database refused.
        """
        await self.orders.recover()
        checked, protected = anyio.Event(), anyio.Event()
        look, attend = self.exits.look, self.orders.attend
        reconciled, _ = await both(
            partial(_and_tell, self.guard.check_at_start, checked),
            partial(
                both,
                partial(_and_tell, partial(_again, look, checked, _LOOK_EVERY_S), protected),
                partial(_again, attend, protected, _ATTEND_EVERY_S),
            ),
        )
        return reconciled

    async def set_leverages(self, wanted: Mapping[Symbol, SymbolLeverage]) -> Mapping[Symbol, str]:
        """Set symbols that are flat, and return of those that are not set as wanted why.

        Raises:
            Fenced: the lease is lost.
            StoreError: the database refused.
        """
        return await set_leverages(self.exits.ports, self.exits.terms, wanted)

    def under_way(self) -> tuple[str, ...]:
        """Say of every order whose fate is not known, and of every stop that is about to be placed, what it is."""
        lives = tuple(self.orders.lives.values())
        return tuple(_words(life) for life in lives if self._is_under_way(life, lives))

    def _is_under_way(self, life: Life, lives: Iterable[Life]) -> bool:
        if not self.orders.is_waiting(life):
            return life.is_unresolved
        return any(is_entry(other, life) and other.filled for other in lives)

    async def run(self) -> NoReturn:
        """Go on until cancelled, or until one part fails: its error is raised alone, and the others are ended.

        Raises:
            Fenced: the lease is lost.
            StoreError: the database refused.
        """
        await until_failure((self.orders.run, self.exits.run, self.watch.run, self.guard.run))


def _words(life: Life) -> str:
    intent = life.intent
    return f"{intent.kind} {intent.cloid} ({intent.side} {plain(intent.size)} {intent.symbol}) is {life.state}"


async def _and_tell(work: Callable[[], Awaitable[_T]], ended: anyio.Event) -> _T:
    try:
        return await work()
    finally:
        ended.set()


async def _again(work: Callable[[], Awaitable[object]], until: anyio.Event, every_s: float) -> None:
    # Never broken off: what it has begun to send has to hear its answer.
    while not until.is_set():
        await work()
        with anyio.move_on_after(every_s):
            await until.wait()
