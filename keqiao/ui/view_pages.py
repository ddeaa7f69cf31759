"""Keeping, sharing and tidying saved views: the dialogs behind the tabs of a list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from keqiao.access.rights import Action
from keqiao.ui.dialogs import dialog
from keqiao.ui.gate import access_of, go, require, signed_in
from keqiao.ui.list_state import ListState, given_state
from keqiao.ui.models import SavedView
from keqiao.ui.saved_views import (
    MOST_VIEWS,
    KnownView,
    audiences,
    choose,
    delete_view,
    may_change,
    order_views,
    overwrite_view,
    rename_view,
    save_view,
    views_of,
)

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType

LONGEST_NAME = 60


@signed_in
@require_http_methods(["GET", "POST"])
def save_page(request: HttpRequest, declared: ObjectType) -> HttpResponse:
    """Ask for a name and keep the list as it stands as a view."""
    access = access_of(request)
    require(access, Action.VIEW, declared)
    given = request.POST if request.method == "POST" else request.GET
    text = given.get("state", "")
    state = ListState.read(declared, given_state(text))
    name = " ".join(request.POST.get("name", "").split())[:LONGEST_NAME]
    audience = request.POST.get("audience", SavedView.OWN)
    problem = ""
    if request.method == "POST":
        problem = _problem(access, declared, name, audience)
        if not problem:
            is_first = request.POST.get("is_first") == "1"
            row = save_view(access, state, name, audience, is_first=is_first)
            messages.success(request, _("The view “%(name)s” is kept.") % {"name": name})
            return go(request, f"{state.base}?view={row.pk}")
    context = {
        "action_url": f"{state.base}views/save/",
        "cancel_url": state.url(),
        "state": text,
        "name": name,
        "audiences": audiences(access),
        "audience": audience,
        "problem": problem,
    }
    return dialog(
        request, "view_save", _("Save as a view"), context, status=422 if problem else 200
    )


def _problem(access: Access, declared: ObjectType, name: str, audience: str) -> str:
    if not name:
        return _("Please give the view a name.")
    if audience not in dict(audiences(access)):
        return _("You may not share a view with these people. Save it for yourself instead.")
    mine = [view for view in views_of(access, declared) if view.user_id == access.user_id]
    if any(view.name.casefold() == name.casefold() for view in mine):
        return _("You have a view of this name already. Please choose another name.")
    if len(mine) >= MOST_VIEWS // 2:
        return _("You have very many views of this list. Please delete some first.")
    return ""


@signed_in
@require_POST
def overwrite_page(request: HttpRequest, declared: ObjectType, view_id: int) -> HttpResponse:
    """Let the view hold what the list shows now."""
    _access, view = _changeable(request, declared, view_id)
    state = ListState.read(declared, given_state(request.POST.get("state", "")))
    overwrite_view(view, state)
    messages.success(request, _("The view “%(name)s” is kept.") % {"name": view.name})
    return go(request, f"{state.base}?view={view.id}")


@signed_in
@require_http_methods(["GET", "POST"])
def manage_page(request: HttpRequest, declared: ObjectType) -> HttpResponse:
    """Show every view of a list; rename, share, order, open first, keep as a tab or delete."""
    access = access_of(request)
    require(access, Action.VIEW, declared)
    problem = ""
    if request.method == "POST":
        problem = _act(request, access, declared)
        if not problem:
            return go(request, f"/{declared.path}/views/")
    known = views_of(access, declared)
    mine = [view for view in known if view.user_id == access.user_id]
    context: dict[str, Any] = {
        "object_type": declared,
        "action_url": f"/{declared.path}/views/",
        "cancel_url": f"/{declared.path}/",
        "problem": problem,
        "audiences": audiences(access),
        "views": [
            {
                "view": view,
                "may_change": may_change(access, view),
                "is_mine": view in mine,
                "by": access.person_name(view.user_id),
                "is_last": bool(mine) and view == mine[-1],
                "is_top": bool(mine) and view == mine[0],
            }
            for view in known
        ],
    }
    return dialog(request, "views", _("Views"), context, status=422 if problem else 200)


def _act(request: HttpRequest, access: Access, declared: ObjectType) -> str:
    """Carry out one button of the page; return what speaks against it."""
    verb, _colon, number = request.POST.get("do", "").partition(":")
    known = {str(view.id): view for view in views_of(access, declared)}
    view = known.get(number)
    if view is None:
        return _("This view is gone, or it is no longer shared with you.")
    if verb in {"tab", "untab"}:
        choose(access, view.id, is_tab=verb == "tab")
    elif verb in {"first", "unfirst"}:
        choose(access, view.id, is_first=verb == "first")
    elif verb in {"up", "down"}:
        _move(access, list(known.values()), view, -1 if verb == "up" else 1)
    elif not may_change(access, view):
        raise PermissionDenied
    elif verb == "delete":
        delete_view(view)
    elif verb == "rename":
        return _rename(request, access, declared, view)
    return ""


def _rename(request: HttpRequest, access: Access, declared: ObjectType, view: KnownView) -> str:
    name = " ".join(request.POST.get(f"name-{view.id}", "").split())[:LONGEST_NAME]
    audience = request.POST.get(f"audience-{view.id}", view.audience)
    allowed = audience == view.audience or audience in dict(audiences(access))
    if not name or not allowed:
        return _problem(access, declared, name, audience)
    department = view.department_id if audience == view.audience else access.department_id
    rename_view(view, name, audience, department)
    return ""


def _move(access: Access, known: list[KnownView], view: KnownView, step: int) -> None:
    mine = [one.id for one in known if one.user_id == access.user_id]
    if view.id not in mine:
        return
    place = mine.index(view.id)
    other = min(max(place + step, 0), len(mine) - 1)
    mine[place], mine[other] = mine[other], mine[place]
    order_views(access, mine)


def _changeable(
    request: HttpRequest, declared: ObjectType, view_id: int
) -> tuple[Access, KnownView]:
    access = access_of(request)
    require(access, Action.VIEW, declared)
    view = next((one for one in views_of(access, declared) if one.id == view_id), None)
    if view is None:
        raise Http404
    if not may_change(access, view):
        raise PermissionDenied
    return access, view
