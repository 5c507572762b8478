"""An application on a socket; signals and logging are the business of whoever runs it."""

import socket
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager

import anyio

from agentic_core.errors import ConfigError
from agentic_core.web.jobs_app import RunRoute, jobs_app

try:
    import uvicorn
    from litestar.types import ASGIApp
except ImportError as exc:
    _MISSING = "serving needs uvicorn: pip install 'agentic-perps[web]'"
    raise ConfigError(_MISSING) from exc

__all__ = ["serve", "serve_jobs"]

_GRACE_S = 3
"""How long answers that are under way may take once it shall end."""


async def serve(app: ASGIApp, *, host: str, port: int, started: Callable[[int], None]) -> None:
    """Serve until cancelled; `started` hears the port, which the system picks for 0.

    Raises:
        ConfigError: the address cannot be listened on.
    """
    with _listening(host, port) as listening:
        config = uvicorn.Config(
            app,
            lifespan="on",
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=_GRACE_S,
            server_header=False,
        )
        runner = _Runner(config)
        started(listening.getsockname()[1])
        try:
            await runner.serve(sockets=[listening])
        finally:
            if runner.started:
                with anyio.CancelScope(shield=True):
                    await runner.shutdown()


async def serve_jobs(
    routes: Mapping[str, RunRoute],
    secrets: Iterable[str],
    address: tuple[str, int],
    started: Callable[[int], None],
) -> None:
    """Serve the jobs until cancelled.

    Raises:
        ConfigError: the address cannot be listened on.
    """
    host, port = address
    await serve(jobs_app(routes, secrets), host=host, port=port, started=started)


class _Runner(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family)
    except OSError as exc:
        raise ConfigError(f"cannot listen on {host}:{port}: {exc.strerror or exc}; set AGENTIC_LISTEN") from exc
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening
