"""The page that shows what other values tell about empty fields, before it is filled in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.db import transaction
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_http_methods

from keqiao.base.clock import now
from keqiao.base.words import say
from keqiao.catalog import state
from keqiao.catalog.registry import object_types
from keqiao.jobs.options import with_options
from keqiao.quality.completion.filling import (
    LOOKED_AT,
    fill_in,
    preview,
    usable_rules,
    uses_identity,
)
from keqiao.quality.completion.models import SETTINGS, CompletionSettings
from keqiao.records.audit import write_note
from keqiao.records.present import titles_of
from keqiao.ui.gate import access_of, go, signed_in, source_of
from keqiao.ui.navigation import sentence

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType

EXAMPLES = 5
ADDRESS = "/quality/completion/"


def types_to_complete(access: Access) -> list[ObjectType]:
    return [declared for declared in object_types() if usable_rules(access, declared)]


@signed_in
@require_http_methods(["GET", "POST"])
def completion_page(request: HttpRequest) -> HttpResponse:
    access = access_of(request)
    types = types_to_complete(access)
    if not types:
        raise PermissionDenied
    asked = request.POST.get("object") or request.GET.get("object", "")
    declared = next((one for one in types if one.key == asked), types[0])
    if request.method == "POST" and request.POST.get("do") == "identity":
        return _decide_identity(request, access, declared)
    if request.method == "POST":
        return _begin(request, access, declared)
    names = list(dict.fromkeys(rule.target.name for rule in usable_rules(access, declared)))
    context = {
        "page_title": _("Fill in"),
        "tabs": [
            {
                "label": sentence(one.label_plural),
                "url": f"{ADDRESS}?object={one.key}",
                "current": one == declared,
            }
            for one in types
        ],
        "declared": declared,
        "identity": _identity(access),
        "fields": [
            found for name in names if (found := _field(access, declared, name)) is not None
        ],
        "most": f"{LOOKED_AT:,}",
    }
    return render(request, "quality/completion/page.html", context)


def _field(access: Access, declared: ObjectType, name: str) -> dict[str, Any] | None:
    found, looked_at = preview(access, declared, name)
    if not found:
        return None
    own = declared.builtin_fields[name]
    shown = found[:EXAMPLES]
    titles = titles_of(access, declared, [one.record.pk for one in shown])
    return {
        "name": name,
        "label": sentence(own.label),
        "count": f"{len(found):,}",
        "empty": f"{looked_at:,}",
        "is_capped": looked_at == LOOKED_AT,
        "examples": [
            {
                "title": titles.get(one.record.pk, ""),
                "url": f"/{declared.path}/{one.record.pk}/",
                "value": own.kind.text(one.value, own),
                "why": one.rule.label,
                "sure": f"{one.rule.confidence:.0%}",
            }
            for one in shown
        ],
    }


def _identity(access: Access) -> dict[str, Any] | None:
    """Return the switch for identity numbers as an administrator sees it; None for others."""
    return {"is_on": uses_identity()} if access.is_administrator else None


def _decide_identity(request: HttpRequest, access: Access, declared: ObjectType) -> HttpResponse:
    """Keep whether identity numbers may be read; whoever says so stands in the change log."""
    if not access.is_administrator:
        raise PermissionDenied
    is_on = "uses_identity" in request.POST
    values = {"uses_identity": is_on, "changed_at": now(), "changed_by_id": access.user_id}
    with transaction.atomic():
        CompletionSettings.objects.update_or_create(pk=1, defaults=values)
        state.bump(SETTINGS)
        write_note(
            access,
            declared,
            "completion",
            source_of(request),
            now(),
            after={"uses_identity": is_on},
        )
    messages.success(request, _("Saved."))
    return go(request, f"{ADDRESS}?object={declared.key}")


def _begin(request: HttpRequest, access: Access, declared: ObjectType) -> HttpResponse:
    """Start filling in one field; the page of the job shows how far it is and takes it back."""
    name = request.POST.get("field", "")
    if name not in {rule.target.name for rule in usable_rules(access, declared)}:
        raise BadRequest
    title = say(gettext_noop("Fill in “%(field)s”"), field=str(declared.builtin_fields[name].label))
    chosen: Any = with_options(fill_in, actor_id=access.user_id, title=title)
    job = chosen.enqueue(
        user_id=access.user_id,
        request_id=getattr(request, "request_id", ""),
        object_key=declared.key,
        where=[f"{name}:is_empty"],
        search="",
        ids=None,
        name=name,
    )
    return go(request, f"/jobs/{job.id}/")
