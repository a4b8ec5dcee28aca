"""Logs: a sentence and fields a line, as key=value or as JSON. They carry ids, never addresses."""

from __future__ import annotations

import logging
import sys
from enum import StrEnum
from typing import Any

import structlog


class LogFormat(StrEnum):
    """How log lines look."""

    TEXT = "text"
    JSON = "json"


def set_up_logs(form: LogFormat, *, level: int = logging.INFO, color: bool = False) -> None:
    """Write logs of ours and of libraries to stderr, all in one form."""
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _renderer(form, color=color),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # its own words on every tick are noise; ours say what a pass did
    logging.getLogger("apscheduler").setLevel(max(level, logging.WARNING))


def _renderer(form: LogFormat, *, color: bool) -> Any:
    if form is LogFormat.JSON:
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    if color:
        return structlog.dev.ConsoleRenderer(colors=True, pad_event_to=0, pad_level=True)
    return structlog.processors.LogfmtRenderer(
        key_order=["timestamp", "level", "event"], bool_as_flag=False
    )
