"""The pages on which records become one: choosing the other, comparing, merging, and the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from keqiao.access.rights import Action, Level
from keqiao.catalog.problems import UnknownObject
from keqiao.catalog.registry import object_type
from keqiao.quality.merge_compare import (
    alternates,
    asked_choices,
    better_survivor,
    comparison,
    moved_lines,
    read_pair,
    what_moves,
)
from keqiao.records.merging import UNDO_DAYS, MergeRefused, merge_records, mergeable
from keqiao.records.merging_undo import undo_merge, undo_until, why_not_undone
from keqiao.records.models import Merge
from keqiao.records.present import titles_of
from keqiao.records.query import get_record
from keqiao.ui.converters import whole_number
from keqiao.ui.dialogs import dialog, record_box
from keqiao.ui.gate import access_of, go, refused, require, signed_in, source_of
from keqiao.ui.navigation import sentence
from keqiao.ui.picking import picked_id

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType
    from keqiao.quality.merge_compare import Pair

MOST_IN_A_ROW = 20


def merge_address(declared: ObjectType, ids: list[int]) -> str:
    return f"/{declared.path}/merge/?ids={','.join(map(str, ids))}"


# --- which other one ---------------------------------------------------------------------------------


@signed_in
@require_http_methods(["GET", "POST"])
def choose_page(request: HttpRequest, declared: ObjectType, record_id: int) -> HttpResponse:
    """Ask with which other record this one is to be merged."""
    access, problem = access_of(request), ""
    record = get_record(access, declared, record_id)
    if not mergeable(access, declared).filter(pk=record_id).exists():
        raise refused(access, Action.DELETE, declared, record_id)
    if request.method == "POST":
        other = whole_number(picked_id(request.POST, "other"))
        if other is None or other == record_id:
            problem = _("Please choose the other record from the suggestions.")
        elif not mergeable(access, declared).filter(pk=other).exists():
            problem = _("You may not merge this record. Please ask its owner or your manager.")
        else:
            return go(request, merge_address(declared, [record_id, other]))
    context = {
        "action_url": f"/{declared.path}/{record_id}/merge/",
        "cancel_url": f"/{declared.path}/{record_id}/",
        "title": titles_of(access, declared, [record.pk]).get(record.pk, f"#{record.pk}"),
        "box_html": record_box(declared, "merge-other", "other", request.POST),
        "problem": problem,
    }
    status = 422 if problem else 200
    return dialog(request, "merge_choose", _("Merge with another record"), context, status)


# --- side by side -------------------------------------------------------------------------------------


@signed_in
@require_http_methods(["GET", "POST"])
def merge_page(request: HttpRequest, declared: ObjectType) -> HttpResponse:
    """Compare two records and merge them; more than two one pair after another."""
    access = access_of(request)
    require(access, Action.DELETE, declared)
    given = request.POST if request.method == "POST" else request.GET
    ids = _asked_ids(given.get("ids", ""))
    if len(ids) < 2:
        raise Http404
    pair = read_pair(access, declared, ids[0], ids[1])
    if pair is None:
        messages.error(
            request,
            _("One of the records is gone, was merged already, or is not yours to merge."),
        )
        return go(request, f"/{declared.path}/")
    if request.method == "POST":
        return _merge(request, access, declared, pair, ids)
    if not request.GET.get("kept") and better_survivor(pair):
        ids = [ids[1], ids[0], *ids[2:]]
        pair = read_pair(access, declared, ids[0], ids[1]) or pair
    return _page(request, access, declared, pair, ids)


def _asked_ids(text: str) -> list[int]:
    numbers = (whole_number(part) for part in text.split(",")[: MOST_IN_A_ROW + 1])
    return list(dict.fromkeys(one for one in numbers if one is not None))


def _merge(
    request: HttpRequest, access: Access, declared: ObjectType, pair: Pair, ids: list[int]
) -> HttpResponse:
    versions = {pk: whole_number(request.POST.get(f"version__{pk}", "")) or 0 for pk in ids[:2]}
    outcome = merge_records(
        access, declared, ids[0], [ids[1]], asked_choices(access, declared, pair, request.POST),
        source=source_of(request, "merge"), versions=versions,
    )  # fmt: skip
    if isinstance(outcome, MergeRefused):
        status = 409 if outcome.code == "stale" else 422
        return _page(request, access, declared, pair, ids, str(outcome.message), status)
    messages.success(
        request, _("Merged. For %(days)s days it can be undone.") % {"days": UNDO_DAYS}
    )
    if ids[2:]:
        return go(request, f"{merge_address(declared, [ids[0], *ids[2:]])}&kept=1")
    return go(request, f"/{declared.path}/{ids[0]}/")


def _page(
    request: HttpRequest,
    access: Access,
    declared: ObjectType,
    pair: Pair,
    ids: list[int],
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    base = f"/{declared.path}/"
    given = request.POST if request.method == "POST" else None
    swapped = [ids[1], ids[0], *ids[2:]]
    context = {
        "object_type": declared,
        "page_title": _("Merge %(objects)s") % {"objects": declared.label_plural},
        "list_url": base,
        "kept": {"id": pair.kept.id, "title": pair.kept.title, "url": f"{base}{pair.kept.id}/"},
        "lost": {"id": pair.lost.id, "title": pair.lost.title, "url": f"{base}{pair.lost.id}/"},
        "versions": [(pair.kept.id, pair.kept.version), (pair.lost.id, pair.lost.version)],
        "ids": ",".join(map(str, ids)),
        "swap_url": f"{merge_address(declared, swapped)}&kept=1",
        "left_over": len(ids) - 2,
        "moves": what_moves(access, declared, pair.lost.id),
        "days": UNDO_DAYS,
        "problem": problem,
        **comparison(access, declared, pair, given),
    }
    return render(request, "quality/merge/merge.html", context, status=status)


# --- afterwards ----------------------------------------------------------------------------------------


def _known_merge(access: Access, merge_id: int) -> tuple[Merge, ObjectType, Any]:
    """Return a merge whose surviving record this person may see."""
    merge = Merge.objects.filter(pk=merge_id).first()
    if merge is None:
        raise Http404
    try:
        declared = object_type(merge.object_key)
    except UnknownObject:
        raise Http404 from None
    require(access, Action.VIEW, declared)
    return merge, declared, get_record(access, declared, merge.survivor_id)


@signed_in
@require_GET
def merge_detail(request: HttpRequest, merge_id: int) -> HttpResponse:
    """Tell what one merge did: who, when, what moved, which values are kept beside."""
    access = access_of(request)
    merge, declared, survivor = _known_merge(access, merge_id)
    base = f"/{declared.path}/"
    kept_title = titles_of(access, declared, [survivor.pk]).get(survivor.pk, f"#{survivor.pk}")
    why = why_not_undone(declared, merge, survivor)
    may_undo = mergeable(access, declared).filter(pk=survivor.pk).exists()
    seen = {key: count for key, count in merge.moved.items() if _may_count(access, key)}
    context = {
        "page_title": _("Merge into “%(title)s”") % {"title": kept_title},
        "object_type": declared,
        "list_url": base,
        "survivor": {"title": kept_title, "url": f"{base}{survivor.pk}/"},
        "who": merge.actor_name,
        "when": timezone.localtime(merge.at).strftime("%Y-%m-%d %H:%M"),
        "until": timezone.localtime(undo_until(merge)).strftime("%Y-%m-%d"),
        "count": len(merge.loser_ids),
        "moves": moved_lines(seen),
        "lines": [] if merge.undone_at else alternates(access, declared, survivor, merge.loser_ids),
        "is_undone": merge.undone_at is not None,
        "undone_by": merge.undone_by_name,
        "undone_at": timezone.localtime(merge.undone_at).strftime("%Y-%m-%d %H:%M")
        if merge.undone_at
        else "",
        "conflicts": _conflicts(access, merge),
        "apart": _apart(access, declared, merge),
        "undo_url": f"/merges/{merge.pk}/undo/" if may_undo and why is None else "",
        "why_not": str(why.message) if why is not None and may_undo and not merge.undone_at else "",
        "blocking": _blocking(access, declared, why),
    }
    return render(request, "quality/merge/detail.html", context)


def _may_count(access: Access, key: str) -> bool:
    """Counts of the log are of all records: only who sees all of a type is told them."""
    try:
        return access.level(Action.VIEW, object_type(key)) is Level.ALL
    except UnknownObject:
        return False


def _apart(access: Access, declared: ObjectType, merge: Merge) -> list[dict[str, str]]:
    """Return the records that stand on their own again."""
    if merge.undone_at is None:
        return []
    titles = titles_of(access, declared, merge.loser_ids)
    return [
        {"title": titles[pk], "url": f"/{declared.path}/{pk}/"}
        for pk in merge.loser_ids
        if pk in titles
    ]


def _conflicts(access: Access, merge: Merge) -> list[dict[str, str]]:
    """Return in words the places an undoing left alone, as far as this person sees them."""
    found = []
    for key, pk, name in merge.conflicts:
        try:
            declared = object_type(key)
        except UnknownObject:
            continue
        own = declared.fields().get(name)
        titles = titles_of(access, declared, [pk]) if access.can(Action.VIEW, declared) else {}
        if own is None or pk not in titles or not access.fields(declared).is_readable(name):
            continue
        found.append(
            {
                "title": titles[pk],
                "url": f"/{declared.path}/{pk}/",
                "field": sentence(own.label),
                "source_url": f"/{declared.path}/{pk}/provenance/{name}/",
            }
        )
    return found


def _blocking(
    access: Access, declared: ObjectType, why: MergeRefused | None
) -> list[dict[str, str]]:
    """Return the records that stand in the way of an undoing."""
    if why is None or not why.record_ids:
        return []
    titles = titles_of(access, declared, why.record_ids)
    return [{"title": title, "url": f"/{declared.path}/{pk}/"} for pk, title in titles.items()]


@signed_in
@require_http_methods(["GET", "POST"])
def undo_page(request: HttpRequest, merge_id: int) -> HttpResponse:
    """Ask once more, then take the merge back."""
    access = access_of(request)
    merge, declared, survivor = _known_merge(access, merge_id)
    problem = ""
    if request.method == "POST":
        outcome = undo_merge(access, merge_id, source=source_of(request, "revert"))
        if not isinstance(outcome, MergeRefused):
            text = _("The merge is undone; the records stand apart again.")
            if outcome.conflicts:
                text += " " + _("%(count)s places keep what was written since.") % {
                    "count": len(outcome.conflicts)
                }
            messages.success(request, text)
            return go(request, f"/merges/{merge_id}/")
        problem = str(outcome.message)
    context = {
        "action_url": f"/merges/{merge_id}/undo/",
        "cancel_url": f"/{declared.path}/{survivor.pk}/",
        "count": len(merge.loser_ids),
        "problem": problem,
    }
    status = 422 if problem else 200
    return dialog(request, "merge_undo", _("Undo the merge"), context, status)
