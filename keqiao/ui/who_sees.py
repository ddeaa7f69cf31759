"""Who can see a record and why, person by person; and what one colleague can see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from keqiao.access.access import Access
from keqiao.access.models import Role, User
from keqiao.access.reasons import (
    FieldReason,
    Reason,
    Viewer,
    Why,
    reasons_for_fields,
    records_above,
    viewers,
)
from keqiao.access.rights import ACTION_LABELS, LEVEL_LABELS, RIGHT_LABELS, Action, Level, Right
from keqiao.catalog.registry import object_type, object_type_of, object_types
from keqiao.records.present import titles_of
from keqiao.records.query import ListQuery, count_records, get_record
from keqiao.ui.cells import near_date
from keqiao.ui.converters import whole_number
from keqiao.ui.dialogs import dialog
from keqiao.ui.gate import access_of, administrators_only, require, signed_in
from keqiao.ui.navigation import sentence
from keqiao.ui.record_commands import RecordCommand, register_record_command
from keqiao.ui.settings.menu import settings_page
from keqiao.ui.settings.roles import role_name

if TYPE_CHECKING:
    from django.db.models import Model
    from django.http import HttpRequest, HttpResponse

    from keqiao.catalog.object_type import ObjectType

AT_ONCE = 30
SHOWN_ACTIONS = (Action.CHANGE, Action.DELETE, Action.TRANSFER, Action.EXPORT)

register_record_command(
    RecordCommand(
        "who",
        gettext_lazy("Who can see it and why"),
        "shield-check",
        "who/",
        synonyms="rights reason 权限 原因 可见",
        in_dialog=True,
        order=41,
    )
)


@signed_in
@require_GET
def who_page(request: HttpRequest, declared: ObjectType, record_id: int) -> HttpResponse:
    """List everybody who sees the record, with the reasons; anybody who sees it may ask."""
    access = access_of(request)
    require(access, Action.VIEW, declared)
    record = get_record(access, declared, record_id)
    telling = Telling(access, record)
    asked = " ".join(request.GET.get("q", "").split())[:60]
    page = max(whole_number(request.GET.get("page", "")) or 1, 1)
    everybody = viewers(record)
    found = [one for one in everybody if telling.matches(one, asked)]
    shown = found[(page - 1) * AT_ONCE : page * AT_ONCE]
    context = {
        "url": f"/{declared.path}/{record_id}/who/",
        "cancel_url": f"/{declared.path}/{record_id}/",
        "q": asked,
        "count": len(everybody),
        "people": [telling.line(one) for one in shown],
        "owner_left": telling.left_owner(),
        "before": page - 1,
        "after": page + 1 if len(found) > page * AT_ONCE else 0,
        "fields": _field_facts(request, access, declared, everybody),
    }
    return dialog(request, "who", _("Who can see it and why"), context)


class Telling:
    """Puts reasons into words for one reader, who learns no title that is not his to read."""

    def __init__(self, access: Access, record: Model) -> None:
        self.access = access
        self.record = record
        self.roles = {role.pk: role_name(role) for role in Role.objects.all()}
        self.titles: dict[tuple[str, int], str] = {}
        mask = access.fields(object_type_of(type(record)))
        for name, (key, number) in records_above(record):
            declared = object_type(key)
            if mask.is_readable(name) and access.can(Action.VIEW, declared):
                titles = titles_of(access, declared, [number])
                self.titles |= {(key, found): title for found, title in titles.items()}

    def matches(self, one: Viewer, asked: str) -> bool:
        words = f"{one.name} {self.access.department_name(one.department_id)}".casefold()
        return all(word in words for word in asked.casefold().split())

    def line(self, one: Viewer) -> dict[str, Any]:
        return {
            "id": one.user_id,
            "name": one.name,
            "department": self.access.department_name(one.department_id),
            "reasons": [self.reason(reason) for reason in one.reasons],
            "may": [ACTION_LABELS[action] for action in SHOWN_ACTIONS if action in one.may],
            "checks_url": f"/settings/people/{one.user_id}/sees/"
            if self.access.is_administrator
            else "",
        }

    def left_owner(self) -> str:
        """Return the owner's name when that colleague has left."""
        owner = User.objects.filter(pk=self.record.owner_id, is_active=False).first()  # type: ignore[attr-defined]
        return owner.name if owner else ""

    def reason(self, reason: Reason) -> str:
        above = ""
        if reason.above is not None:
            label = sentence(object_type(reason.above[0]).label)
            title = self.titles.get(reason.above)
            above = f"{label}「{title}」" if title else label
        roles = self._role_words(reason)
        if reason.why is Why.ADMINISTRATOR:
            return _("Administrator")
        if reason.why is Why.ALL:
            return _("Role %(roles)s reaches all") % {"roles": roles}
        if reason.why is Why.OWNER:
            return _("Owner of %(above)s") % {"above": above} if above else _("Owner")
        if reason.why is Why.DEPARTMENT:
            return self._by_department(reason, roles, above)
        return self._by_share(reason, above)

    def _role_words(self, reason: Reason) -> str:
        return "、".join(f"「{self.roles[one]}」" for one in reason.roles if one in self.roles)

    def _by_department(self, reason: Reason, roles: str, above: str) -> str:
        words = {
            "roles": roles,
            "level": LEVEL_LABELS[reason.level],
            "department": self.access.department_name(reason.department_id),
            "above": above,
        }
        if above:
            return _("Role %(roles)s: %(level)s (%(department)s), through %(above)s") % words
        return _("Role %(roles)s: %(level)s (%(department)s)") % words

    def _by_share(self, reason: Reason, above: str) -> str:
        text = _("Collaborator, may change") if reason.can_write else _("Collaborator, may read")
        if above:
            text = _("%(what)s (inherited from %(above)s)") % {"what": text, "above": above}
        if reason.until is not None:
            until = near_date(timezone.localtime(reason.until).date())
            text = _("%(what)s, until %(day)s") % {"what": text, "day": until}
        return text


# --- fields -----------------------------------------------------------------------------------------


def _field_facts(
    request: HttpRequest, access: Access, declared: ObjectType, everybody: list[Viewer]
) -> dict[str, Any] | None:
    """Return the limits on fields of one person: one's own, or for an administrator anybody's."""
    chosen = whole_number(request.GET.get("person", "")) or access.user_id
    if chosen != access.user_id and not access.is_administrator:
        chosen = access.user_id
    user = User.objects.filter(pk=chosen or 0).first()
    if user is None or chosen not in {one.user_id for one in everybody}:
        return None
    return {"name": user.name, "lines": _limits(user, declared)}


def _limits(user: User, declared: ObjectType) -> list[dict[str, str]]:
    """Return the fields this person cannot change freely, and which role says so."""
    roles = {role.pk: role_name(role) for role in Role.objects.all()}
    return [
        {
            "label": sentence(declared.field(one.name).label),
            "right": str(RIGHT_LABELS[one.right]),
            "why": _field_why(one, roles),
        }
        for one in reasons_for_fields(user, declared)
        if one.right is not Right.WRITE
    ]


def _field_why(one: FieldReason, roles: dict[int, str]) -> str:
    names = "、".join(f"「{roles[role]}」" for role in one.roles if role in roles)
    if names:
        return _("Role %(roles)s") % {"roles": names}
    return _("The field is sensitive") if one.right is Right.MASKED else _("No role gives more")


# --- what one colleague can see ----------------------------------------------------------------------


@administrators_only
@require_GET
def sees_page(request: HttpRequest, user_id: int) -> HttpResponse:
    """Show an administrator what a colleague reaches of each type, how many records, which fields not."""
    user = get_object_or_404(User, pk=user_id)
    theirs = Access.for_user(user)
    rows = []
    for declared in object_types():
        level = theirs.level(Action.VIEW, declared)
        rows.append(
            {
                "label": sentence(declared.label_plural),
                "icon": declared.icon,
                "level": LEVEL_LABELS[level],
                "count": _count(theirs, declared) if level is not Level.NONE else 0,
                "may": [ACTION_LABELS[one] for one in Action if theirs.can(one, declared)],
                "limits": _limits(user, declared) if level is not Level.NONE else [],
            }
        )
    context = {"person": user, "rows": rows}
    title = _("What %(name)s can see") % {"name": user.name}
    return settings_page(request, "sees", title, context)


def _count(access: Access, declared: ObjectType) -> int:
    return count_records(access, ListQuery(object_type=declared))
