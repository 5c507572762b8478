"""Log lines as JSON, one a line."""

import sys
from collections.abc import Callable
from typing import TextIO

import structlog

from agentic_core.domain.records import LogLine
from agentic_core.domain.times import Instant, to_datetime
from agentic_core.logevents import LogEvent, LogLevel, Say

__all__ = ["complainer", "line_printer", "sayer"]


def line_printer(stream: TextIO | None = None) -> Callable[[LogLine], None]:
    """Return what prints the lines of a deployment with the fields they are stored with.

    Args:
        stream: where to; None for the error stream.
    """
    logger = _logger(stream or sys.stderr)

    def show(line: LogLine) -> None:
        logger.msg(
            line.event,
            ts=to_datetime(line.ts).isoformat(),
            level=line.level,
            message=line.message,
            deployment_id=line.deployment_id,
            trace_id=line.trace_id,
            **line.data,
        )

    return show


def complainer(stream: TextIO | None = None) -> Callable[[str], None]:
    """Return what prints that a venue said something that makes no sense.

    Args:
        stream: where to; None for the error stream.
    """
    logger = _logger(stream or sys.stderr)
    return lambda message: logger.msg("venue_unreadable", level=LogLevel.WARN, message=message)


def sayer(now: Callable[[], Instant], stream: TextIO | None = None) -> Say:
    """Return what prints lines that belong to no deployment.

    Args:
        now: the time of this machine.
        stream: where to; None for the error stream.
    """
    logger = _logger(stream or sys.stderr)

    def say(event: LogEvent, message: str, *, level: LogLevel = LogLevel.INFO, **facts: str | int | None) -> None:
        logger.msg(event, ts=to_datetime(now()).isoformat(), level=level, message=message, **facts)

    return say


def _logger(stream: TextIO) -> structlog.BoundLogger:
    logger: structlog.BoundLogger = structlog.wrap_logger(
        structlog.PrintLogger(stream),
        processors=[structlog.processors.JSONRenderer(sort_keys=False)],
        wrapper_class=structlog.BoundLogger,
    )
    return logger
