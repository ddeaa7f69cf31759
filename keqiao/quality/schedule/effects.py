"""What the nightly jobs of data quality did, in words, and the jobs themselves on the cleaning schedule."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from keqiao.quality.candidates.rekeying import look_for_crowds
from keqiao.quality.duplicates.nightly import find_duplicates
from keqiao.quality.freshness.nightly import ask_to_verify
from keqiao.quality.schedule.pages import ADDRESS
from keqiao.quality.schedule.registry import register_cleaning_job
from keqiao.quality.scores.nightly import count_quality
from keqiao.quality.standards.nightly import check_all
from keqiao.ui.screens import register_guide
from keqiao.ui.settings.menu import DATA, SettingsEntry, register_settings


def register() -> None:
    register_settings(
        SettingsEntry(
            "cleaning-schedule", gettext_lazy("Cleaning schedule"), "clock", DATA, ADDRESS, order=26
        )
    )
    register_guide("corrections", "settings/cleaning-schedule/")
    register_cleaning_job(
        find_duplicates,
        purpose=gettext_lazy("Compares all records and keeps the likely duplicates for the desk."),
        effect=_duplicates,
        order=20,
    )
    register_cleaning_job(
        check_all,
        purpose=gettext_lazy(
            "Holds all records against the data standards and counts what breaks them."
        ),
        effect=_standards,
        settings_url="/settings/standards/",
        order=30,
    )
    register_cleaning_job(
        count_quality,
        purpose=gettext_lazy("Counts the quality of every type anew and tells when it fell."),
        effect=_recount,
        settings_url="/settings/quality-scores/",
        order=40,
    )
    register_cleaning_job(
        look_for_crowds,
        purpose=gettext_lazy("Finds values that too many records share, such as a switchboard."),
        effect=_crowds,
        order=50,
    )
    register_cleaning_job(
        ask_to_verify,
        purpose=gettext_lazy("Asks owners to verify what has grown old."),
        effect=_verify,
        order=60,
    )


def _duplicates(result: Any) -> str:
    found = list(result.values())
    text = _("compared %(records)s, %(pairs)s likely pairs") % {
        "records": f"{sum(one['records'] for one in found):,}",
        "pairs": f"{sum(one['pairs'] for one in found):,}",
    }
    problems = [one["problem"] for one in found if one.get("problem")]
    return " ".join([text, *problems])


def _standards(result: Any) -> str:
    return _("looked at %(records)s, %(broken)s break a standard") % {
        "records": f"{sum(one['records'] for one in result.values()):,}",
        "broken": f"{sum(one['broken'] for one in result.values()):,}",
    }


def _recount(result: Any) -> str:
    records = sum(one["records"] for one in result.values())
    wrong = sum(one["differences"] for one in result.values())
    counted = _("counted %(records)s") % {"records": f"{records:,}"}
    if wrong:
        return _("%(counted)s, %(count)s figures put right") % {"counted": counted, "count": wrong}
    return _("%(counted)s, every figure agreed") % {"counted": counted}


def _crowds(result: Any) -> str:
    return _("%(count)s shared by too many") % {"count": f"{sum(result.values()):,}"}


def _verify(result: Any) -> str:
    return _("asked about %(count)s values") % {"count": f"{int(result):,}"}
