"""What an administrator sees of the versions: figures side by side, what is in force, and the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from django.views.decorators.http import require_http_methods

from keqiao.base.words import say
from keqiao.jobs.options import enqueue_unique, with_options
from keqiao.quality.candidates.comparing import compared_types
from keqiao.quality.match_models.day_one import day_one_model, plan_of
from keqiao.quality.match_models.figures import LEAST_OF_EACH, Figures, measure, read_figures
from keqiao.quality.match_models.in_force import DAY_ONE, in_force
from keqiao.quality.match_models.judged import decided_pairs
from keqiao.quality.match_models.models import MatchModel, ModelSource
from keqiao.quality.match_models.publishing import NOT_BETTER, TOO_FEW, NotPublished, publish
from keqiao.quality.match_models.shipped import shipped_pairs
from keqiao.quality.match_models.training import train_now
from keqiao.ui.cells import near_moment
from keqiao.ui.converters import whole_number
from keqiao.ui.gate import access_of, administrators_only, go
from keqiao.ui.navigation import sentence

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from django.utils.functional import Promise

    from keqiao.catalog.object_type import ObjectType

ADDRESS = "/settings/match-models/"
MOST_SHOWN = 20
NOTES: dict[str, str | Promise] = {
    NOT_BETTER: gettext_lazy("not better than the one in force then"),
    TOO_FEW: gettext_lazy("better, but too few decisions to judge by itself; you decide"),
}


@administrators_only
@require_http_methods(["GET", "POST"])
def versions_page(request: HttpRequest) -> HttpResponse:
    types = {one.key: one for one in compared_types()}
    key = request.POST.get("object") or request.GET.get("object") or next(iter(types), "")
    if key not in types:
        raise BadRequest
    declared = types[key]
    if request.method == "POST":
        return _act(request, declared)
    heading = _("How duplicates are told")
    context = {
        "heading": heading,
        "page_title": heading,
        "lead": _(
            "Telephones, names and addresses weigh differently in every company. A new version is"
            " learned from your records and from what colleagues decided; it comes into force only if"
            " it is better than the one before."
        ),
        "tabs": [
            {
                "url": f"{ADDRESS}?object={one.key}",
                "label": sentence(one.label_plural),
                "current": one.key == key,
            }
            for one in types.values()
        ],
        "object": key,
        **_shown(declared),
    }
    return render(request, "quality/match_models/versions.html", context)


def _act(request: HttpRequest, declared: ObjectType) -> HttpResponse:
    user_id = access_of(request).user_id
    if request.POST.get("do") == "train":
        title = say(
            gettext_noop("Learn how duplicates are told: %(objects)s"),
            objects=str(declared.label_plural),
        )
        chosen: Any = with_options(train_now, actor_id=user_id, title=title)
        job = enqueue_unique(chosen, f"train:{declared.key}", declared.key)
        return go(request, f"/jobs/{job.id}/")
    number = whole_number(request.POST.get("number", ""))
    if number is None:
        raise BadRequest
    try:
        publish(declared, number, user_id)
    except NotPublished as problem:
        messages.error(request, problem.message)
    else:
        messages.success(request, _("In force from now on. The next comparison at night uses it."))
    return go(request, f"{ADDRESS}?object={declared.key}")


def _shown(declared: ObjectType) -> dict[str, Any]:
    current = in_force(declared)
    decisions = decided_pairs(declared)
    frozen = [one for one in decisions if one.is_frozen]
    plan = plan_of(declared)
    rows = MatchModel.objects.filter(object_key=declared.key).select_related("published_by")
    versions = [_version(row, current.number) for row in rows.order_by("-number")[:MOST_SHOWN]]
    first = day_one_model(plan)
    versions.append(
        {
            "number": DAY_ONE,
            "source": ModelSource.HAND.label,
            "made": _("Day one"),
            "columns": [_cells(measure(first, frozen)), _cells(measure(first, shipped_pairs(plan)))],
            "is_current": current.number == DAY_ONE,
            "button": _("Go back to this") if current.number != DAY_ONE else "",
        }
    )  # fmt: skip
    return {
        "versions": versions,
        "decided": len(decisions),
        "frozen": len(frozen),
        "least": LEAST_OF_EACH,
    }


def _version(row: MatchModel, current: int) -> dict[str, Any]:
    is_current = row.number == current
    button = _("Go back to this") if row.published_at else _("Publish")
    return {
        "number": row.number,
        "source": row.get_source_display(),
        "decisions": row.decisions,
        "made": near_moment(row.made_at),
        "by": str(row.published_by or "") if row.published_at else "",
        "columns": [
            _cells(read_figures(row.figures.get(name, {})), read_figures(row.rival.get(name, {})))
            for name in ("decided", "shipped")
        ],
        "rival": row.rival_number,
        "note": NOTES.get(row.note, "") if not is_current else "",
        "is_current": is_current,
        "button": "" if is_current else button,
    }


def _cells(own: Figures | None, rival: Figures | None = None) -> dict[str, Any] | None:
    """Return the figures of one set as texts, with those of the version it was compared with."""
    if own is None or not own.pairs:
        return None
    return {
        "safe": _percent(own.safe_precision),
        "merged": _percent(own.safe_recall),
        "f1": _percent(own.f1),
        "rival": rival and rival.pairs and [
            _percent(rival.safe_precision), _percent(rival.safe_recall), _percent(rival.f1)
        ],
        "pairs": own.pairs,
    }  # fmt: skip


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share * 100:.1f} %"
