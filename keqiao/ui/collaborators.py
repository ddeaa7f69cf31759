"""Who was let in to a record (协作人): letting in, extending, ending and leaving, with the inherited ones."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from keqiao.access.models import Collaborator, User
from keqiao.access.reasons import records_above
from keqiao.access.rights import LEVEL_LABELS, Action
from keqiao.base.clock import now
from keqiao.base.problems import Problem as BaseProblem
from keqiao.catalog.registry import object_type, object_types
from keqiao.records.present import titles_of
from keqiao.records.query import get_record, records
from keqiao.records.sharing import let_in, let_out, own_reach
from keqiao.ui.cells import near_date
from keqiao.ui.converters import whole_number
from keqiao.ui.dialogs import dialog, end_of_day, people_boxes
from keqiao.ui.gate import access_of, go, refused, require, signed_in, source_of
from keqiao.ui.navigation import sentence
from keqiao.ui.picking import several_picked_or_typed
from keqiao.ui.record_page import record_rights

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import Model
    from django.http import HttpRequest, HttpResponse

    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType
    from keqiao.records.drafts import Source
    from keqiao.records.sharing import OwnReach

LONGEST_NOTE = 200
MOST_AT_ONCE = 20


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
    # What was sent to share stands there again when it was refused; other buttons have their own.
    is_sharing = bool(problem) and not request.POST.keys() & {"extend", "end"}
    given = request.POST if is_sharing else QueryDict()
    own = own_reach(access, record) if may_share else None
    end = own.until() if own else None
    last_day = timezone.localdate(end).isoformat() if end else ""
    collaborators = _collaborators(access, declared, record_id, own)
    if problem:
        _keep_day(collaborators, request.POST)
    context = {
        "action_url": f"/{declared.path}/{record_id}/people/",
        "cancel_url": f"/{declared.path}/{record_id}/",
        "owner": access.person_name(record.owner_id),  # type: ignore[attr-defined]
        "team": access.department_name(record.team_id),  # type: ignore[attr-defined]
        "level": LEVEL_LABELS[access.level(Action.VIEW, declared)],
        "collaborators": collaborators,
        "inherited": _inherited(access, declared, record),
        "control_html": people_boxes("new-person", "person", _("Let colleagues in"), given),
        "below_text": _below_text(declared) if own is None or own.with_below else "",
        "last_day": last_day,
        "until_label": _("Until (%(day)s at the latest)") % {"day": last_day}
        if last_day
        else _("Until (empty: for good)"),
        "given": given,
        "may_share": may_share,
        "may_leave": any(one["id"] == access.user_id for one in collaborators),
        "problem": problem,
    }
    return dialog(request, "people", _("Who can see this record"), context, 422 if problem else 200)


def _collaborators(
    access: Access, declared: ObjectType, record_id: int, own: OwnReach | None = None
) -> list[dict[str, Any]]:
    """Return who was let in; `own`: how far this person may extend them."""
    rows = Collaborator.objects.filter(object_key=declared.key, record_id=record_id)
    return [
        {
            "id": row.user_id,
            "name": row.user.name,
            "can_write": row.can_write,
            "with_below": row.with_below,
            "by": access.person_name(row.added_by_id),
            "until": near_date(timezone.localtime(row.expires_at).date()) if row.expires_at else "",
            "until_value": timezone.localtime(row.expires_at).date().isoformat()
            if row.expires_at
            else "",
            "is_over": bool(row.expires_at and row.expires_at <= now()),
            "is_own": own is not None and row.user_id == own.user_id,
            "may_extend": own is None or own.with_below or not row.with_below,
        }
        for row in rows.select_related("user").order_by("added_at")
    ]


def _keep_day(collaborators: list[dict[str, Any]], given: QueryDict) -> None:
    """Show the day that was asked for again in the line where it was refused."""
    for one in collaborators:
        if given.get("extend") == str(one["id"]):
            one["until_value"] = given.get("until", "")


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
            found.extend(
                {**one, "source": source}
                for one in lines
                if one["with_below"] and not one["is_over"]
            )
    return found


def _leave(
    request: HttpRequest, access: Access, declared: ObjectType, record_id: int
) -> HttpResponse:
    """Give up one's own share; nobody needs a right for that."""
    let_out(access, declared, record_id, access.user_id or 0, source=source_of(request))
    messages.success(request, _("You no longer work on this record."))
    seen = records(_remembering_nothing(access), declared).filter(pk=record_id).exists()
    return go(request, f"/{declared.path}/{record_id}/" if seen else f"/{declared.path}/")


def _remembering_nothing(access: Access) -> Access:
    """Return the same person's access without what it remembers of shares."""
    return type(access).for_user(User.objects.get(pk=access.user_id or 0))


def _share_or_end(request: HttpRequest, access: Access, declared: ObjectType, record: Model) -> str:
    """Let people in or end it, with a line in the change log; return what was wrong, if anything."""
    given, source = request.POST, source_of(request)
    ended = whole_number(given.get("end", ""))
    if ended is not None:
        try:
            let_out(access, declared, record.pk, ended, source=source)
        except BaseProblem as refused:
            return str(refused)
        return ""
    try:
        until = end_of_day(given.get("until", ""))
    except BaseProblem:
        return _("Please enter the last day like 2026-12-31, or leave it empty.")
    extended = whole_number(given.get("extend", ""))
    if extended is not None:
        return _extend(access, declared, record.pk, extended, until, source)
    people, unknown = _asked_people(several_picked_or_typed(given, "person"))
    if unknown:
        text = _("“%(names)s” is nobody here. Please choose colleagues from the suggestions.")
        return text % {"names": _(", ").join(unknown)}
    if not people:
        return _("Please choose a colleague from the suggestions.")
    try:
        let_in(
            access,
            declared,
            record.pk,
            people,
            source=replace(source, note=" ".join(given.get("note", "").split())[:LONGEST_NOTE]),
            can_write=given.get("can_write") == "true",
            until=until,
            with_below=given.get("with_below") == "true",
        )
    except BaseProblem as beyond:
        return str(beyond)
    return ""


def _extend(
    access: Access,
    declared: ObjectType,
    record_id: int,
    user_id: int,
    until: datetime | None,
    source: Source,
) -> str:
    """Give a share another last day; what it allows stays as it was."""
    rows = Collaborator.objects.filter(object_key=declared.key, record_id=record_id)
    share = rows.filter(user_id=user_id, user__is_active=True).select_related("user").first()
    if share is None:
        return _("Please choose a colleague from the suggestions.")
    try:
        let_in(
            access, declared, record_id, [share.user], source=source, can_write=share.can_write,
            until=until, with_below=share.with_below,
        )  # fmt: skip
    except BaseProblem as beyond:
        return str(beyond)
    return ""


def _asked_people(asked: list[str]) -> tuple[list[User], list[str]]:
    """Return the colleagues that were picked or typed, each once, and what fits nobody."""
    found: list[User] = []
    unknown = []
    people = User.objects.filter(is_active=True)
    for text in asked[:MOST_AT_ONCE]:
        number = whole_number(text)
        chosen = people.filter(pk=number) if number is not None else people.filter(name=text)
        if chosen.count() != 1:
            unknown.append(text)
        elif chosen[0] not in found:
            found.append(chosen[0])
    return found, unknown


def _below_text(declared: ObjectType) -> str:
    """Name what belongs to a record of this type, to which people may be let in along with it."""
    named = []
    for below in object_types():
        targets = {below.builtin_fields[name].target for name in below.belongs_to}
        if declared.key in targets and "" not in targets:
            named.append(str(below.label_plural))
    if not named:
        return _("Also to what was done with it")
    return _("Also to its %(things)s and what was done with it") % {"things": _(", ").join(named)}
