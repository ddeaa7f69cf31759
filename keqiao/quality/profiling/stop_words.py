"""The words that do not tell values apart, and the page where a company changes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from keqiao.base.text import clean_line
from keqiao.quality.profiling.clustering import default_stop_words
from keqiao.quality.profiling.models import ProfileSettings
from keqiao.ui.gate import access_of, administrators_only, go

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

ADDRESS = "/settings/stop-words/"
MOST_WORDS = 500
LONGEST_WORD = 40


def stop_words() -> list[str]:
    """Return the words a company keeps; the legal forms of companies while nobody changed them."""
    kept = ProfileSettings.objects.first()
    return default_stop_words() if kept is None else list(kept.stop_words)


@administrators_only
@require_http_methods(["GET", "POST"])
def stop_words_page(request: HttpRequest) -> HttpResponse:
    typed, problem = "\n".join(stop_words()), ""
    if request.method == "POST":
        typed = request.POST.get("words", "")
        words = list(dict.fromkeys(filter(None, map(clean_line, typed.splitlines()))))
        if "back" in request.POST:
            words = default_stop_words()
        if len(words) > MOST_WORDS or any(len(word) > LONGEST_WORD for word in words):
            problem = _("At most 500 words of at most 40 characters each, one on every line.")
        else:
            ProfileSettings.objects.update_or_create(
                pk=1, defaults={"stop_words": words, "changed_by_id": access_of(request).user_id}
            )
            messages.success(request, _("Saved"))
            return go(request, ADDRESS)
    heading = _("Stop words for variants")
    context = {
        "words": typed,
        "problem": problem,
        "heading": heading,
        "page_title": heading,
        "lead": _("Words at the beginning or end of a value that do not tell it from another one."),
    }
    page = "quality/profiling/stop_words.html"
    return render(request, page, context, status=422 if problem else 200)
