"""The page of corrections: rounds with their effect, each line with a way back, and the rules."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import Http404
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from keqiao.base.clock import now
from keqiao.base.words import say
from keqiao.jobs import board
from keqiao.jobs.options import with_options
from keqiao.jobs.problems import JobProblem
from keqiao.quality.cleaning.batches import (
    AT_ONCE,
    correctable_types,
    start_batch,
    undo_lines,
    undo_many,
)
from keqiao.quality.cleaning.models import (
    Correction,
    CorrectionBatch,
    CorrectionState,
    NightlyCorrection,
    RuleMode,
)
from keqiao.quality.cleaning.reach import Narrowed, corrections_seen
from keqiao.quality.cleaning.rule_modes import decide_mode, standings
from keqiao.quality.cleaning.rules import BY_ID
from keqiao.quality.cleaning.shown import rule_label, shown_lines
from keqiao.quality.cleaning.stored import rule_records
from keqiao.records.audit import write_note
from keqiao.ui.cells import near_moment
from keqiao.ui.converters import whole_number
from keqiao.ui.gate import access_of, administrators_only, go, signed_in, source_of
from keqiao.ui.job_pages import job_facts
from keqiao.ui.navigation import sentence

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse, QueryDict

    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType

ADDRESS = "/quality/corrections/"
RULES = "/settings/correction-rules/"
LINES, BATCHES = 50, 20
NOTE = "correcting"  # as the change log calls it; it has room for twelve letters


@signed_in
@require_http_methods(["GET", "POST"])
def batches_page(request: HttpRequest) -> HttpResponse:
    """Show the rounds of a type and begin a new one."""
    access = access_of(request)
    types = correctable_types(access)
    if not types:
        raise PermissionDenied
    declared = _asked(types, request.POST.get("object") or request.GET.get("object", ""))
    if request.method == "POST":
        batch = start_batch(access, declared, may_apply=request.POST.get("do") == "apply")
        return go(request, f"/jobs/{batch.job_id}/")
    rounds = CorrectionBatch.objects.filter(object_key=declared.key).order_by("-pk")
    if not access.is_administrator:
        rounds = rounds.filter(user=access.user_id or 0)
    heading = _("Data correction")
    context = {
        "page_title": heading,
        "tabs": _tabs(types, declared, ADDRESS),
        "declared": declared,
        "rounds": [_round_facts(declared, one) for one in rounds.select_related("user")[:BATCHES]],
        "lines_url": f"{ADDRESS}lines/?object={declared.key}",
        "desk_url": "/quality/queue/corrections/",
        "is_administrator": access.is_administrator,
    }
    return render(request, "quality/cleaning/rounds.html", context)


def _round_facts(declared: ObjectType, one: CorrectionBatch) -> dict[str, Any]:
    job = None
    if one.finished_at is None and one.job_id is not None:
        try:
            job = job_facts(board.job_line(one.job_id))
        except JobProblem:
            job = None
    state = _("stopped") if one.is_stopped else "" if one.finished_at else _("not finished")
    return {
        "url": f"{ADDRESS}lines/?{urlencode({'object': declared.key, 'batch': one.key})}",
        "who": one.user.name if one.user is not None else _("every night"),
        "when": near_moment(one.started_at),
        "looked_at": one.looked_at,
        "effect": effect_text(
            {
                name: getattr(one, name)
                for name in ("applied", "suggested", "flagged", "refused", "lost")
            }
        ),
        "state": state,
        "job": job,
    }


def effect_text(counts: dict[str, int]) -> str:
    """Return what a round did in words: repaired 312, proposed 87, nothing lost."""
    parts = [
        _("repaired %(count)s") % {"count": f"{counts.get('applied', 0):,}"},
        _("proposed %(count)s") % {"count": f"{counts.get('suggested', 0):,}"},
    ]
    if counts.get("flagged"):
        parts.append(_("pointed out %(count)s") % {"count": f"{counts['flagged']:,}"})
    if counts.get("refused"):
        parts.append(_("%(count)s could not be saved") % {"count": f"{counts['refused']:,}"})
    lost = counts.get("lost", 0)
    parts.append(_("LOST %(count)s") % {"count": lost} if lost else _("nothing lost"))
    return _(", ").join(parts)


@signed_in
@require_http_methods(["GET", "POST"])
def lines_page(request: HttpRequest) -> HttpResponse:
    """Show corrections, by round, rule, field, record or state, and take back those shown."""
    access, given = access_of(request), request.POST if request.method == "POST" else request.GET
    types = correctable_types(access)
    declared = _asked(types, given.get("object", ""), strict=True)
    chosen = _chosen(declared, given)
    lines = chosen.of(corrections_seen(access, declared))
    if request.method == "POST":
        return _undo(request, access, declared, lines, chosen)
    state = given.get("state", "")
    shown = lines.filter(state=state) if state in CorrectionState.values else lines
    before = whole_number(given.get("before", ""))
    page = list((shown.filter(pk__lt=before) if before else shown).order_by("-pk")[: LINES + 1])
    pairs = [(name, given.get(name, "")) for name in ("batch", "rule", "field", "record")]
    pairs = [("object", declared.key), *[pair for pair in pairs if pair[1]]]
    older = [*pairs, ("state", state), ("before", page[LINES - 1].pk)] if len(page) > LINES else []
    context = {
        "page_title": _("Corrections"),
        "back_url": f"{ADDRESS}?object={declared.key}",
        "narrowed": _narrowed(declared, chosen),
        "pairs": pairs,
        "states": [
            {
                "label": label,
                "url": f"?{urlencode([*pairs, *([('state', key)] if key else [])])}",
                "current": key == state,
            }
            for key, label in [("", _("All")), *CorrectionState.choices]
        ],
        "base_url": f"?{urlencode(pairs)}",
        "lines": shown_lines(access, declared, page[:LINES]),
        "can_undo": lines.filter(state=CorrectionState.APPLIED).exists(),
        "older_url": f"?{urlencode(older)}" if older else "",
    }
    return render(request, "quality/cleaning/lines.html", context)


def _chosen(declared: ObjectType, given: QueryDict) -> Narrowed:
    """Return by what the lines are narrowed; anything unknown finds nothing rather than everything."""

    def number(name: str) -> int | None:
        return whole_number(given.get(name, "")) or 0 if given.get(name) else None

    field = given.get("field", "") or None
    return Narrowed(
        batch=given.get("batch", "")[:40] or None,
        rule=given.get("rule", "")[:40] or None,
        field=field if field is None or field in declared.fields() else "",
        record_id=number("record"),
        line=number("line"),
    )


def _narrowed(declared: ObjectType, chosen: Narrowed) -> list[str]:
    found = []
    if chosen.rule is not None:
        found.append(rule_label(chosen.rule))
    if chosen.field:
        found.append(sentence(declared.fields()[chosen.field].label))
    if chosen.record_id is not None:
        found.append(f"#{chosen.record_id}")
    return found


def _undo(
    request: HttpRequest,
    access: Access,
    declared: ObjectType,
    lines: QuerySet[Correction],
    chosen: Narrowed,
) -> HttpResponse:
    """Take back what is narrowed to: at once, or in the background when there is much of it."""
    if chosen.is_everything:
        raise BadRequest  # everything ever corrected is nothing somebody means
    made = lines.filter(state=CorrectionState.APPLIED)
    back = f"{ADDRESS}lines/?{urlencode([(k, v) for k, v in request.POST.items() if k in _KEPT])}"
    if made[: AT_ONCE + 1].count() > AT_ONCE:
        title = say(
            gettext_noop("Take corrections back: %(objects)s"), objects=str(declared.label_plural)
        )
        task: Any = with_options(undo_many, actor_id=access.user_id, title=title)
        job = task.enqueue(user_id=access.user_id, object_key=declared.key, chosen=asdict(chosen))
        return go(request, f"/jobs/{job.id}/")
    decided = undo_lines(access, declared, lines)
    if decided.conflicts:
        messages.warning(
            request,
            _("%(count)s stay as they are: somebody changed them since.")
            % {"count": len(decided.conflicts)},
        )
    messages.success(request, _("%(count)s taken back.") % {"count": decided.done})
    return go(request, back)


_KEPT = ("object", "batch", "rule", "field", "record", "state")


def _asked(types: list[ObjectType], key: str, *, strict: bool = False) -> ObjectType:
    found = next((one for one in types if one.key == key), None)
    if found is None and (strict or not types):
        raise Http404
    return found or types[0]


def _tabs(types: list[ObjectType], declared: ObjectType, address: str) -> list[dict[str, Any]]:
    return [
        {
            "label": sentence(one.label_plural),
            "url": f"{address}?object={one.key}",
            "current": one == declared,
        }
        for one in types
    ]


# --- the rules -------------------------------------------------------------------------------------


@administrators_only
@require_GET
def rules_page(request: HttpRequest) -> HttpResponse:
    """Show each correction rule with what became of its corrections, and what it may do now."""
    access, heading = access_of(request), _("Correction rules")
    nightly = {one.object_key: one for one in NightlyCorrection.objects.all()}
    context = {
        "heading": heading,
        "page_title": heading,
        "lead": _(
            "A rule corrects unasked only while at least 99.5 % of its corrections are surely right; from"
            " 80 % on it proposes, below it points out. A rule of which people take back more than 2 %"
            " within seven days only proposes from then on."
        ),
        "rules": [
            {
                "key": one.rule.id,
                "label": one.rule.label,
                "share": f"{one.share:.1%}" if one.kept + one.undone else "",
                "kept": one.record.kept,
                "undone": one.record.undone,
                "measured": one.rule.kept + one.rule.undone,
                "level": one.level.value if one.level is not None else "off",
                "is_demoted": one.record.is_demoted,
                "modes": [
                    {"key": key, "label": label, "on": key == one.mode}
                    for key, label in RuleMode.choices
                ],
            }
            for one in standings(rule_records())
        ],
        "types": [
            {
                "key": one.key,
                "label": sentence(one.label_plural),
                "is_on": one.key not in nightly or nightly[one.key].is_on,
                "may_apply": one.key not in nightly or nightly[one.key].may_apply,
            }
            for one in correctable_types(access)
        ],
    }
    return render(request, "quality/cleaning/rules.html", context)


@administrators_only
@require_POST
def decide_rule(request: HttpRequest) -> HttpResponse:
    """Promote, demote or switch off a rule, or let its record decide again."""
    rule, mode = request.POST.get("rule", ""), request.POST.get("mode", "")
    if rule not in BY_ID or mode not in {"", *RuleMode.values}:
        raise Http404
    access = access_of(request)
    decide_mode(access, rule, mode)
    declared = correctable_types(access)[0]
    write_note(access, declared, NOTE, source_of(request), now(), after={rule: mode})
    messages.success(request, _("Saved."))
    return go(request, RULES)


@administrators_only
@require_POST
def decide_nightly(request: HttpRequest) -> HttpResponse:
    """Say which types are corrected every night, and which of them unasked."""
    access = access_of(request)
    on, applying = request.POST.getlist("on"), request.POST.getlist("apply")
    for declared in correctable_types(access):
        facts = {"is_on": declared.key in on, "may_apply": declared.key in applying}
        NightlyCorrection.objects.update_or_create(object_key=declared.key, defaults=facts)
        write_note(access, declared, "nightly", source_of(request), now(), after=facts)
    messages.success(request, _("Saved."))
    return go(request, RULES)
