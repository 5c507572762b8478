"""What every test stands on: exact decimals, no network, the hypothesis profiles and the time ledger."""

import gc
import sys
from collections import Counter, defaultdict
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from agentic_core.system import install_decimal_traps

settings.register_profile(
    "ci",
    derandomize=True,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("dev", settings.get_profile("ci"), derandomize=False, max_examples=300)
settings.load_profile("ci")  # a red run can be repeated by anyone; hunt with `--hypothesis-profile=dev`

install_decimal_traps()


def _refuse_the_outside(event: str, arguments: tuple[object, ...]) -> None:
    if event != "socket.connect":
        return
    address = arguments[1]
    host = address[0] if isinstance(address, tuple) else "localhost"
    if host not in {"localhost", "::1"} and not str(host).startswith("127."):
        message = f"a test opened a connection to {host}; only this machine is allowed"
        raise AssertionError(message)


sys.addaudithook(_refuse_the_outside)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Run asynchronous tests on the backend that psycopg's pool needs."""
    return "asyncio"


class Ledger:
    """Adds up where the time of a test run went, by folder under `tests`."""

    def __init__(self) -> None:
        """Start with an empty ledger."""
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.tests: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Book one phase of one test."""
        path = Path(report.nodeid.split("::", maxsplit=1)[0])
        group = "/".join(path.parts[:2]) if len(path.parts) > 1 else path.name
        self.seconds[group] += report.duration
        self.tests[group] += report.when == "call" or report.skipped

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the ledger; with several processes the seconds are theirs together."""
        terminalreporter.section("time ledger")
        for group, seconds in sorted(self.seconds.items(), key=lambda entry: -entry[1]):
            terminalreporter.write_line(f"{group:<28}{self.tests[group]:>6} tests{seconds:>10.1f} s")


def pytest_configure(config: pytest.Config) -> None:
    """Keep the ledger where the reports arrive: in the process that prints the summary."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Ledger(), "time-ledger")


def pytest_collection_finish() -> None:
    """Take what was collected out of every later search for garbage: it is there until the end."""
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything under `tests/bench` as a bench."""
    for item in items:
        if "bench" in item.path.parts:
            item.add_marker(pytest.mark.bench)
