"""The jobs over HTTP, for schedulers that can only call an address: each GET runs a job once and answers its figures.

Nothing of a request is logged or repeated in an answer, and nothing of it but its path and its bearer is looked at.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Final, TypeAlias

import anyio

from agentic_core.errors import ConfigError, StoreUnavailable
from agentic_core.web.bearer import Bearer

try:
    from litestar import Litestar, Request, Response, get
    from litestar.datastructures import State
    from litestar.exceptions import HTTPException
    from litestar.handlers import HTTPRouteHandler
except ImportError as exc:
    _MISSING = "serving needs litestar: pip install 'agentic-perps[web]'"
    raise ConfigError(_MISSING) from exc

__all__ = ["RunRoute", "jobs_app"]

_Asked: TypeAlias = Request[object, object, State]
_Answer: TypeAlias = Response[dict[str, str | int]]

_OK: Final = 200
_UNAUTHORIZED: Final = 401
_FAILED: Final = 500
_AWAY: Final = 503
_PATIENCE_S: Final = 50.0
"""Shorter than those who call wait."""

_UNKNOWN: Final = "say one of the secrets of CRON_SECRET: Authorization: Bearer ..."
_NOT_REACHED: Final = "the database does not answer; nothing may have been done, ask again"
_BROKEN: Final = "the job failed; its log line says why"
_UNFINISHED: Final = f"not done within {_PATIENCE_S:.0f} s and broken off; ask again"


RunRoute: TypeAlias = Callable[[], Awaitable[dict[str, str | int]]]
"""Does what an address is for, and returns what is answered, in this order; StoreUnavailable is answered with 503."""


def jobs_app(routes: Mapping[str, RunRoute], secrets: Iterable[str]) -> Litestar:
    """Return the application; whoever says none of the secrets is answered 401, everybody where there are none.

    `/healthz` answers everybody that this process runs, and looks at nothing else.
    """
    bearer = Bearer(secrets)
    return Litestar(
        route_handlers=[_health, *(_handler(path, run, bearer) for path, run in routes.items())],
        exception_handlers={HTTPException: _refused, Exception: _broken},
        openapi_config=None,
        logging_config=None,
    )


@get("/healthz")
async def _health() -> dict[str, str]:
    return {"status": "ok"}


def _handler(path: str, run: RunRoute, bearer: Bearer) -> HTTPRouteHandler:
    @get(path)
    async def run_job(request: _Asked) -> _Answer:
        if not bearer.may(request.headers.get("authorization")):
            return _said(_UNAUTHORIZED, {"error": _UNKNOWN}, {"www-authenticate": "Bearer"})
        return await _answer(run)

    return run_job


async def _answer(run: RunRoute) -> _Answer:
    with anyio.move_on_after(_PATIENCE_S):
        try:
            return _said(_OK, await run())
        except StoreUnavailable:
            return _said(_AWAY, {"error": _NOT_REACHED})
        except Exception:  # noqa: BLE001 - whoever runs the job has said what it was; callers are told nothing of it
            return _said(_FAILED, {"error": _BROKEN})
    return _said(_AWAY, {"error": _UNFINISHED})


def _refused(_request: _Asked, error: HTTPException) -> _Answer:
    words = "there is nothing here" if error.status_code < _FAILED else _BROKEN
    return _said(error.status_code, {"error": words}, error.headers)


def _broken(_request: _Asked, _error: Exception) -> _Answer:
    return _said(_FAILED, {"error": _BROKEN})


def _said(status: int, content: dict[str, str | int], headers: dict[str, str] | None = None) -> _Answer:
    return Response(content, status_code=status, headers={"cache-control": "no-store", **(headers or {})})
