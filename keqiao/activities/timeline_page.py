"""The tab "timeline" of a record page: composer on top, what is next, then month by month."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from itertools import groupby
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from keqiao.access.rights import Action
from keqiao.activities.activity import ACTIVITIES, COMMENT
from keqiao.activities.composer import Subject
from keqiao.activities.composer_pages import composer_context
from keqiao.activities.entries import TimelineEntry
from keqiao.activities.streams import CHANGE, TimelineItem
from keqiao.activities.timeline import EntryReader, talk, timeline
from keqiao.activities.timeline_html import chips_html, entries_html, months_html
from keqiao.activities.timeline_shown import shown_items
from keqiao.activities.told import timeline_sources
from keqiao.catalog.filter import FilterProblem
from keqiao.catalog.object_type import Feature
from keqiao.catalog.problems import UnknownObject
from keqiao.catalog.registry import object_type
from keqiao.records.query import get_record, records
from keqiao.ui.gate import access_of, require, signed_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import HttpRequest, QueryDict

    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType
    from keqiao.ui.record_parts import OpenedRecord

AT_ONCE = 20
MOST_COUNTED = 1_000
LONGEST_SEARCH = 100
# What the chips offer, in this order; a chip may stand for several kinds.
Chip = tuple[str, Any, tuple[str, ...]]
CHIPS: tuple[Chip, ...] = (
    ("note", gettext_lazy("Follow-ups"), ("note",)),
    ("call", gettext_lazy("Calls"), ("call",)),
    ("visit", gettext_lazy("Visits"), ("visit",)),
    ("mail", gettext_lazy("E-mails"), ("email_note",)),
    ("work", gettext_lazy("Tasks and events"), ("task", "event")),
    ("comment", gettext_lazy("Comments"), (COMMENT,)),
    ("change", gettext_lazy("System changes"), (CHANGE,)),
)


def is_followed(access: Access, declared: ObjectType) -> bool:
    return Feature.FOLLOW_UP in declared.features and access.can(Action.VIEW, declared)


def may_follow_up(access: Access, declared: ObjectType) -> bool:
    return is_followed(access, declared) and access.can(Action.CREATE, object_type("note"))


def load_tab(opened: OpenedRecord) -> dict[str, Any]:
    """Return what the tab needs when the page is made as a whole."""
    subject = Subject(opened.declared, opened.record)
    access = opened.access
    reader = None
    if not opened.request.GET.get("q"):
        reader = opened.memo["entries"] = EntryReader(access, own=opened.pointer)
    given = opened.request.GET
    context = timeline_context(access, opened.declared, opened.id, given, reader)
    if may_follow_up(access, opened.declared):
        context["composer"] = composer_context(opened.request, access, subject, whole=False)
    return {"timeline": context}


def timeline_context(
    access: Access,
    declared: ObjectType,
    record_id: int,
    given: QueryDict,
    reader: EntryReader | None = None,
) -> dict[str, Any]:
    """Return a stretch of the timeline as it is shown."""
    offered = chips_of(access, declared)
    chip = next((one for one in offered if one[0] == given.get("kind")), None)
    search = " ".join(given.get("q", "").split())[:LONGEST_SEARCH]
    before = given.get("before") or None
    about = f"{declared.key}:{record_id}"
    problem = ""
    try:
        page = timeline(
            access, declared, record_id, kinds=chip[2] if chip else None, search=search,
            before=before, limit=AT_ONCE, reader=reader, is_checked=reader is not None,
        )  # fmt: skip
    except FilterProblem as found:
        problem = str(found)
        page = timeline(access, declared, record_id, limit=AT_ONCE)
    files = files_below(access, [*page.upcoming, *page.pinned, *page.items])

    def shown(items: Sequence[TimelineItem]) -> list[dict[str, Any]]:
        return shown_items(access, items, about, search=search, files=files)

    state = {"kind": chip[0] if chip else "", "q": search}
    url, page_url = (
        f"/activities/timeline/{declared.key}/{record_id}/",
        f"/{declared.path}/{record_id}/",
    )
    last_month = given.get("month", "") if before else ""
    return {
        "about": about,
        "url": _with(url, state),
        "page_url": page_url,
        "chips_html": chips_html(_chips(offered, url, page_url, state)),
        "counts_url": f"{url}counts/",
        "search": search,
        "kind": state["kind"],
        "upcoming_html": entries_html(shown(page.upcoming)),
        "pinned_html": entries_html(shown(page.pinned) if not before else []),
        "months_html": months_html([
            {"label": "" if key == last_month else month_label(items[0]), "items": shown(items)}
            for key, group in groupby(page.items, lambda one: one.month)
            if (items := list(group))
        ]),
        "next_url": _with(url, {**state, "before": page.next, "month": page.items[-1].month})
        if page.next and page.items
        else _with(url, {**state, "before": page.next}) if page.next else "",
        "next_page_url": _with(page_url, {**state, "before": page.next}) if page.next else "",
        "is_first": not before,
        "is_narrowed": bool(chip or search),
        "problem": problem,
    }  # fmt: skip


def _with(url: str, state: dict[str, Any]) -> str:
    query = urlencode({name: value for name, value in state.items() if value})
    return f"{url}?{query}" if query else url


def chips_of(access: Access, declared: ObjectType) -> list[Chip]:
    """Return what narrows a timeline: the kinds of every one, what others tell, and the changes."""
    told = [(one.key, one.label, (one.key,)) for one in timeline_sources(access, declared)]
    return [*CHIPS[:-1], *told, CHIPS[-1]]


def _chips(
    offered: Sequence[Chip], url: str, page_url: str, state: dict[str, str]
) -> list[dict[str, Any]]:
    every = [("", _("All"), ()), *offered]
    return [
        {
            "key": key,
            "label": label,
            "on": key == state["kind"],
            "url": _with(page_url, {**state, "kind": key}),
            "part_url": _with(url, {**state, "kind": key}),
        }
        for key, label, _kinds in every
    ]


def month_label(item: TimelineItem) -> str:
    local = timezone.localtime(item.at)
    return _("%(month)s/%(year)s") % {"year": local.year, "month": local.month}


FilesBelow = Callable[["Access", list[str]], dict[str, list[dict[str, Any]]]]
_files_below: list[FilesBelow] = []


def show_files_by(files_below: FilesBelow) -> FilesBelow:
    """Say who knows the files of follow-ups."""
    _files_below[:] = [files_below]
    return files_below


def files_below(access: Access, items: Sequence[TimelineItem]) -> dict[str, list[dict[str, Any]]]:
    pointers = [f"{item.kind}:{item.id}" for item in items if item.kind in ACTIVITIES]
    return _files_below[0](access, pointers) if _files_below else {}


# --- addresses ------------------------------------------------------------------------------------


def _followed_type(access: Access, key: str) -> ObjectType:
    try:
        declared = object_type(key)
    except UnknownObject:
        raise Http404 from None
    if Feature.FOLLOW_UP not in declared.features:
        raise Http404
    require(access, Action.VIEW, declared)
    return declared


@signed_in
@require_GET
def timeline_part(request: HttpRequest, key: str, record_id: int) -> HttpResponse:
    """Give the timeline anew, narrowed, or its next stretch."""
    access = access_of(request)
    declared = _followed_type(access, key)
    context = {"timeline": timeline_context(access, declared, record_id, request.GET)}
    name = "#stretch" if request.GET.get("before") else "#list"
    return render(request, f"activities/parts/timeline.html{name}", context)


@signed_in
@require_GET
def counts_part(request: HttpRequest, key: str, record_id: int) -> HttpResponse:
    """Give the chips with how many entries of each kind this person may see."""
    access = access_of(request)
    declared = _followed_type(access, key)
    get_record(access, declared, record_id)
    state = {"kind": request.GET.get("kind", ""), "q": request.GET.get("q", "")[:LONGEST_SEARCH]}
    url = f"/activities/timeline/{declared.key}/{record_id}/"
    offered = chips_of(access, declared)
    chips = _chips(offered, url, f"/{declared.path}/{record_id}/", state)
    counts = kind_counts(access, declared, record_id)
    for chip, (_key, _label, kinds) in zip(chips[1:], offered, strict=True):
        number = sum(counts.get(kind, 0) for kind in kinds)
        chip["count"] = f"{MOST_COUNTED:,}+" if number >= MOST_COUNTED else number or ""
    return HttpResponse(chips_html(chips))


def kind_counts(access: Access, declared: ObjectType, record_id: int) -> dict[str, int]:
    """Count what this person may see of each kind on a timeline, up to a thousand each."""
    entries = TimelineEntry.objects.filter(object_key=declared.key, record_id=record_id)
    known = set(entries.order_by().values_list("activity_key", flat=True).distinct())
    found: dict[str, int] = {}
    for key in (*ACTIVITIES, COMMENT):
        kind = object_type(key)
        if key in known and access.can(Action.VIEW, kind):
            ids = entries.filter(activity_key=key).order_by("-at", "-id").values("activity_id")
            found[key] = records(access, kind).filter(pk__in=list(ids[:MOST_COUNTED].values_list(
                "activity_id", flat=True
            ))).count()  # fmt: skip
    said = talk(declared.key, record_id).exclude(activity_key=COMMENT)
    commented: dict[str, list[int]] = defaultdict(list)
    for key, number in said.values_list("activity_key", "activity_id")[:MOST_COUNTED]:
        commented[key].append(number)
    for key, numbers in commented.items() if access.can(Action.VIEW, object_type(COMMENT)) else ():
        seen = records(access, object_type(key)).filter(pk__in=numbers).count()
        found[COMMENT] = found.get(COMMENT, 0) + seen
    return found
