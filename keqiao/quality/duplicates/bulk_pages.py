"""The page on which safe pairs are merged: what would happen, a sample of it, and batches to undo."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Min
from django.http import Http404
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_http_methods, require_POST

from keqiao.base.words import say
from keqiao.jobs.options import with_options
from keqiao.quality.duplicates.bulk import (
    in_order,
    may_merge_in_bulk,
    merge_safe,
    merges_of,
    safe_groups,
    unmerge_batch,
)
from keqiao.quality.duplicates.deciding import visible_types
from keqiao.quality.duplicates.models import DuplicatePair
from keqiao.quality.merge_compare import readable_names
from keqiao.records.merging import UNDO_DAYS, mergeable
from keqiao.records.merging_values import ALL, default_choices
from keqiao.records.models import Merge
from keqiao.records.present import present
from keqiao.ui.cells import near_moment
from keqiao.ui.gate import access_of, go, signed_in
from keqiao.ui.navigation import sentence

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType
    from keqiao.quality.duplicates.bulk import SafeGroups

ADDRESS = "/quality/duplicates/merge/"
BATCH = "dup-"
SAMPLES = 5
MOST_BATCHES = 5
# From so many records on the number has to be typed.
TYPED_FROM = 20


@signed_in
@require_http_methods(["GET", "POST"])
def merge_page(request: HttpRequest) -> HttpResponse:
    """Show what would be merged; with the number typed, begin."""
    access = access_of(request)
    types = [one for one in visible_types(access) if may_merge_in_bulk(access, one)]
    if not types:
        raise PermissionDenied
    given = request.POST if request.method == "POST" else request.GET
    declared = next((one for one in types if one.key == given.get("object", "")), types[0])
    found = safe_groups(access, declared)
    problem = ""
    if request.method == "POST":
        problem = _not_confirmed(request, found)
        if not problem:
            return _begin(request, access, declared, found)
    context: dict[str, Any] = {
        "page_title": _("Merge safe pairs"),
        "tabs": [
            {
                "label": sentence(one.label_plural),
                "url": f"{ADDRESS}?object={one.key}",
                "current": one == declared,
            }
            for one in types
        ],
        "declared": declared,
        "groups": f"{len(found.groups):,}",
        "surplus": found.surplus,
        "has_any": bool(found.groups),
        "too_large": found.too_large,
        "kept_apart": found.kept_apart,
        "is_capped": found.is_capped,
        "is_typed": found.surplus >= TYPED_FROM,
        "samples": _samples(access, declared, found),
        "batches": _batches(access),
        "days": UNDO_DAYS,
        "problem": problem,
    }
    status = 422 if problem else 200
    return render(request, "quality/duplicates/merge.html", context, status=status)


def _not_confirmed(request: HttpRequest, found: SafeGroups) -> str:
    """Return what is wrong with the confirmation: the person confirms a number, and just that."""
    if not found.groups:
        return _("There is nothing to merge any more.")
    typed = request.POST.get("count", "").strip().replace(",", "")
    if typed == str(found.surplus):
        return ""
    if request.POST.get("shown", "") != str(found.surplus):
        return _("The pairs have changed meanwhile. Please look at the numbers as they are now.")
    message = _("Please type %(count)s, the number of records that will go into others.")
    return message % {"count": found.surplus}


def _begin(
    request: HttpRequest, access: Access, declared: ObjectType, found: SafeGroups
) -> HttpResponse:
    last = DuplicatePair.objects.order_by("-pk").values_list("pk", flat=True).first()
    title = say(gettext_noop("Merge safe pairs: %(objects)s"), objects=str(declared.label_plural))
    chosen: Any = with_options(merge_safe, actor_id=access.user_id, title=title)
    job = chosen.enqueue(
        user_id=access.user_id,
        batch=f"{BATCH}{secrets.token_hex(8)}",
        object_key=declared.key,
        until=last or 0,
        most=found.surplus,
    )
    return go(request, f"/jobs/{job.id}/")


def _samples(access: Access, declared: ObjectType, found: SafeGroups) -> list[dict[str, Any]]:
    """Return for some groups what will stay, what goes into it, and what it takes over."""
    groups = found.groups[:SAMPLES]
    rows = mergeable(access, declared).in_bulk([pk for group in groups for pk in group])
    return [_sample(access, declared, [rows[pk] for pk in group if pk in rows]) for group in groups]


def _sample(access: Access, declared: ObjectType, rows: list[Any]) -> dict[str, Any]:
    ordered = in_order(declared, rows)
    names, fields = readable_names(access, declared), declared.fields()
    shown = present(access, declared, ordered, names)
    by_id = {one.id: one for one in shown}
    choices = default_choices(access, declared, ordered[0], ordered[1:])
    taken = []
    for name in names:
        choice = choices.get(name, ordered[0].pk)
        texts = [one.cells[name].text for one in shown if one.cells[name].text]
        if choice == ALL and len(set(texts)) > 1:
            taken.append({"label": sentence(fields[name].label), "text": _(", ").join(texts)})
        elif choice not in (ALL, ordered[0].pk) and by_id[choice].cells[name].text:
            text = by_id[choice].cells[name].text
            taken.append({"label": sentence(fields[name].label), "text": text})
    return {
        "stays": {"title": shown[0].title, "url": f"/{declared.path}/{shown[0].id}/"},
        "goes": [{"title": one.title, "url": f"/{declared.path}/{one.id}/"} for one in shown[1:]],
        "taken": taken,
    }


def _batches(access: Access) -> list[dict[str, Any]]:
    """Return this person's last batches, and whether there is something to take back."""
    rows = Merge.objects.filter(actor_id=access.user_id or -1, request_id__startswith=BATCH)
    last = (
        rows.values("request_id")
        .annotate(merges=Count("pk"), undone=Count("undone_at"), began=Min("at"))
        .order_by("-began")[:MOST_BATCHES]
    )
    return [
        {
            "when": near_moment(one["began"]),
            "count": f"{one['merges']:,}",
            "undone": f"{one['undone']:,}" if one["undone"] else "",
            "batch": one["request_id"] if one["undone"] < one["merges"] else "",
        }
        for one in last
    ]


@signed_in
@require_POST
def undo_batch_page(request: HttpRequest) -> HttpResponse:
    """Begin to take back one's own batch."""
    access = access_of(request)
    batch = request.POST.get("batch", "")[:40]
    if not batch.startswith(BATCH) or not merges_of(access.user_id, batch).exists():
        raise Http404
    title = say(gettext_noop("Take merges back"))
    chosen: Any = with_options(unmerge_batch, actor_id=access.user_id, title=title)
    job = chosen.enqueue(user_id=access.user_id, batch=batch)
    messages.success(request, _("The merges are being taken back, the last one first."))
    return go(request, f"/jobs/{job.id}/")
