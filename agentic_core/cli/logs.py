"""Log lines as JSON on the error stream, one a line."""

import sys
from collections.abc import Callable

import structlog

from agentic_core.domain.records import LogLine
from agentic_core.domain.times import to_datetime

__all__ = ["line_printer"]


def line_printer() -> Callable[[LogLine], None]:
    """Return what prints the lines of a deployment with the fields they are stored with."""
    logger = structlog.wrap_logger(
        structlog.PrintLogger(sys.stderr),
        processors=[structlog.processors.JSONRenderer(sort_keys=False)],
        wrapper_class=structlog.BoundLogger,
    )

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
