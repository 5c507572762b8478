"""The host of the jobs as a process of its own, and what it says."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import IO

import httpx

from tests.support.embedded_postgres import ROOT

__all__ = ["DEADLINE_S", "JobsProcess", "ended", "jobs_process"]

DEADLINE_S = 60
_SECRET = "said by whoever calls"
_COMMAND = (sys.executable, "-m", "hosts.jobs")


class JobsProcess:
    """A host that serves."""

    def __init__(self, process: subprocess.Popen[str], output: IO[str]) -> None:
        self.process = process
        self._output = output
        self.started = self.wait_for("jobs_started")
        self.url = f"http://127.0.0.1:{self.started['port']}"

    def wait_for(self, event: str) -> dict[str, object]:
        """Read lines until one is of this event, and return it."""
        for line in self._output:
            told: dict[str, object] = json.loads(line)
            if told["event"] == event:
                return told
        message = f"the host ended before it said {event}"
        raise AssertionError(message)

    def rest(self) -> list[dict[str, object]]:
        """Read everything it says until it ends."""
        return [json.loads(line) for line in self._output]

    def get(self, path: str, *, secret: str = _SECRET) -> httpx.Response:
        """Call an address."""
        headers = {"authorization": f"Bearer {secret}"}
        return httpx.get(f"{self.url}{path}", headers=headers, timeout=DEADLINE_S)

    def end(self) -> int:
        """Tell it to end, and return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(DEADLINE_S)


@contextmanager
def jobs_process(variables: Mapping[str, str]) -> Iterator[JobsProcess]:
    """Start a host on a free port, wait until it serves, and end it."""
    with subprocess.Popen(
        _COMMAND, cwd=ROOT, env=_environment(variables), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield JobsProcess(process, process.stdout)
        finally:
            process.kill()


def ended(variables: Mapping[str, str]) -> tuple[int, str]:
    """Start a host that ends by itself, and return its exit code and what it said."""
    done = subprocess.run(
        _COMMAND,
        check=False,
        cwd=ROOT,
        env=_environment(variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=DEADLINE_S,
    )
    return done.returncode, done.stdout


def _environment(variables: Mapping[str, str]) -> dict[str, str]:
    plain = {"PATH": os.defpath, "AGENTIC_LISTEN": "127.0.0.1:0", "CRON_SECRET": _SECRET, "PYTHONUNBUFFERED": "1"}
    return {**plain, "HYPERLIQUID_URL": "http://127.0.0.1:1", **variables}
