"""Settings: the sentences people write again and again, one's own and the company's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from keqiao.activities.composer_models import Phrase
from keqiao.ui.converters import whole_number
from keqiao.ui.gate import access_of, go, signed_in

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from keqiao.access.access import Access

MOST = 100
LONGEST = 500


@signed_in
@require_http_methods(["GET", "POST"])
def phrases_page(request: HttpRequest) -> HttpResponse:
    access = access_of(request)
    problem = _changed(request, access) if request.method == "POST" else ""
    if request.method == "POST" and not problem:
        return go(request, "/settings/phrases/")
    context = {
        "heading": _("Common phrases"),
        "page_title": _("Common phrases"),
        "own": _phrases(access.user_id),
        "company": _phrases(None),
        "may_company": access.is_administrator,
        "problem": problem,
        "text": request.POST.get("text", ""),
    }
    status = 422 if problem else 200
    return render(request, "activities/phrases.html", context, status=status)


def _phrases(user_id: int | None) -> list[Phrase]:
    return list(Phrase.objects.filter(Q(("user_id", user_id))).order_by("position", "id"))


def _changed(request: HttpRequest, access: Access) -> str:
    """Add, rewrite or remove one phrase; return what hinders it."""
    given = request.POST
    is_company = given.get("whose") == "company"
    if is_company and not access.is_administrator:
        raise PermissionDenied
    mine = Phrase.objects.filter(Q(("user_id", None if is_company else access.user_id)))
    if number := whole_number(given.get("remove", "")):
        mine.filter(pk=number).delete()
        return ""
    text = " ".join(given.get("text", "").split())
    if not text:
        return _("Please write the phrase.")
    if len(text) > LONGEST:
        return _("A phrase has at most %(count)s characters.") % {"count": LONGEST}
    if number := whole_number(given.get("phrase", "")):
        mine.filter(pk=number).update(text=text)
        return ""
    count = mine.count()
    if count >= MOST:
        return _("There are %(count)s phrases already. Please remove one first.") % {"count": count}
    Phrase.objects.create(user_id=None if is_company else access.user_id, text=text, position=count)
    return ""
