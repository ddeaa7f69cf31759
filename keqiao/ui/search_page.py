"""Search over everything a person may see, on a page of its own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from django.shortcuts import render
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from keqiao.records.search import search
from keqiao.ui.gate import access_of, signed_in
from keqiao.ui.navigation import sentence

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

HITS_PER_TYPE = 10
LONGEST_QUESTION = 100


@signed_in
def search_page(request: HttpRequest) -> HttpResponse:
    text = asked(request)
    groups = search(access_of(request), text, per_type=HITS_PER_TYPE) if text else []
    context = {
        "q": text,
        "search_text": text,
        "page_title": _("Search"),
        "groups": [
            {
                "label": sentence(group.object_type.label_plural),
                "hits": [
                    {
                        "url": f"/{group.object_type.path}/{hit.id}/",
                        "title": hit.title,
                        "title_html": marked(hit.title, text),
                        "subtitle": hit.subtitle,
                    }
                    for hit in group.hits
                ],
                "more_url": f"/{group.object_type.path}/?search={quote(text)}"
                if group.more
                else "",
            }
            for group in groups
        ],
    }
    return render(request, "ui/search.html", context)


def asked(request: HttpRequest) -> str:
    return " ".join(request.GET.get("q", "").split())[:LONGEST_QUESTION]


def marked(title: str, text: str) -> SafeString:
    """Return the title with the typed part marked where it literally occurs."""
    if not text:
        return format_html("{}", title)
    parts = re.split(f"({re.escape(text)})", title, flags=re.IGNORECASE)
    return format_html_join("", "{}", ((_part(part, text),) for part in parts))


def _part(part: str, text: str) -> Any:
    return format_html("<mark>{}</mark>", part) if part.casefold() == text.casefold() else part
