"""Several pieces of work side by side, none of which ends another."""

from collections.abc import Awaitable, Callable, Iterable
from typing import NoReturn, TypeVar

import anyio

from agentic_core.errors import AgenticError

__all__ = ["both", "first_of", "together", "until_failure"]

_T = TypeVar("_T")
_A = TypeVar("_A")
_B = TypeVar("_B")


async def together(works: Iterable[Callable[[], Awaitable[_T]]]) -> list[_T]:
    """Do all of it and return what came of it, in order; an error is raised after the others have ended.

    Raises:
        AgenticError: of the first that failed, as it was.
    """
    works = tuple(works)
    results: dict[int, _T] = {}
    failures: list[AgenticError] = []

    async def run(place: int, work: Callable[[], Awaitable[_T]]) -> None:
        try:
            results[place] = await work()
        except AgenticError as exc:
            failures.append(exc)

    async with anyio.create_task_group() as tasks:
        for place, work in enumerate(works):
            tasks.start_soon(run, place, work)
    if failures:
        raise failures[0]
    return [results[place] for place in range(len(works))]


async def both(one: Callable[[], Awaitable[_A]], other: Callable[[], Awaitable[_B]]) -> tuple[_A, _B]:
    """Do two different pieces of work side by side.

    Raises:
        AgenticError: of the first that failed, as it was.
    """
    first: list[_A] = []
    second: list[_B] = []

    async def do_one() -> None:
        first.append(await one())

    async def do_other() -> None:
        second.append(await other())

    await together((do_one, do_other))
    return first[0], second[0]


async def first_of(one: Callable[[], Awaitable[None]], other: Callable[[], Awaitable[None]]) -> None:
    """Wait for whichever of two waits ends first, and end the other.

    Raises:
        AgenticError: of the one that failed, as it was.
    """
    failures: list[AgenticError] = []
    async with anyio.create_task_group() as tasks:

        async def wait(work: Callable[[], Awaitable[None]]) -> None:
            try:
                await work()
            except AgenticError as exc:
                failures.append(exc)
            tasks.cancel_scope.cancel()

        tasks.start_soon(wait, one)
        tasks.start_soon(wait, other)
    if failures:
        raise failures[0]


async def until_failure(works: Iterable[Callable[[], Awaitable[object]]]) -> NoReturn:
    """Do what never ends side by side, until cancelled or until one piece fails: the others are ended then.

    Raises:
        Exception: of the one that failed, alone and as it was.
    """
    failures: list[Exception] = []
    async with anyio.create_task_group() as tasks:

        async def keep(work: Callable[[], Awaitable[object]]) -> None:
            try:
                await work()
            except Exception as error:  # noqa: BLE001 - whatever it is, a part that died must not look alive
                failures.append(error)
                tasks.cancel_scope.cancel()

        for work in works:
            tasks.start_soon(keep, work)
    raise failures[0]
