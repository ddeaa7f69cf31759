"""Writes lines of work, to be done or done: in Python, for a day has many of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from keqiao.ui.icons import icon
from keqiao.ui.markup import joined, markup

if TYPE_CHECKING:
    from collections.abc import Iterable

NOTHING = SafeString("")


def work_lines(
    lines: Iterable[dict[str, Any]], csrf_token: str, *, with_about: bool = True
) -> SafeString:
    """Return the lines as `my_tasks.line` describes them, each with the way to tick it off."""
    writer = _Writer(csrf_token, with_about=with_about)
    return joined(
        writer.open(line) if line.get("is_open", True) else writer.done(line) for line in lines
    )


class _Writer:
    """What the lines of one page share, looked up once."""

    def __init__(self, csrf_token: str, *, with_about: bool) -> None:
        self.token = markup(
            '<input type="hidden" name="csrfmiddlewaretoken" value="{}">', csrf_token
        )
        self.with_about = with_about
        self.complete, self.go_on = _("Complete"), _("Complete and plan the next step")
        self.check, self.arrow = icon("check", "xs"), icon("arrow-right", "s")
        self.urgent = markup('<span class="tag red">{}</span>', _("Urgent"))
        self.at_risk = markup('<span class="tag red">{}</span>', _("at risk"))

    def open(self, line: dict[str, Any]) -> SafeString:
        return markup(
            '<li class="work">{}\n<div class="clip">{}{}{}{}{}</div>\n'
            '<time class="{}" title="{}">{}</time>{}</li>\n',
            self._box(line) if line["may"] else icon(line["icon"], "s"),
            _title(line),
            self.urgent if line["is_urgent"] else NOTHING,
            self.at_risk if line["is_at_risk"] else NOTHING,
            _about(line) if self.with_about else NOTHING,
            markup('<small class="dim">{}</small>', line["owner"]) if line["owner"] else NOTHING,
            line["urgency"],
            line["clock"],
            line["when"],
            self._next(line) if line["may"] else NOTHING,
        )

    def done(self, line: dict[str, Any]) -> SafeString:
        return markup(
            '<li class="work done">{}<div class="clip">{}{}</div><time title="{}">{}</time></li>\n',
            icon("circle-check", "s"),
            _title(line),
            _about(line),
            line["clock"],
            line["time"],
        )

    def _box(self, line: dict[str, Any]) -> SafeString:
        return markup(
            '<form class="inline" method="post" action="{}check/" hx-post="{}check/" hx-swap="none">{}'
            '<button class="tickbox" aria-label="{}: {}" title="{}">{}</button></form>',
            line["base"],
            line["base"],
            self.token,
            self.complete,
            line["title"],
            self.complete,
            self.check,
        )

    def _next(self, line: dict[str, Any]) -> SafeString:
        return markup(
            '<a class="icon-btn s" href="{}complete/" hx-get="{}complete/" hx-target="#dialog"'
            ' hx-swap="innerHTML" aria-label="{}: {}" title="{}">{}</a>',
            line["base"],
            line["base"],
            self.go_on,
            line["title"],
            self.go_on,
            self.arrow,
        )


def _title(line: dict[str, Any]) -> SafeString:
    return markup(
        '<a class="what" href="{}" hx-get="{}" hx-target="#dialog" hx-swap="innerHTML">{}</a>',
        line["url"],
        line["base"],
        line["title"],
    )


def _about(line: dict[str, Any]) -> SafeString:
    about = line["about_html"]
    return markup('<small class="clip">{}</small>', about) if about else NOTHING
