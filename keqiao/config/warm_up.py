"""Loads before the first visitor what each visitor would otherwise wait for, once for all workers.

Called in the web server's master: what is loaded there is shared by the workers it forks.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from wsgiref.util import setup_testing_defaults

import structlog
from django.apps import apps
from django.conf import settings
from django.db import connections
from django.template import TemplateDoesNotExist, TemplateSyntaxError
from django.template.loader import get_template
from django.utils import translation

if TYPE_CHECKING:
    from collections.abc import Callable

log = structlog.get_logger(__name__)
PAGE = "/auth/login/"


def warm_up(application: Callable[..., Any]) -> None:
    """Load texts, tables and templates, then answer one page to nobody; a fault only costs time."""
    try:
        load_texts()
        load_tables()
        load_templates()
        ask_for_page(application)
    except Exception:
        log.exception("warm_up")
    finally:
        connections.close_all()


def load_texts() -> None:
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            translation.gettext("")


def load_tables() -> None:
    from keqiao.base.names import fold_company
    from keqiao.base.phone import format_phone, parse_phone
    from keqiao.base.pinyin import initials
    from keqiao.base.regions import parse_region

    parse_region("江苏省苏州市")
    fold_company("苏州博远精密机械有限公司")
    initials("客桥")
    for number in ("13800138000", "010-88886666", "+14155552671"):
        format_phone(parse_phone(number).e164)


def load_templates() -> None:
    """Compile the product's own templates; the cached loader keeps them."""
    for config in apps.get_app_configs():
        folder = Path(config.path) / "templates"
        if not config.name.startswith("keqiao."):
            continue
        for path in folder.rglob("*.html"):
            try:
                get_template(path.relative_to(folder).as_posix())
            except (TemplateDoesNotExist, TemplateSyntaxError):
                log.exception("template", path=path.name)


def ask_for_page(application: Callable[..., Any]) -> None:
    environ: dict[str, Any] = {
        "PATH_INFO": PAGE,
        "HTTP_HOST": settings.ALLOWED_HOSTS[0].lstrip(".") if settings.ALLOWED_HOSTS else "",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.url_scheme": "https" if settings.HTTPS else "http",
        "wsgi.input": BytesIO(),
    }
    setup_testing_defaults(environ)
    answer = application(environ, lambda status, headers, fault=None: None)
    b"".join(answer)
    if hasattr(answer, "close"):
        answer.close()
