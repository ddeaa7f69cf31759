"""Who was let in to a record (协作人): letting in, extending, ending and leaving, with the inherited ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from keqiao.access.directory import share_record, unshare_record
from keqiao.access.models import Collaborator, User
from keqiao.access.reasons import records_above
from keqiao.access.rights import LEVEL_LABELS, Action
from keqiao.base.clock import now
from keqiao.base.problems import Problem as BaseProblem
from keqiao.catalog.registry import object_type
from keqiao.records.audit import write_note
from keqiao.records.present import titles_of
from keqiao.records.query import get_record, records
from keqiao.ui.cells import near_date
from keqiao.ui.converters import whole_number
from keqiao.ui.dialogs import dialog, end_of_day, person_box
from keqiao.ui.gate import access_of, go, refused, require, signed_in, source_of
from keqiao.ui.navigation import sentence
from keqiao.ui.picking import picked_or_typed
from keqiao.ui.record_page import record_rights

if TYPE_CHECKING:
    from django.db.models import Model
    from django.http import HttpRequest, HttpResponse

    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType


@signed_in
@require_http_methods(["GET", "POST"])
def people_page(request: HttpRequest, declared: ObjectType, record_id: int) -> HttpResponse:
    access = access_of(request)
    require(access, Action.VIEW, declared)
    record = get_record(access, declared, record_id)
    may_share = record_rights(access, declared, record)["change"]
    problem = ""
    if request.method == "POST":
        if request.POST.get("leave"):
            return _leave(request, access, declared, record_id)
        if not may_share:
            raise refused(access, Action.CHANGE, declared, record_id)
        problem = _share_or_end(request, access, declared, record)
    collaborators = _collaborators(access, declared, record_id)
    context = {
        "action_url": f"/{declared.path}/{record_id}/people/",
        "cancel_url": f"/{declared.path}/{record_id}/",
        "owner": access.person_name(record.owner_id),  # type: ignore[attr-defined]
        "team": access.department_name(record.team_id),  # type: ignore[attr-defined]
        "level": LEVEL_LABELS[access.level(Action.VIEW, declared)],
        "collaborators": collaborators,
        "inherited": _inherited(access, declared, record),
        "control_html": person_box("new-person", "person"),
        "may_share": may_share,
        "may_leave": any(one["id"] == access.user_id for one in collaborators),
        "problem": problem,
    }
    return dialog(request, "people", _("Who can see this record"), context, 422 if problem else 200)


def _collaborators(access: Access, declared: ObjectType, record_id: int) -> list[dict[str, Any]]:
    rows = Collaborator.objects.filter(object_key=declared.key, record_id=record_id)
    return [
        {
            "id": row.user_id,
            "name": row.user.name,
            "can_write": row.can_write,
            "by": access.person_name(row.added_by_id),
            "until": near_date(timezone.localtime(row.expires_at).date()) if row.expires_at else "",
            "until_value": timezone.localtime(row.expires_at).date().isoformat()
            if row.expires_at
            else "",
            "is_over": bool(row.expires_at and row.expires_at <= now()),
        }
        for row in rows.select_related("user").order_by("added_at")
    ]


def _inherited(access: Access, declared: ObjectType, record: Model) -> list[dict[str, Any]]:
    """Return who was let in to a record above, where this person may see that one."""
    mask = access.fields(declared)
    found: list[dict[str, Any]] = []
    told: set[tuple[str, int]] = set()
    for name, (key, number) in records_above(record):
        above = object_type(key)
        if (key, number) in told or not mask.is_readable(name):
            continue
        told.add((key, number))
        title = titles_of(access, above, [number]) if access.can(Action.VIEW, above) else {}
        if number in title:
            source = f"{sentence(above.label)}「{title[number]}」"
            lines = _collaborators(access, above, number)
            found.extend({**one, "source": source} for one in lines if not one["is_over"])
    return found


def _leave(
    request: HttpRequest, access: Access, declared: ObjectType, record_id: int
) -> HttpResponse:
    """Give up one's own share; nobody needs a right for that."""
    with transaction.atomic():
        unshare_record(declared, record_id, access.user_id or 0)
        _note(request, access, declared, record_id, {"end": access.actor.name})
    messages.success(request, _("You no longer work on this record."))
    seen = records(_remembering_nothing(access), declared).filter(pk=record_id).exists()
    return go(request, f"/{declared.path}/{record_id}/" if seen else f"/{declared.path}/")


def _remembering_nothing(access: Access) -> Access:
    """Return the same person's access without what it remembers of shares."""
    return type(access).for_user(User.objects.get(pk=access.user_id or 0))


def _share_or_end(request: HttpRequest, access: Access, declared: ObjectType, record: Model) -> str:
    """Let somebody in or end it, with a line in the change log; return what was wrong, if anything."""
    ended = whole_number(request.POST.get("end", ""))
    if ended is not None:
        with transaction.atomic():
            unshare_record(declared, record.pk, ended)
            _note(request, access, declared, record.pk, {"end": access.person_name(ended)})
        return ""
    try:
        until = end_of_day(request.POST.get("until", ""))
    except BaseProblem:
        return _("Please enter the last day like 2026-12-31, or leave it empty.")
    can_write = request.POST.get("can_write") == "true"
    extended = whole_number(request.POST.get("extend", ""))
    user: User | None
    if extended is not None:
        rows = Collaborator.objects.filter(object_key=declared.key, record_id=record.pk)
        share = rows.filter(user_id=extended, user__is_active=True).select_related("user").first()
        user, can_write = (share.user, share.can_write) if share else (None, False)
    else:
        user = _asked_person(picked_or_typed(request.POST, "person"))
    if user is None:
        return _("Please choose a colleague from the suggestions.")
    by = request.user if isinstance(request.user, User) else None
    with transaction.atomic():
        share_record(declared, record.pk, user, by=by, can_write=can_write, expires_at=until)
        _note(request, access, declared, record.pk, {"person": user.name, "can_write": can_write})
    return ""


def _asked_person(picked: str) -> User | None:
    people = User.objects.filter(is_active=True)
    number = whole_number(picked)
    chosen = people.filter(pk=number) if number is not None else people.filter(name=picked)
    return chosen.first() if chosen.count() == 1 else None


def _note(
    request: HttpRequest,
    access: Access,
    declared: ObjectType,
    record_id: int,
    after: dict[str, Any],
) -> None:
    write_note(
        access, declared, "share", source_of(request), now(), record_id=record_id, after=after
    )
