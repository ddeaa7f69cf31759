"""What auditors read: who reached for records of others and was refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from keqiao.access.models import RefusedAccess
from keqiao.access.refusals import MOST_NUMBERS, may_read_refusals
from keqiao.access.rights import ACTION_LABELS, Action
from keqiao.catalog.problems import UnknownObject
from keqiao.catalog.registry import object_type
from keqiao.ui.cells import moment_html
from keqiao.ui.converters import whole_number
from keqiao.ui.gate import access_of, signed_in
from keqiao.ui.navigation import sentence
from keqiao.ui.settings.menu import settings_page

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

LINES_AT_ONCE = 100


@signed_in
@require_GET
def refused_access(request: HttpRequest) -> HttpResponse:
    """Show the newest refusals, of everybody or of one person."""
    access = access_of(request)
    if not may_read_refusals(access):
        raise PermissionDenied
    person = whole_number(request.GET.get("person", ""))
    before = whole_number(request.GET.get("before", ""))
    everything = RefusedAccess.objects.order_by("-pk")
    found = everything if person is None else everything.filter(actor_id=person)
    if before is not None:
        found = found.filter(pk__lt=before)
    rows = list(found[: LINES_AT_ONCE + 1])
    names = dict(everything.order_by("pk").values_list("actor_id", "actor_name"))
    people = [(number, access.person_name(number) or name) for number, name in names.items()]
    context = {
        "lead": _(
            "Whoever opens or changes records out of reach, by page, program or list, is refused"
            " and counted here, one line a minute."
        ),
        "lines": [_line(one) for one in rows[:LINES_AT_ONCE]],
        "people": sorted(people, key=lambda one: one[1]),
        "person": person,
        "older": rows[LINES_AT_ONCE - 1].pk if len(rows) > LINES_AT_ONCE else None,
    }
    return settings_page(request, "refused", _("Refused access"), context)


def _line(one: RefusedAccess) -> dict[str, Any]:
    try:
        label = sentence(object_type(one.object_key).label)
    except UnknownObject:
        label = one.object_key
    numbers = ", ".join(f"#{number}" for number in one.record_ids)
    return {
        "when": moment_html(one.last_at),
        "who": one.actor_name,
        "object": label,
        "action": ACTION_LABELS[Action(one.action)],
        "tried": one.tried,
        "foreign": one.foreign,
        "numbers": f"{numbers} …" if len(one.record_ids) >= MOST_NUMBERS else numbers,
    }
