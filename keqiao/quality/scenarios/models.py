"""The rules that say what happens to a draft which looks like a record that is there."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from keqiao.quality.rule_model import PeopleRule


class Scenario(models.TextChoices):
    """The roads on which records come in, and the nightly comparison of those that are there."""

    ENTRY = "entry", _("Entered by hand")
    IMPORT = "import", _("Import")
    API = "api", _("API")
    WEB_FORM = "web_form", _("Web form")
    CONVERSION = "conversion", _("Conversion of a lead")
    NIGHTLY = "nightly", _("Nightly comparison")


class Act(models.TextChoices):
    """What becomes of the draft."""

    BLOCK = "block", _("Refuse")
    WARN = "warn", _("Ask first")
    REVIEW = "review", _("Hold for review")
    LINK = "link", _("Save and put the pair on the desk")
    ATTACH = "attach", _("Fill what is empty in the record that is there")


WEIGHT = "weight"  # in place of the name of an exact key: the weight decides


class ScenarioRule(PeopleRule):
    """A rule for drafts of one type on one road that `filter` fits; the first fitting rule decides.

    `scope` are the types whose records count. `by` is `WEIGHT`, with `low` bits or more and less than
    `high` (null: no end), or the name of a key that must be equal. `replaces` names the rule of the
    product in whose place this one stands.
    """

    NOTE = "alike_rule"  # no longer than the log has room for
    FACTS = (
        "name", "scenario", "filter", "scope", "by", "low", "high", "action", "is_active",
    )  # fmt: skip

    scenario = models.CharField(max_length=12, choices=Scenario)
    scope = models.JSONField(default=list)
    by = models.CharField(max_length=20, default=WEIGHT)
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    action = models.CharField(max_length=8, choices=Act)
    replaces = models.CharField(max_length=20, blank=True, default="")
