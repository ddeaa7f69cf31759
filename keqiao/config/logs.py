"""How an installation writes its log: one JSON object a line, or plain lines for a terminal."""

from __future__ import annotations

import logging.config
from typing import Any

import structlog

from keqiao.config.environment import ConfigurationError

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
FORMS = ("json", "plain")


def logging_settings(*, level: str, form: str) -> dict[str, Any]:
    """Configure structlog and return the matching dictionary for the standard library's logging."""
    if level not in LEVELS:
        msg = f"KEQIAO_LOG_LEVEL must be one of {', '.join(LEVELS)}, not {level!r}."
        raise ConfigurationError(msg)
    if form not in FORMS:
        msg = f"KEQIAO_LOG must be one of {', '.join(FORMS)}, not {form!r}."
        raise ConfigurationError(msg)
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    settings = _dictionary(level, form, shared)
    logging.config.dictConfig(settings)
    return settings


def _dictionary(level: str, form: str, shared: list[Any]) -> dict[str, Any]:
    # JSON escapes line ends, so a value typed by a user cannot forge a second log line.
    render: list[Any] = (
        [
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
        if form == "json"
        else [structlog.dev.ConsoleRenderer(colors=False)]
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "keqiao": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": shared,
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *render],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "keqiao"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # Refused hosts and missing pages are answered and counted; they are not faults.
            "django.security.DisallowedHost": {"level": "ERROR"},
            "django.request": {"level": "ERROR"},
            "axes": {"level": "WARNING"},
            "fontTools": {"level": "WARNING"},
        },
    }
