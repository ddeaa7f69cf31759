"""Gives out serial numbers by a company's numbering rule, without gaps and never twice."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from keqiao.base.clock import today
from keqiao.catalog.models import NumberingRule

_FORMATS = {"": "", "YYYY": "%Y", "YYYYMM": "%Y%m", "YYYYMMDD": "%Y%m%d", "YYMM": "%y%m"}
_PERIODS = {
    NumberingRule.Restart.NEVER: "",
    NumberingRule.Restart.YEAR: "%Y",
    NumberingRule.Restart.MONTH: "%Y%m",
    NumberingRule.Restart.DAY: "%Y%m%d",
}


def take_numbers(object_key: str, field: str, count: int) -> list[str]:
    """Return the next `count` numbers. Call inside the writing transaction: the rule is locked."""
    rule = _locked(object_key, field)
    period = today().strftime(_PERIODS[NumberingRule.Restart(rule.restart)])
    if period != rule.period:
        rule.period, rule.last_number = period, 0
    first = rule.last_number + 1
    rule.last_number += count
    rule.save(update_fields=["period", "last_number"])
    head = rule.prefix + today().strftime(_FORMATS.get(rule.date_format, ""))
    return [f"{head}{number:0{rule.digits}d}" for number in range(first, first + count)]


def change_rule(object_key: str, field: str, **looks: Any) -> NumberingRule:
    """Change how the next numbers look; the count goes on, whoever takes a number meanwhile."""
    with transaction.atomic():
        rule = _locked(object_key, field)
        if looks["restart"] != rule.restart:
            # The new period begins with its next turn: starting again now would repeat numbers.
            rule.period = today().strftime(_PERIODS[NumberingRule.Restart(looks["restart"])])
        for name, value in looks.items():
            setattr(rule, name, value)
        rule.save(update_fields=["period", *looks])
    return rule


def _locked(object_key: str, field: str) -> NumberingRule:
    NumberingRule.objects.get_or_create(
        object_key=object_key, field=field, defaults={"prefix": object_key[:1].upper(), "digits": 6}
    )
    return NumberingRule.objects.select_for_update().get(object_key=object_key, field=field)


def preview(rule: NumberingRule) -> str:
    """Return what the next number would look like."""
    head = rule.prefix + today().strftime(_FORMATS.get(rule.date_format, ""))
    return f"{head}{rule.last_number + 1:0{rule.digits}d}"
