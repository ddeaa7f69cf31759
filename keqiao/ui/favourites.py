"""Favourites: records a person marks with a star to have them at hand everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from keqiao.access.rights import Action
from keqiao.base.clock import now
from keqiao.base.prepared import ask, padded
from keqiao.records.query import get_record
from keqiao.ui.gate import access_of, back_to, go, is_partial, require, signed_in
from keqiao.ui.models import Favourite
from keqiao.ui.navigation import sentence
from keqiao.ui.pointers import Pointer, pointers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType

MOST = 200
AT_THE_SIDE = 12


def _me(access: Access) -> int:
    return access.user_id or 0  # the system itself has no favourites


def favourites_of(access: Access) -> list[Pointer]:
    """Return the records this person starred and may still see, the latest star first."""
    rows = Favourite.objects.filter(user_id=_me(access)).order_by("-added_at", "-pk")
    return pointers(access, rows.values_list("object_key", "record_id"))


def is_favourite(access: Access, declared: ObjectType, record_id: int) -> bool:
    return bool(starred(access, declared, [record_id]))


def starred(access: Access, declared: ObjectType, ids: Sequence[int]) -> frozenset[int]:
    """Return which of these records this person marked."""
    return frozenset(ask("starred", [_me(access), declared.key, *padded(ids)], _starred))


def _starred(marks: Sequence[Any]) -> QuerySet[Favourite, int]:
    user, key, *ids = marks
    found = Favourite.objects.filter(user_id=user, object_key=key, record_id__in=ids)
    return found.values_list("record_id", flat=True)


@signed_in
@require_POST
def star(request: HttpRequest, declared: ObjectType, record_id: int) -> HttpResponse:
    """Set or take the star; sending the same wish twice changes nothing."""
    access = access_of(request)
    require(access, Action.VIEW, declared)
    get_record(access, declared, record_id)
    mine = Favourite.objects.filter(user_id=_me(access))
    wanted = request.POST.get("on") == "1"
    problem = ""
    if not wanted:
        mine.filter(object_key=declared.key, record_id=record_id).delete()
    elif not is_favourite(access, declared, record_id):
        if mine.count() >= MOST:
            wanted = False
            problem = _(
                "You have %(count)s favourites already. Take the star from one of them first."
            ) % {"count": MOST}
        else:
            made = Favourite(
                user_id=_me(access), object_key=declared.key, record_id=record_id, added_at=now()
            )
            Favourite.objects.bulk_create([made], ignore_conflicts=True)
    return _answer(request, declared, record_id, on=wanted, problem=problem)


def _answer(
    request: HttpRequest, declared: ObjectType, record_id: int, *, on: bool, problem: str
) -> HttpResponse:
    url = f"/{declared.path}/{record_id}/"
    if not is_partial(request):
        if problem:
            messages.error(request, problem)
        return go(request, back_to(request, url))
    context = {"record": {"url": url}, "is_favourite": on, "problem": problem}
    response = render(request, "ui/parts/star.html", context, status=422 if problem else 200)
    response["HX-Trigger"] = "favouritesChanged"
    return response


@signed_in
@require_GET
def favourites_page(request: HttpRequest) -> HttpResponse:
    found = favourites_of(access_of(request))
    if is_partial(request) and request.GET.get("part") == "side":
        context = {"found": found[:AT_THE_SIDE], "more": len(found) > AT_THE_SIDE}
        return render(request, "ui/favourites.html#side", context)
    groups: dict[str, list[Pointer]] = {}
    for one in found:
        groups.setdefault(sentence(one.declared.label_plural), []).append(one)
    return render(request, "ui/favourites.html", {"groups": groups, "page_title": _("Favourites")})
