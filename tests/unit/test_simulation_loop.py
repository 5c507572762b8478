"""The virtual event loop: time that jumps, an order that a seed picks, and nothing real within reach."""

import socket
import threading
from collections.abc import Awaitable, Callable

import anyio
import pytest
from anyio.lowlevel import checkpoint

from agentic_core.errors import UsageError
from agentic_core.simulation.chance import Chance
from agentic_core.simulation.loop import Deadlock, Timeline, VirtualLoop, after, run, wait
from agentic_core.system import SystemClock

DAY_S = 86_400.0


def test_a_year_of_waiting_passes_in_no_time() -> None:
    """365 waits of a day take less than a second, and the clock has gone on by exactly so much."""
    timeline, began = Timeline(), SystemClock().boottime_ms()

    async def year() -> None:
        for _ in range(365):
            await wait(DAY_S)

    run(year, timeline, None)
    assert timeline.seconds == 365 * DAY_S
    assert SystemClock().boottime_ms() - began < 1_000


def test_timers_fire_in_order_of_their_time_and_not_of_their_making() -> None:
    """Three tasks wait for different times; none of them is held up by another."""
    seen: list[tuple[int, int]] = []
    timeline = Timeline()

    async def sleeper(number: int) -> None:
        await wait(number)
        seen.append((number, timeline.ms))

    async def main() -> None:
        async with anyio.create_task_group() as tasks:
            for number in (3, 1, 2):
                tasks.start_soon(sleeper, number)

    run(main, timeline, Chance(1))
    assert seen == [(1, 1_000), (2, 2_000), (3, 3_000)]


def test_deadlock_is_an_error_that_names_who_waits() -> None:
    """Where nothing is ready and no timer is set, the run ends at once instead of hanging."""

    async def waits_for_ever() -> None:
        await wait(1.5)
        await anyio.Event().wait()

    with pytest.raises(Deadlock, match=r"1\.500 s into the simulation; waiting: .*waits_for_ever"):
        run(waits_for_ever, Timeline(), None)


def test_deadline_ends_a_wait_for_what_never_comes() -> None:
    """A timeout of anyio is a timer like any other, so it is no deadlock and costs its virtual time."""
    timeline = Timeline()

    async def main() -> bool:
        with anyio.move_on_after(90) as scope:
            await anyio.Event().wait()
        return scope.cancelled_caught

    assert run(main, timeline, None)
    assert timeline.seconds == 90


def test_what_is_to_happen_later_survives_the_task_that_asked_for_it() -> None:
    """A message on its way arrives though its sender was cancelled."""
    seen: list[str] = []

    async def sender() -> None:
        after(2, lambda: seen.append("arrived"))
        await anyio.Event().wait()

    async def main() -> None:
        with anyio.move_on_after(1):
            await sender()
        seen.append("cancelled")
        await wait(5)

    run(main, Timeline(), None)
    assert seen == ["cancelled", "arrived"]


def order_of(chance: Chance | None) -> list[int]:
    """Let eight tasks that are ready at once write down their turns."""
    seen: list[int] = []

    async def task(number: int) -> None:
        for _ in range(3):
            await checkpoint()
            seen.append(number)

    async def main() -> None:
        async with anyio.create_task_group() as tasks:
            for number in range(8):
                tasks.start_soon(task, number)

    run(main, Timeline(), chance)
    return seen


def test_without_chance_the_ready_run_first_in_first_out() -> None:
    """Every task has its first turn before any has its second."""
    assert order_of(None) == [0, 1, 2, 3, 4, 5, 6, 7] * 3


def test_seed_picks_among_the_ready_and_repeats_itself() -> None:
    """Fifty seeds give fifty orders, each the same the second time, and all do the same work."""
    orders = [tuple(order_of(Chance(seed))) for seed in range(50)]
    assert orders == [tuple(order_of(Chance(seed))) for seed in range(50)]
    assert len(set(orders)) == 50
    assert all(sorted(order) == sorted([*range(8)] * 3) for order in orders)


def test_tasks_cancelled_together_end_oldest_first() -> None:
    """Anyio cancels the tasks of a set in the order of their addresses; here their age decides."""
    ended: list[int] = []

    async def task(number: int) -> None:
        try:
            with anyio.fail_after(1_000):
                await anyio.Event().wait()
        finally:
            ended.append(number)

    async def main() -> None:
        async with anyio.create_task_group() as tasks:
            for number in range(20):
                tasks.start_soon(task, number)
            await wait(1)
            tasks.cancel_scope.cancel()

    run(main, Timeline(), None)
    assert ended == list(range(20))


async def opens_a_socket() -> None:
    """Reach for the network without the loop."""
    socket.socket().close()


async def connects() -> None:
    """Reach for the network through the loop."""
    await anyio.connect_tcp("127.0.0.1", 9)


async def asks_a_name_server() -> None:
    """Reach for a name."""
    await anyio.getaddrinfo("localhost", 80)


async def starts_a_thread() -> None:
    """Start a thread by hand."""
    threading.Thread(target=print).start()


async def uses_a_worker_thread() -> None:
    """Let anyio start a thread."""
    await anyio.to_thread.run_sync(print)


async def starts_a_process() -> None:
    """Run a program."""
    await anyio.run_process(["true"])


@pytest.mark.parametrize(
    "reach",
    [opens_a_socket, connects, asks_a_name_server, starts_a_thread, uses_a_worker_thread, starts_a_process],
)
def test_reaching_outside_is_refused_in_words(reach: Callable[[], Awaitable[None]]) -> None:
    """Sockets, names, threads and processes are no part of a simulation; the error says what to do instead."""
    refused = pytest.RaisesExc(UsageError, match="hand|use tasks")
    with pytest.RaisesGroup(refused, allow_unwrapped=True, flatten_subgroups=True):
        run(reach, Timeline(), None)


def test_threads_and_sockets_are_free_again_after_the_run() -> None:
    """The seal is for the simulation only, and comes off also when that failed."""
    with pytest.raises(Deadlock):
        run(waits, Timeline(), None)
    done = threading.Event()
    thread = threading.Thread(target=done.set)
    thread.start()
    thread.join()
    socket.socket().close()
    assert done.is_set()


def test_other_threads_go_on_as_they_like_meanwhile() -> None:
    """The seal is for the thread that simulates; another one may start threads of its own."""
    asked, started = threading.Event(), threading.Event()

    def other() -> None:
        asked.wait(10)
        threading.Thread(target=started.set).start()

    thread = threading.Thread(target=other)
    thread.start()

    async def main() -> bool:
        asked.set()
        return started.wait(10)

    assert run(main, Timeline(), None)
    thread.join()


async def waits() -> None:
    """Wait for nothing."""
    await anyio.Event().wait()


def test_call_from_another_thread_is_refused() -> None:
    """Its timing could not be repeated."""
    loop = VirtualLoop()
    refused: list[UsageError] = []

    def intrude() -> None:
        try:
            loop.call_soon_threadsafe(print)
        except UsageError as error:
            refused.append(error)

    thread = threading.Thread(target=intrude)
    thread.start()
    thread.join()
    loop.close()
    assert len(refused) == 1
    assert "another thread" in str(refused[0])


def test_anyio_takes_the_loop_as_a_backend_option() -> None:
    """Code that is handed to `anyio.run` needs nothing but the factory."""

    async def main() -> float:
        before = anyio.current_time()  # noqa: TID251 - the subject of this test
        await wait(3_600)
        return anyio.current_time() - before  # noqa: TID251 - the same

    assert anyio.run(main, backend_options={"loop_factory": VirtualLoop}) == 3_600
