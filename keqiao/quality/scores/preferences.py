"""What a company decides about the scores: whether there is a leaderboard, and a letter every week."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from keqiao.quality.scores.models import ScoreSettings
from keqiao.ui.converters import whole_number
from keqiao.ui.gate import access_of, administrators_only, go

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

MOST_A_DAY = 20
ADDRESS = "/settings/quality-scores/"


def score_settings() -> ScoreSettings:
    return ScoreSettings.objects.first() or ScoreSettings()


@administrators_only
@require_http_methods(["GET", "POST"])
def preferences_page(request: HttpRequest) -> HttpResponse:
    kept = score_settings()
    if request.method == "POST":
        ScoreSettings.objects.update_or_create(
            pk=kept.pk or 1,
            defaults={
                "has_leaderboard": "has_leaderboard" in request.POST,
                "has_weekly_letter": "has_weekly_letter" in request.POST,
                "verify_a_day": min(
                    whole_number(request.POST.get("verify_a_day", "")) or 0, MOST_A_DAY
                ),
                "changed_by_id": access_of(request).user_id,
            },
        )
        messages.success(request, _("Saved"))
        return go(request, ADDRESS)
    heading = _("Quality scores")
    context = {
        "kept": kept,
        "most_a_day": MOST_A_DAY,
        "heading": heading,
        "page_title": heading,
        "lead": _("How the quality of data is told to people."),
    }
    return render(request, "quality/scores/settings.html", context)
