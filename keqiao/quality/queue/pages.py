"""The desk: one item after another, decided with one key each, and the last decision undone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.http import Http404
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from keqiao.quality.queue.sources import (
    Answer,
    Choice,
    Decision,
    QueueItem,
    QueueProblem,
    QueueSource,
    queue_source,
    queue_sources,
)
from keqiao.quality.queue.waiting import count_text, forget_waiting, waiting_by_source
from keqiao.ui.converters import whole_number
from keqiao.ui.gate import access_of, go, is_partial, signed_in

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse, QueryDict

    from keqiao.access.access import Access


@dataclass(frozen=True)
class Sitting:
    """Where somebody is in the pile; it travels in the address, so that a page reload keeps it."""

    done: int = 0
    total: int = 0
    after: int = 0  # the last item skipped
    last: int = 0  # the last item decided, which can be taken back
    at: int = 0  # one item asked for by name

    @classmethod
    def read(cls, given: QueryDict) -> Sitting:
        names = ("done", "total", "after", "last", "at")
        return cls(*(whole_number(given.get(name, "")) or 0 for name in names))

    @property
    def pairs(self) -> list[tuple[str, int]]:
        names = ("done", "total", "after", "last")
        return [(name, getattr(self, name)) for name in names if getattr(self, name)]


@signed_in
@require_GET
def sources_page(request: HttpRequest) -> HttpResponse:
    """List what waits, by kind of decision."""
    access = access_of(request)
    sources = queue_sources(access)
    if not sources:
        raise Http404
    waiting = waiting_by_source(access)
    context = {
        "page_title": _("To decide"),
        "sources": [
            {
                "label": source.label,
                "hint": source.hint,
                "icon": source.icon,
                "url": source.url,
                "count": waiting.get(source.key, 0),
                "text": count_text(waiting.get(source.key, 0)),
            }
            for source in sources
        ],
    }
    return render(request, "quality/queue/sources.html", context)


@signed_in
@require_http_methods(["GET", "POST"])
def desk_page(request: HttpRequest, desk: str) -> HttpResponse:
    """Show the item at hand, and carry out what the person decides about it."""
    access = access_of(request)
    source = queue_source(access, desk)
    if source is None:
        raise Http404
    if request.method == "POST":
        return _decided(request, access, source)
    return _shown(request, access, source, Sitting.read(request.GET))


def _decided(request: HttpRequest, access: Access, source: QueueSource) -> HttpResponse:
    given, sitting = request.POST, Sitting.read(request.POST)
    number = whole_number(given.get("item", "")) or 0
    decision = given.get("decision", "")
    request_id = getattr(request, "request_id", "")
    try:
        if decision == "skip":
            sitting = replace(sitting, after=number)
        elif decision == "undo":
            source.undo(access, sitting.last, request_id=request_id)
            sitting = replace(
                sitting, done=max(0, sitting.done - 1), last=0, at=sitting.last,
                after=min(sitting.after, sitting.last - 1),
            )  # fmt: skip
        else:
            source.decide(access, number, _answer(given, request_id))
            sitting = replace(sitting, done=sitting.done + 1, last=number)
    except QueueProblem as problem:
        return _refused(request, access, source, sitting, number, problem)
    forget_waiting(access)
    if is_partial(request):
        return _shown(request, access, source, sitting)
    pairs = [*sitting.pairs, *([("at", sitting.at)] if sitting.at else [])]
    return go(request, f"{source.url}?{urlencode(pairs)}")


def _answer(given: QueryDict, request_id: str) -> Answer:
    try:
        decision = Decision(given.get("decision", ""))
    except ValueError:
        raise QueueProblem(_("Please choose one of the decisions offered.")) from None
    names = [name.removeprefix("choice-") for name in given if name.startswith("choice-")]
    choices = {
        name: Choice(given.get(f"choice-{name}", ""), given.get(f"text-{name}", "").strip()[:2000])
        for name in names
    }
    return Answer(
        decision, choices, given.get("reason", "").strip()[:300], given.get("revision", "")[:40],
        given.get("sure") == "1", request_id,
    )  # fmt: skip


def _refused(
    request: HttpRequest,
    access: Access,
    source: QueueSource,
    sitting: Sitting,
    number: int,
    problem: QueueProblem,
) -> HttpResponse:
    """Show the same item again with what was chosen; the next one when this one is gone."""
    forget_waiting(access)
    item = None if problem.is_gone else source.item(access, number)
    if item is not None:
        item = _as_chosen(item, request.POST)
    return _shown(
        request, access, source, sitting, item=item, problem=problem.message,
        may_insist=problem.may_insist,
    )  # fmt: skip


def _as_chosen(item: QueueItem, given: QueryDict) -> QueueItem:
    return replace(
        item,
        lines=tuple(
            replace(
                line,
                chosen=given.get(f"choice-{line.name}", line.chosen),
                text=given.get(f"text-{line.name}", "")[:2000],
            )
            for line in item.lines
        ),
    )


def _shown(
    request: HttpRequest,
    access: Access,
    source: QueueSource,
    sitting: Sitting,
    *,
    item: QueueItem | None = None,
    problem: str = "",
    may_insist: bool = False,
) -> HttpResponse:
    if item is None and sitting.at:
        item = source.item(access, sitting.at)
    if item is None:
        item = source.next(access, sitting.after)
    if not sitting.total:
        sitting = replace(
            sitting, total=sitting.done + waiting_by_source(access).get(source.key, 0)
        )
    total = max(sitting.total, sitting.done + (item is not None))
    sitting = replace(sitting, total=total)
    context: dict[str, Any] = {
        "page_title": source.label,
        "source": source,
        "item": item,
        "state": sitting.pairs,
        "done": sitting.done,
        "total": total,
        "last": sitting.last,
        "has_skipped": bool(sitting.after),
        "problem": problem,
        "may_insist": may_insist,
        "reason": request.POST.get("reason", ""),
    }
    template = "quality/queue/desk.html#desk" if is_partial(request) else "quality/queue/desk.html"
    return render(request, template, context, status=422 if problem else 200)
