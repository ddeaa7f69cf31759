"""Writes the fields of a record by section: in Python, for they are most of the record's page."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from keqiao.ui.icons import icon
from keqiao.ui.markup import joined, markup
from keqiao.ui.record_parts import Doubt

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from django.http import HttpRequest

WIDE = {True: SafeString(' class="wide"'), False: SafeString("")}


def sections_html(
    request: HttpRequest,
    sections: Sequence[dict[str, Any]],
    record_url: str,
    marks: Mapping[str, str],
) -> SafeString:
    """Return the sections; each field with its help, where it comes from, and the way to edit it.

    `marks` tells by field what is known of its value.
    """
    page = _Page(request, record_url, marks)
    return joined(
        markup(
            '<section><p class="sec">{}</p><dl class="fields">{}</dl></section>',
            section["label"],
            joined(map(page.line, section["items"])),
        )
        for section in sections
    )


class _Page:
    """What the lines of one page share, looked up once."""

    def __init__(self, request: HttpRequest, record_url: str, marks: Mapping[str, str]) -> None:
        self.request = request
        self.marks = marks
        self.record_url = record_url
        self.language = get_language() or ""
        self.edit, self.source = _("Edit"), _("Where it comes from")
        self.edit_icon, self.source_icon = icon("edit", "xs"), icon("history", "xs")

    def line(self, item: dict[str, Any]) -> SafeString:
        standard = str(item["standard"])
        return markup(
            '<div{}><dt>{}{}{}{}</dt><dd><div class="val"{}>{}{}</div>{}</dd></div>',
            WIDE[item["wide"]],
            item["label"],
            _mark(self.marks[item["name"]]) if item["name"] in self.marks else "",
            _help(item["label"], standard, self.language) if standard else "",
            self.source_link(item) if item["has_source"] else "",
            markup(' data-f="{}"', item["name"]) if item["can_edit"] else "",
            item["html"],
            self.reveal(item) if item["can_reveal"] else "",
            self.edit_link(item) if item["can_edit"] else "",
        )

    def source_link(self, item: dict[str, Any]) -> SafeString:
        address = f"{self.record_url}provenance/{item['name']}/"
        return markup(
            '<a class="src" href="{}" hx-get="{}" hx-target="#dialog" aria-label="{}: {}">{}</a>',
            address,
            address,
            self.source,
            item["label"],
            self.source_icon,
        )

    def edit_link(self, item: dict[str, Any]) -> SafeString:
        return markup(
            '<a class="edit" href="{}edit/?field={}#f-{}" aria-label="{}: {}">{}</a>',
            self.record_url,
            item["name"],
            item["name"],
            self.edit,
            item["label"],
            self.edit_icon,
        )

    def reveal(self, item: dict[str, Any]) -> SafeString:
        context = {"record": {"url": self.record_url}, "item": item}
        return render_to_string("ui/parts/reveal.html", context, self.request)


def _mark(text: str) -> SafeString:
    in_doubt = isinstance(text, Doubt)
    return markup(
        '<span class="mark{}" title="{}" role="img" aria-label="{}">{}</span>',
        " doubt" if in_doubt else "",
        text,
        text,
        icon("alert-triangle" if in_doubt else "circle-check", "xs"),
    )


@lru_cache(maxsize=1024)
def _help(label: str, standard: str, language: str) -> SafeString:
    context = {"label": label, "standard": standard, "id": ""}
    return render_to_string("ui/parts/field_help.html", context)
