"""Arranging the start page: move, hide and reset cards, and say how a role begins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from keqiao.access.matrix import role_names
from keqiao.ui.converters import whole_number
from keqiao.ui.gate import access_of, go, is_partial, signed_in
from keqiao.ui.home_cards import (
    COLUMNS,
    HIDDEN,
    Arrangement,
    arrangement_of,
    cards_of,
    keep,
    keep_for_role,
    reset,
)

if TYPE_CHECKING:
    from django.http import HttpRequest

    from keqiao.access.access import Access

HERE = "/start/arrange/"


@signed_in
@require_http_methods(["GET", "POST"])
def arrange_page(request: HttpRequest) -> HttpResponse:
    access = access_of(request)
    if request.method == "POST":
        return _change(request, access)
    return render(request, "ui/home_arrange.html", _context(access, request.GET.get("at", "")))


def _change(request: HttpRequest, access: Access) -> HttpResponse:
    given, arrangement = request.POST, arrangement_of(access)
    if given.get("reset"):
        reset(access)
        messages.success(request, _("Your start page is as it was in the beginning."))
        return go(request, HERE)
    if given.get("role"):
        return _begin_role(request, access, arrangement)
    card = given.get("card", "")[:60]
    if column := given.get("column", ""):
        arrangement.put(card, column, whole_number(given.get("at", "")))
    else:
        arrangement.move(card, given.get("way", ""))
    keep(access, arrangement)
    if is_partial(request):
        return render(request, "ui/home_arrange.html#board", _context(access, card))
    return go(request, f"{HERE}?at={card}")


def _begin_role(request: HttpRequest, access: Access, arrangement: Arrangement) -> HttpResponse:
    if not access.is_administrator:
        raise PermissionDenied
    role = whole_number(request.POST.get("role", ""))
    name = role_names().get(role or 0)
    if role is not None and name:
        keep_for_role(role, arrangement)
        text = _("“%(role)s” begins with this start page. Who moved cards already keeps them.")
        messages.success(request, text % {"role": name})
    return go(request, HERE)


def _context(access: Access, moved: str) -> dict[str, Any]:
    labels = {card.key: card.label for card in cards_of(access)}
    words = {
        "left": _("Left column"),
        "middle": _("Middle column"),
        "right": _("Right column"),
        HIDDEN: _("Hidden"),
    }
    columns = [
        {
            "name": name,
            "label": words[name],
            "is_hidden": name == HIDDEN,
            "is_leftmost": name == COLUMNS[0],
            "is_rightmost": name == COLUMNS[-1],
            "cards": [{"key": key, "label": labels[key], "is_moved": key == moved} for key in keys],
        }
        for name, keys in arrangement_of(access).columns.items()
    ]
    roles = list(role_names().items()) if access.is_administrator else []
    return {"page_title": _("Arrange the start page"), "columns": columns, "roles": roles}
