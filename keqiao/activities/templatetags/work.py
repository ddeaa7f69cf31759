"""The word by which templates show lines of work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import template

from keqiao.activities import work_html

if TYPE_CHECKING:
    from django.template.context import Context
    from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag(takes_context=True)
def work_lines(context: Context, lines: list[dict[str, Any]], about: str = "") -> SafeString:
    """Return the lines; with `about="hidden"` without whom they are with."""
    token = str(context.get("csrf_token") or "")
    return work_html.work_lines(lines, token, with_about=about != "hidden")
