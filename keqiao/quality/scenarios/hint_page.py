"""Answers while somebody types: who is there already that may be the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from keqiao.access.rights import Action
from keqiao.base.rate import asked
from keqiao.catalog.problems import FieldProblem
from keqiao.quality.candidates.comparing import comparing
from keqiao.quality.candidates.lookup import look_up
from keqiao.quality.candidates.weighing import scope_of
from keqiao.quality.merge_menu import can_be_merged
from keqiao.quality.merge_pages import merge_address
from keqiao.quality.scenarios.linking import known_apart
from keqiao.quality.scenarios.telling import LIKELY, hidden_fields, tell, visible_scope
from keqiao.records.query import get_record
from keqiao.ui.converters import whole_number
from keqiao.ui.form_parts import FormPart, register_form_part
from keqiao.ui.form_values import form_fields, posted_raw, writable
from keqiao.ui.gate import access_of, require, signed_in
from keqiao.ui.navigation import sentence

if TYPE_CHECKING:
    from django.db.models import Model
    from django.http import HttpRequest

    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType
    from keqiao.quality.candidates.comparing import Comparing
    from keqiao.quality.candidates.lookup import Candidate
    from keqiao.quality.scenarios.linking import known_apart
from keqiao.quality.scenarios.telling import Told

# As many checks as a program has requests, divided by this: 120 a minute where nothing else is set.
# More than anybody types; whoever asks faster is trying out what stands in other people's records.
_SHARE_OF_REQUESTS = 25


def register() -> None:
    register_form_part(FormPart("quality/scenarios/watch.html", _watch))


def _watch(_access: Access, declared: ObjectType, record: Model | None) -> dict[str, Any] | None:
    if comparing(declared) is None:
        return None
    return {
        "url": f"/{declared.path}/likely/",
        "record_id": record.pk if record is not None else "",
    }


@signed_in
@require_POST
def likely_page(request: HttpRequest, declared: ObjectType) -> HttpResponse:
    """Show who may be the same as what stands in the form so far; 204 when there is nothing to ask."""
    access, plan = access_of(request), comparing(declared)
    if plan is None or not _may_ask_again(access):
        return HttpResponse(status=204)
    record_id = whole_number(request.POST.get("likely_of", ""))
    record = None
    if record_id is None:
        require(access, Action.CREATE, declared)
    else:
        record = get_record(access, declared, record_id, Action.CHANGE)
    found = candidates_of_form(request, access, plan, record)
    told = tell(access, plan, found)
    may_merge = record is not None and can_be_merged(access, declared)
    context = {
        "likely": [_shown(declared, one, record_id if may_merge else None) for one in told],
        "is_new": record is None,
    }
    return render(request, "quality/scenarios/likely.html", context)


def candidates_of_form(
    request: HttpRequest, access: Access, plan: Comparing, record: Model | None
) -> list[Candidate]:
    """Return whom the values of the form may be the same as, of what this person may compare."""
    declared = plan.object_type
    scope = visible_scope(access, scope_of(declared))
    values = _stored(plan, record) | _typed(request, access, plan, creating=record is None)
    found = look_up(plan, plan.forms(values), scope, hidden_fields(access, [declared, *scope]))
    likely = [one for one in found if one.likeness >= LIKELY or one.found.is_named]
    if record is None or not likely:
        return likely
    itself = declared.key, record.pk
    apart = known_apart(*itself) | {itself}
    return [one for one in likely if one.side not in apart]


def _stored(plan: Comparing, record: Model | None) -> dict[str, Any]:
    if record is None:
        return {}
    fields = plan.object_type.fields()
    return {name: fields[name].value(record) for name in plan.names}


def _typed(
    request: HttpRequest, access: Access, plan: Comparing, *, creating: bool
) -> dict[str, Any]:
    """Return what stands in the controls, as clean as it is by now; half a number is compared too."""
    found = {}
    for own in form_fields(access, plan.object_type, creating=creating):
        if own.name not in plan.names or not writable(access, plan.object_type, own):
            continue
        raw = posted_raw(own, request.POST)
        try:
            found[own.name] = own.kind.clean(raw, own)
        except FieldProblem:
            found[own.name] = raw if isinstance(raw, str) else ""
    return found


def _may_ask_again(access: Access) -> bool:
    used, _left = asked(f"likely:{access.user_id}", 60)
    return used <= settings.KEQIAO_API_PER_MINUTE // _SHARE_OF_REQUESTS


def _shown(declared: ObjectType, one: Told, record_id: int | None) -> dict[str, Any]:
    is_own_type = one.object_type == declared
    merge = record_id is not None and is_own_type and one.record_id is not None
    return {
        "title": one.title,
        "url": f"/{one.object_type.path}/{one.record_id}/" if one.record_id is not None else "",
        "object": "" if is_own_type else sentence(one.object_type.label),
        "owner": one.owner,
        "reasons": one.reasons,
        "place": one.place,
        "place_url": one.place_url,
        "pointer": one.pointer,
        "merge_url": merge_address(declared, [record_id or 0, one.record_id or 0]) if merge else "",
    }
