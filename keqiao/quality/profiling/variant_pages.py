"""The page where variants of one value are brought together: choose, see what changes, apply."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.core.exceptions import BadRequest, PermissionDenied
from django.http import Http404
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from django.views.decorators.http import require_http_methods

from keqiao.access.rights import Action
from keqiao.base.words import say
from keqiao.catalog.filter import AllOf, FilterProblem
from keqiao.catalog.kinds.roles import Likeness
from keqiao.catalog.problems import FieldProblem
from keqiao.catalog.words import field_named
from keqiao.jobs.options import with_options
from keqiao.quality.profiling.addresses import narrowed, profile_url, state_of
from keqiao.quality.profiling.clustering import as_data, clusters
from keqiao.quality.profiling.counting import ANSWERS, Question, have_counted
from keqiao.quality.profiling.measures import counted_by, where_of
from keqiao.quality.profiling.pages import frame, opened_field, visible
from keqiao.quality.profiling.repairable import may_change, why_no_variants
from keqiao.quality.profiling.replacing import MOST_VALUES, holding, unify_many
from keqiao.quality.profiling.stop_words import stop_words
from keqiao.records.distinct import values_of
from keqiao.ui.gate import access_of, go, is_partial, signed_in
from keqiao.ui.navigation import sentence

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest, HttpResponse, QueryDict
    from django.utils.functional import Promise

    from keqiao.access.access import Access
    from keqiao.catalog.field import Field
    from keqiao.catalog.object_type import ObjectType
    from keqiao.ui.list_state import ListState

STEP = "variants/"
ON_PAGE = 20
MOST_KEPT = 300
LABELS: dict[Likeness, str | Promise] = {
    Likeness.FINGERPRINT: gettext_lazy("Same letters"),
    Likeness.CORE: gettext_lazy("Same company"),
    Likeness.PINYIN: gettext_lazy("Same sound"),
    Likeness.INITIALS: gettext_lazy("Same initials"),
    Likeness.NEAR: gettext_lazy("Few characters differ"),
    Likeness.NEAR_PINYIN: gettext_lazy("Similar sound"),
}
HINTS: dict[Likeness, str | Promise] = {
    Likeness.FINGERPRINT: gettext_lazy(
        "Width, case, spaces and signs, traditional characters and the order of Latin words do not"
        " count."
    ),
    Likeness.CORE: gettext_lazy(
        "Place and legal form do not count. Firms of one name in two cities stand in one group as"
        " well, so look closely."
    ),
    Likeness.PINYIN: gettext_lazy("Characters that sound the same count as the same."),
    Likeness.INITIALS: gettext_lazy("The first letters of the syllables agree; look closely."),
    Likeness.NEAR: gettext_lazy("One character in five may differ; numbers have to agree."),
    Likeness.NEAR_PINYIN: gettext_lazy("One letter of the sound in five may differ."),
}  # fmt: skip
# Of these nearly all clusters are right, so they come chosen; of the others a person chooses: 苏州云启
# and 杭州云启 have the same core and are two companies.
SURE = frozenset({Likeness.FINGERPRINT})


def _answer(access: Access, question: Question, most: int | None) -> dict[str, Any]:
    own = question.declared.field(question.field)
    likeness = Likeness(question.part.partition(":")[2])
    values = values_of(access, question.query(), own.name, counted_by(own), most=most)
    counts: dict[str, int] = {}
    for value, number in values.counts.items():
        for one in value if isinstance(value, tuple) else (value,):
            counts[str(one)] = counts.get(str(one), 0) + number
    found = clusters(counts, likeness, stop_words())
    return {
        "records": values.records,
        "distinct": len(counts),
        "total": len(found),
        "changes": sum(one.changes for one in found),
        "clusters": as_data(found, MOST_KEPT),
    }


for _likeness in Likeness:
    ANSWERS[f"clusters:{_likeness}"] = _answer


@signed_in
@require_http_methods(["GET", "POST"])
def variants_page(request: HttpRequest, declared: ObjectType, name: str) -> HttpResponse:
    access = access_of(request)
    own = opened_field(access, declared, name)
    if why_no_variants(own):
        raise Http404
    state = state_of(declared, request.GET)
    offered = own.kind.clustered_by
    asked = request.GET.get("by", "")
    likeness = next((one for one in offered if one == asked), offered[0])
    question = Question(declared, f"clusters:{likeness}", own.name, state.where, state.filter)
    here = profile_url(state, own.name, STEP, by=likeness.value)
    if request.method == "POST":
        if request.POST.get("step") in {"preview", "apply"}:
            return _decide(request, access, own, state, here)
        title = say(gettext_noop("Variants: %(name)s"), name=field_named(declared.key, own.name))
        have_counted(access, question, title, getattr(request, "request_id", ""))
        return go(request, here)
    context = {
        **frame(access, state, question, here, STEP),
        "page_title": _("Variants: %(name)s") % {"name": sentence(own.label)},
        "heading": sentence(own.label),
        "up_url": profile_url(state, own.name),
        "ways": [
            {
                "label": LABELS[one],
                "url": profile_url(state, own.name, STEP, by=one.value),
                "current": one is likeness,
            }
            for one in offered
        ],
        "hint": HINTS[likeness],
        "may_change": may_change(access, declared, own),
        "stop_words_url": "/settings/stop-words/" if access.is_administrator else "",
        "is_title": own.name == declared.title,
    }
    if result := context["result"]:
        context |= _shown_clusters(request, state, own, result, likeness)
        context["page_url"] = here
    page = "variants_body" if is_partial(request) else "variants"
    return render(request, f"quality/profiling/{page}.html", context)


def _shown_clusters(
    request: HttpRequest, state: ListState, own: Field, result: dict[str, Any], likeness: Likeness
) -> dict[str, Any]:
    given = request.GET.get("page", "1")
    last = max(1, -(-len(result["clusters"]) // ON_PAGE))
    page = min(last, max(1, int(given) if given.isascii() and given.isdigit() else 1))
    start = (page - 1) * ON_PAGE

    def address(number: int) -> str:
        return profile_url(state, own.name, STEP, by=likeness.value, page=str(number))

    return {
        "clusters": [
            _cluster(state, own, number, values, is_chosen=likeness in SURE)
            for number, values in enumerate(result["clusters"][start : start + ON_PAGE], start)
        ],
        "total": f"{result['total']:,}",
        "changes": f"{result['changes']:,}",
        "distinct": f"{result['distinct']:,}",
        "page": page,
        "last_page": last,
        "earlier_url": address(page - 1) if page > 1 else "",
        "later_url": address(page + 1) if page < last else "",
    }


def _cluster(
    state: ListState, own: Field, number: int, values: list[list[Any]], *, is_chosen: bool
) -> dict[str, Any]:
    total = sum(count for _value, count in values)
    return {
        "number": number,
        "target": values[0][0],
        "records": f"{total:,}",
        "count": len(values),
        "is_chosen": is_chosen,
        "members": [
            {
                "value": value,
                "label": visible(value),
                "count": f"{count:,}",
                "width": 100 * count // values[0][1],
                "url": narrowed(state, where).url() if (where := where_of(own, value)) else "",
            }
            for value, count in values
        ],
    }


# --- what was chosen ------------------------------------------------------------------------------


def _decide(
    request: HttpRequest, access: Access, own: Field, state: ListState, here: str
) -> HttpResponse:
    if not may_change(access, state.declared, own):
        raise PermissionDenied
    if request.POST["step"] == "apply":
        return _apply(request, access, own, state)
    targets, problems = _chosen(request.POST, own)
    context: dict[str, Any] = {
        "page_title": _("What will change"),
        "heading": sentence(own.label),
        "up_url": here,
        "action_url": here,
        "problems": problems,
        "targets_json": json.dumps(targets, ensure_ascii=False),
    }
    if targets:
        context |= _preview(access, state, own, targets)
    status = 422 if problems or not targets else 200
    return render(request, "quality/profiling/preview.html", context, status=status)


def _chosen(given: QueryDict, own: Field) -> tuple[dict[str, str], list[str]]:
    """Return for each chosen variant the value it becomes, and what is wrong with the choice."""
    targets: dict[str, str] = {}
    problems: list[str] = []
    for number in given.getlist("use"):
        target, members = given.get(f"target-{number}", ""), given.getlist(f"member-{number}")
        try:
            wanted = _clean_target(own, target)
        except FieldProblem as problem:
            problems.append(f"{visible(target[:40])}: {problem.message}")
            continue
        targets.update({one: wanted for one in members if one != wanted})
    if len(targets) > MOST_VALUES:
        problems.append(_("At most 2,000 variants can be brought together in one go."))
        targets = {}
    return targets, problems


def _clean_target(own: Field, typed: str) -> str:
    cleaned = own.kind.clean(typed, own)
    if own.kind.many:
        if len(cleaned) != 1:
            raise FieldProblem(_("Please enter exactly one value."), "one")
        [cleaned] = cleaned
    if not cleaned:
        raise FieldProblem(_("Please enter the value the variants become."), "missing")
    return str(cleaned)


def _preview(
    access: Access, state: ListState, own: Field, targets: Mapping[str, str]
) -> dict[str, Any]:
    """Count what will change, and what stays because this person may see but not change it."""
    seen, all_seen = _counts(access, state, own, targets, Action.VIEW)
    within, changed = _counts(access, state, own, targets, Action.CHANGE)
    outside = all_seen - changed
    lines = [
        {
            "before": visible(before),
            "after": visible(after),
            "count": f"{within.get(before, 0):,}",
            "outside": f"{left:,}"
            if (left := seen.get(before, 0) - within.get(before, 0)) > 0
            else "",
        }
        for before, after in sorted(targets.items(), key=lambda one: (one[1], one[0]))
    ]
    return {
        "lines": lines,
        "variant_count": f"{len(targets):,}",
        "changed": f"{changed:,}",
        "can_apply": changed > 0,
        "outside": f"{outside:,}" if outside > 0 else "",
    }


def _counts(
    access: Access, state: ListState, own: Field, targets: Mapping[str, str], action: Action
) -> tuple[dict[str, int], int]:
    """Return the records of each variant, and of all together: one may hold several."""
    question = Question(state.declared, "", own.name, state.where, state.filter)
    query = question.query(action)
    tree = holding(own, sorted(targets))
    tree = AllOf((query.filter, tree)) if query.filter else tree
    found: dict[str, int] = {}
    total = 0
    values = values_of(access, replace(query, filter=tree), own.name)
    for value, number in values.counts.items():
        held = [one for one in (value if isinstance(value, tuple) else (value,)) if one in targets]
        total += number if held else 0
        for one in held:
            found[str(one)] = found.get(str(one), 0) + number
    return found, total


def _apply(request: HttpRequest, access: Access, own: Field, state: ListState) -> HttpResponse:
    """Start the work; its page shows how far it is and takes it back."""
    targets = _posted_targets(request.POST.get("targets", ""), own)
    title = say(
        gettext_noop("Bring variants together: %(field)s"),
        field=field_named(state.declared.key, own.name),
    )
    chosen: Any = with_options(unify_many, actor_id=access.user_id, title=title)
    job = chosen.enqueue(
        user_id=access.user_id,
        request_id=getattr(request, "request_id", ""),
        object_key=state.declared.key,
        where=list(state.where),
        search="",
        ids=None,
        nested=state.filter,
        name=own.name,
        targets=targets,
    )
    return go(request, f"/jobs/{job.id}/")


def _posted_targets(text: str, own: Field) -> dict[str, str]:
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        raise BadRequest from None
    if not isinstance(given, dict) or not 0 < len(given) <= MOST_VALUES:
        raise BadRequest
    if not all(
        isinstance(one, str) and "\x00" not in one for pair in given.items() for one in pair
    ):
        raise BadRequest
    try:
        return {before: _clean_target(own, after) for before, after in given.items()}
    except (FieldProblem, FilterProblem):
        raise BadRequest from None
