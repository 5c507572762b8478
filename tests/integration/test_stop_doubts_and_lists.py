"""Stops that a list does not show: they count for nothing, and are looked for again because lists lag."""

from collections.abc import Awaitable, Callable

from msgspec.structs import replace

from agentic_core.domain import Symbol
from agentic_core.execution.protection import is_stop
from agentic_core.ports.account_reads import AccountReads, OrdersRead
from agentic_core.runtime.exits.exit_orders import ExitOrders
from agentic_core.runtime.exits.stop_doubts import StopDoubts
from tests.support.exits_place import ExitPlace, play
from tests.support.markets import BTC, ETH


class _ListThatLags:
    def __init__(self, real: AccountReads) -> None:
        self.shows_nothing = True
        self.asked = 0
        self._real = real

    def __getattr__(self, name: str) -> object:
        return getattr(self._real, name)

    async def orders(self) -> OrdersRead:
        self.asked += 1
        read = await self._real.orders()
        return OrdersRead(read_at=read.read_at, orders=()) if self.shows_nothing else read


def _with_doubts(story: Callable[[ExitPlace, StopDoubts, _ListThatLags], Awaitable[None]]) -> None:
    async def main(place: ExitPlace) -> None:
        await place.enter("2")
        await place.enter("3", symbol=ETH)
        await place.pass_time(10)
        listed = _ListThatLags(place.ports.reads)
        doubts = StopDoubts(ExitOrders(replace(place.ports, reads=listed), place.terms))
        for symbol in (BTC, ETH):
            doubts.doubt(symbol)
        await doubts.resolve(BTC)
        await story(place, doubts, listed)

    play(main)


def _counted(doubts: StopDoubts, symbol: Symbol) -> int:
    return sum(is_stop(life) and not life.is_terminal for life in doubts.lives(symbol))


def test_stop_that_a_late_list_did_not_show_is_found_by_a_later_one() -> None:
    """It rests, and whoever knows nothing of it would leave it beside another for as long as the position lasts."""

    async def story(place: ExitPlace, doubts: StopDoubts, listed: _ListThatLags) -> None:
        assert _counted(doubts, BTC) == 0
        listed.shows_nothing = False
        await doubts.resolve(BTC)
        assert (listed.asked, _counted(doubts, BTC)) == (1, 0)
        await place.pass_time(5)
        await doubts.resolve(BTC)
        assert (listed.asked, _counted(doubts, BTC)) == (2, 1)

    _with_doubts(story)


def test_stop_that_is_gone_stays_gone_while_those_of_another_symbol_are_looked_for() -> None:
    """What was read of one symbol says nothing of the other."""

    async def story(_: ExitPlace, doubts: StopDoubts, listed: _ListThatLags) -> None:
        listed.shows_nothing = False
        await doubts.resolve(ETH)
        assert (_counted(doubts, BTC), _counted(doubts, ETH)) == (0, 1)

    _with_doubts(story)
