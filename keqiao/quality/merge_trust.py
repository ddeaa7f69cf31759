"""Which value of a merge is trusted: what was verified or found wrong, and the company's order of sources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.db import transaction
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from keqiao.base.clock import now
from keqiao.catalog import state
from keqiao.quality.double_entry.models import EntryState, SecondEntry
from keqiao.quality.merge_models import MergeSettings
from keqiao.quality.review.known import CUSTOMER_CHECKED
from keqiao.quality.scores.facts import facts_of, stored_form
from keqiao.records.measuring import is_measured, measure_again
from keqiao.records.merging_attached import AttachedRows, register_attached
from keqiao.records.merging_values import OTHER_RANK, RANKS, trust
from keqiao.ui.gate import access_of, administrators_only, go
from keqiao.ui.settings.menu import DATA, SettingsEntry, register_settings

if TYPE_CHECKING:
    from django.db.models import Model
    from django.http import HttpRequest, HttpResponse
    from django.utils.functional import Promise

    from keqiao.catalog.object_type import ObjectType

VERSION = "merge-trust"
ADDRESS = "/settings/merging/"
SOURCES: dict[str, str | Promise] = {
    "form": gettext_lazy("Entered by hand"),
    "customer": gettext_lazy("Told by the customer"),
    "api": gettext_lazy("API"),
    "import": gettext_lazy("Import"),
    "bulk": gettext_lazy("Several records changed at once"),
    "rule": gettext_lazy("Repaired or filled in by a rule"),
}
LEVELS: dict[int, str | Promise] = {
    4: gettext_lazy("Most trusted"),
    3: gettext_lazy("Well trusted"),
    2: gettext_lazy("As any other"),
    1: gettext_lazy("Little trusted"),
    0: gettext_lazy("Least trusted"),
}


def register() -> None:
    trust.standing, trust.ranks, trust.carry = standing, source_ranks, carry_facts
    # A record waits to be keyed again once a rule: the second waiting is closed, its story moves.
    register_attached(
        AttachedRows(SecondEntry, once=("rule_id",), is_bound=_is_open, release=_close)
    )
    register_settings(
        SettingsEntry("merging", gettext_lazy("Merging"), "git-merge", DATA, ADDRESS, order=28)
    )


def standing(row: Model) -> Mapping[str, int]:
    """Return 1 for each field somebody verified (keyed twice, confirmed), -1 for those found wrong."""
    facts = facts_of(getattr(row, "quality_facts", None))
    return {**dict.fromkeys(facts.ok, 1), **dict.fromkeys((*facts.bad, *facts.wrong), -1)}


def carry_facts(declared: ObjectType, row: Any, taken_from: Mapping[str, Any]) -> None:
    """Let what is known of values come along with them, and measure the record by it."""
    if not is_measured(declared):
        return
    facts, before = facts_of(row.quality_facts), row.quality_facts
    for name, other in taken_from.items():
        theirs = facts_of(other.quality_facts)
        facts.forget(name)
        for ours, known in (
            (facts.ok, theirs.ok),
            (facts.bad, theirs.bad),
            (facts.half, theirs.half),
        ):
            if name in known:
                ours.append(name)
        if name in theirs.on:
            facts.on[name] = theirs.on[name]
    row.quality_facts = stored_form(facts)
    if row.quality_facts != before:
        measure_again(declared, [row], now())


def _is_open(entry: SecondEntry) -> bool:
    return entry.state in (EntryState.OPEN, EntryState.DIFFERS)


def _close(entry: SecondEntry) -> None:
    entry.state = EntryState.DROPPED


# --- the order of sources -----------------------------------------------------------------------


def _read() -> Mapping[str, int]:
    kept = MergeSettings.objects.first()
    ranks: dict[str, int] = {**RANKS, **(kept.ranks if kept else {})}
    return {**ranks, CUSTOMER_CHECKED: ranks["customer"]}


_known = state.Remembered(lambda: (state.version(VERSION),), _read)


def source_ranks() -> Mapping[str, int]:
    """Return how far the company trusts each source, the higher the more."""
    return _known()


def _keep(ranks: dict[str, int], by: int | None) -> None:
    values = {"ranks": ranks, "changed_at": now(), "changed_by_id": by}
    with transaction.atomic():
        MergeSettings.objects.update_or_create(pk=1, defaults=values)
        state.bump(VERSION)


@administrators_only
@require_http_methods(["GET", "POST"])
def settings_page(request: HttpRequest) -> HttpResponse:
    """Show and keep how far values are trusted by where they come from."""
    if request.method == "POST":
        given = {key: request.POST.get(key, "") for key in SOURCES}
        ranks = {key: int(one) for key, one in given.items() if one in map(str, LEVELS)}
        _keep(ranks, access_of(request).user_id)
        messages.success(request, _("Saved"))
        return go(request, ADDRESS)
    known, heading = source_ranks(), _("Merging")
    context = {
        "heading": heading,
        "page_title": heading,
        "lead": _("Which of two values a merge proposes, when nobody has chosen."),
        "sources": [
            {"key": key, "label": label, "rank": known.get(key, OTHER_RANK)}
            for key, label in SOURCES.items()
        ],
        "levels": [{"rank": rank, "label": label} for rank, label in LEVELS.items()],
    }
    return render(request, "quality/merge/settings.html", context)
