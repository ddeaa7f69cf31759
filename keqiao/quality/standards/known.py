"""The rules in force as this process knows them: declared ones and those written in the product."""

from __future__ import annotations

from typing import cast

import structlog
from django.utils.functional import Promise, lazy
from django.utils.translation import get_language

from keqiao.catalog import state
from keqiao.catalog.filter import FilterProblem
from keqiao.catalog.object_type import ObjectType
from keqiao.catalog.quality_rules import Severity
from keqiao.quality.standards.checks import Check, declared_checks, written_check
from keqiao.quality.standards.models import StandardRule

STANDARDS = "standards"  # the version that changes with every change of a rule
log = structlog.get_logger(__name__)


def _none_yet() -> dict[str, list[Check]]:
    return {}


_checks = state.Remembered(
    lambda: (state.version(STANDARDS), state.version(state.CATALOG)), _none_yet
)
forget = _checks.forget


def checks_of(declared: ObjectType) -> list[Check]:
    """Return the checks of an object type; reads the database only after a change."""
    known = _checks()
    if declared.key not in known:
        known[declared.key] = [*declared_checks(declared), *_written(declared)]
    return known[declared.key]


def _written(declared: ObjectType) -> list[Check]:
    found = []
    for rule in StandardRule.objects.filter(object_key=declared.key, is_active=True):
        try:
            found.append(check_of(declared, rule))
        except FilterProblem as problem:
            # A field it names is gone. Saving must go on; the list of rules shows the reason.
            log.warning("standard_rule_unusable", rule=rule.pk, reason=problem.code)
    return found


def check_of(declared: ObjectType, rule: StandardRule) -> Check:
    """Return a written rule as a check; raises `FilterProblem` when it cannot be asked of a record."""
    message = message_of(rule.message_zh, rule.message_en)
    return written_check(
        declared,
        f"standard-{rule.pk}",
        rule.where,
        rule.field,
        message,
        Severity(rule.severity),
        rule.scope,
        rule.repair or None,
    )


def message_of(chinese: str, english: str) -> Promise:
    """Return the message of a written rule in the language of whoever reads it."""

    def in_language() -> str:
        return english if english and (get_language() or "").startswith("en") else chinese

    return cast("Promise", lazy(in_language, str)())


def standards_changed() -> None:
    """Say that a rule was changed; call inside the transaction that changes it."""
    state.bump(STANDARDS)
