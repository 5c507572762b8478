"""What every clock, source of entropy and environment promises, the real ones and those that tests use instead."""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

import anyio
import pytest
from anyio.lowlevel import checkpoint

from agentic_core.ports.clock import Clock
from agentic_core.ports.entropy import Entropy
from agentic_core.ports.environment import Environment
from agentic_core.system import SystemClock, SystemEntropy, SystemEnvironment
from tests.support.clocks import VirtualClock
from tests.support.embedded_postgres import GivenEnvironment

PORTS = (
    "agentic_core.ports.clock.Clock",
    "agentic_core.ports.entropy.Entropy",
    "agentic_core.ports.environment.Environment",
)

UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


class Timepiece(NamedTuple):
    """A clock with what lets its time pass; the real one passes by itself."""

    clock: Clock
    let_pass: Callable[[int], Awaitable[None]]


def real_clock() -> Timepiece:
    """Return the clock of this machine."""

    async def by_itself(milliseconds: int) -> None:
        await checkpoint()

    return Timepiece(SystemClock(), by_itself)


def virtual_clock() -> Timepiece:
    """Return a clock that a test moves."""
    clock = VirtualClock()
    return Timepiece(clock, clock.let_pass)


@pytest.fixture(params=[real_clock, virtual_clock], ids=["system", "virtual"])
def timepiece(request: pytest.FixtureRequest) -> Timepiece:
    """Give each clock in turn."""
    made: Timepiece = request.param()
    return made


def test_clock_tells_milliseconds_since_the_epoch(timepiece: Timepiece) -> None:
    """A year between 2020 and 2100; seconds or nanoseconds would be far outside."""
    assert 1_577_836_800_000 < timepiece.clock.now() < 4_102_444_800_000
    assert isinstance(timepiece.clock.now(), int)


def test_clock_boottime_never_goes_back(timepiece: Timepiece) -> None:
    """However often it is read; and no machine has been up before the epoch."""
    readings = [timepiece.clock.boottime_ms() for _ in range(100)]
    assert readings == sorted(readings)
    assert 0 <= readings[0] < timepiece.clock.now()


@pytest.mark.anyio
@pytest.mark.parametrize("seconds", [0.02, 0.001, 0.0])
async def test_clock_sleep_lasts_at_least_as_long_as_asked(timepiece: Timepiece, seconds: float) -> None:
    """Both of its times have gone on by that much when the wait is over."""
    clock = timepiece.clock
    before = clock.boottime_ms()
    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(clock.sleep, seconds)
            await timepiece.let_pass(round(seconds * 1000))
    assert clock.boottime_ms() - before >= seconds * 1000 - 1


@pytest.mark.anyio
async def test_clock_sleep_lets_others_run(timepiece: Timepiece) -> None:
    """Even no time at all is a chance for the others."""
    done: list[int] = []

    async def other() -> None:
        done.append(1)

    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(other)
            for _ in range(3):
                await timepiece.clock.sleep(0)
            assert done == [1]


@pytest.mark.anyio
async def test_clock_sleep_ends_at_once_when_it_is_cancelled(timepiece: Timepiece) -> None:
    """An hour's wait does not outlive its scope, and time does not jump for it."""
    before = timepiece.clock.boottime_ms()
    with anyio.CancelScope() as scope:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(timepiece.clock.sleep, 3_600)
            await checkpoint()
            scope.cancel()
    assert scope.cancelled_caught
    assert timepiece.clock.boottime_ms() - before < 10_000


@pytest.mark.anyio
async def test_clock_sleepers_wake_in_the_order_of_their_time(timepiece: Timepiece) -> None:
    """Whoever asked first."""
    woken: list[int] = []

    async def sleeper(milliseconds: int) -> None:
        await timepiece.clock.sleep(milliseconds / 1000)
        woken.append(milliseconds)

    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            for milliseconds in (40, 0, 20):
                tasks.start_soon(sleeper, milliseconds)
            await timepiece.let_pass(40)
    assert woken == [0, 20, 40]


class Counted:
    """Entropy that is none: it counts, so that a test can say beforehand what comes."""

    def __init__(self) -> None:
        self._drawn = 0

    def uuid(self) -> str:
        """Return the next number as a random UUID would look."""
        self._drawn += 1
        return f"{self._drawn:08x}-0000-4000-8000-{self._drawn:012x}"

    def token_bytes(self, count: int) -> bytes:
        """Return the next number in so many bytes."""
        self._drawn += 1
        return self._drawn.to_bytes(8, "big").rjust(count, b"\0")[-count:] if count else b""


@pytest.fixture(params=[SystemEntropy, Counted], ids=["system", "counted"])
def entropy(request: pytest.FixtureRequest) -> Entropy:
    """Give each source in turn."""
    made: Entropy = request.param()
    return made


def test_entropy_uuid_is_a_random_one_in_lower_case_and_never_comes_twice(entropy: Entropy) -> None:
    """Version 4, variant 10, with hyphens."""
    drawn = [entropy.uuid() for _ in range(200)]
    assert all(UUID4.fullmatch(one) for one in drawn)
    assert len(set(drawn)) == 200


@pytest.mark.parametrize("count", [0, 1, 16, 32, 100])
def test_entropy_token_has_as_many_bytes_as_asked(entropy: Entropy, count: int) -> None:
    """No more and no fewer."""
    assert len(entropy.token_bytes(count)) == count


def test_entropy_tokens_do_not_come_twice(entropy: Entropy) -> None:
    """Sixteen bytes are enough never to repeat."""
    assert len({entropy.token_bytes(16) for _ in range(200)}) == 200


@pytest.fixture(params=["system", "given"])
def variables(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Environment:
    """Give each environment in turn, in which two variables are set, one of them to nothing."""
    wanted = {"AGENTIC_CONTRACT": "set = to this", "AGENTIC_EMPTY": ""}
    if request.param == "given":
        return GivenEnvironment(wanted)
    for name, value in wanted.items():
        monkeypatch.setenv(name, value)
    return SystemEnvironment()


def test_environment_returns_a_variable_as_it_was_set(variables: Environment) -> None:
    """Nothing is trimmed or interpreted; set to nothing is not the same as not set."""
    assert variables.get("AGENTIC_CONTRACT") == "set = to this"
    assert variables.get("AGENTIC_EMPTY") == ""
    assert variables.get("AGENTIC_NEVER_SET") is None
    assert variables.get("agentic_contract") is None


def test_environment_mapping_holds_the_same(variables: Environment) -> None:
    """All of them at once, by their names."""
    found: Mapping[str, str] = variables.mapping()
    assert (found["AGENTIC_CONTRACT"], found["AGENTIC_EMPTY"]) == ("set = to this", "")
    assert "AGENTIC_NEVER_SET" not in found
    assert all(variables.get(name) == value for name, value in found.items())
