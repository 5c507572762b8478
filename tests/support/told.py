"""Everything that could be told of an error or an object, by people who print, log, store or send it."""

import copy
import io
import json
import pickle
import traceback
from collections.abc import Awaitable, Callable
from pprint import pformat

import msgspec
import structlog
from structlog.tracebacks import ExceptionDictTransformer

__all__ = ["error_of", "told_of_error", "told_of_object"]

_TRANSFORMER = ExceptionDictTransformer(
    show_locals=True, locals_max_length=10_000, locals_max_string=10_000, use_rich=False
)


async def error_of(act: Callable[[], Awaitable[object]]) -> Exception:
    """Do something that fails, and return how, without the frame of this function.

    Raises:
        AssertionError: it did not.
    """
    try:
        await act()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is looked at
        trace = error.__traceback__
        return error.with_traceback(None if trace is None else trace.tb_next)
    message = "nothing failed"
    raise AssertionError(message)


def told_of_error(error: BaseException) -> bytes:
    """Return its texts, its tracebacks with the variables of every frame, a pickle of it, and lines of a log."""
    shown = [str(error), repr(error), pformat(error.args), json.dumps(error.args, default=repr)]
    chained = traceback.TracebackException.from_exception(error, capture_locals=True)
    shown.extend(chained.format(chain=True))
    logger: structlog.BoundLogger = structlog.wrap_logger(
        structlog.PrintLogger(written := io.StringIO()),
        processors=[structlog.processors.ExceptionRenderer(_TRANSFORMER), structlog.processors.JSONRenderer()],
        wrapper_class=structlog.BoundLogger,
    )
    logger.error("it failed", error=error, exc_info=error)
    shown.append(written.getvalue())
    return "\n".join(shown).encode(errors="backslashreplace") + _kept(pickle.dumps, error)


def told_of_object(subject: object) -> bytes:
    """Return its texts, its attributes, and whatever copying and encoding it gives or says."""
    shown = [str(subject), repr(subject), f"{subject}", ascii(subject), pformat({"it": [subject]})]
    shown.extend(repr(vars(subject)) if hasattr(subject, "__dict__") else ())
    encoded = [
        _kept(work, subject)
        for work in (
            *(_pickled(protocol) for protocol in range(pickle.HIGHEST_PROTOCOL + 1)),
            msgspec.json.encode,
            msgspec.msgpack.encode,
            lambda it: repr(msgspec.to_builtins(it)).encode(),
            lambda it: json.dumps(it, default=repr).encode(),
            lambda it: repr(copy.copy(it)).encode(),
            lambda it: repr(copy.deepcopy(it)).encode(),
        )
    ]
    return "\n".join(shown).encode() + b"\n".join(encoded)


def _pickled(protocol: int) -> Callable[[object], bytes]:
    return lambda it: pickle.dumps(it, protocol=protocol)


def _kept(work: Callable[[object], bytes], subject: object) -> bytes:
    # What refuses has said something, too.
    try:
        return work(subject)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is looked at
        return "".join(
            traceback.TracebackException.from_exception(error, capture_locals=True).format(chain=True)
        ).encode(errors="backslashreplace")
