"""The worker's own log: one JSON line per event, each with the job it is about."""

from __future__ import annotations

import sys
from typing import Any

import structlog

logger: Any = structlog.get_logger("keqiao.jobs")


def ensure_configured() -> None:
    """Write JSON lines to standard error unless the installation has set up logging already."""
    if structlog.is_configured():
        return
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.dict_tracebacks,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
