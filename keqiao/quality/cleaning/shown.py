"""Corrections as people read them: what stood there, what stands there now, by which rule, how sure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from keqiao.catalog.kinds.roles import Role
from keqiao.catalog.problems import FieldProblem
from keqiao.quality.cleaning.models import Correction, CorrectionState
from keqiao.quality.cleaning.proposal import read_as
from keqiao.quality.cleaning.rules import BY_ID
from keqiao.records.present import titles_of
from keqiao.ui.cells import near_moment
from keqiao.ui.navigation import sentence

if TYPE_CHECKING:
    from keqiao.access.access import Access
    from keqiao.catalog.field import Field
    from keqiao.catalog.object_type import ObjectType


def shown_value(own: Field, typed: Any) -> str:
    """Return a value as it was typed; of a choice or a place its name, since nobody types its key."""
    if typed in (None, ""):
        return _("(empty)")
    if own.kind.key == "choice" or own.kind.matches_as is Role.REGION:
        value = read_as(own, typed)
        if value is not None and not isinstance(value, FieldProblem):
            return own.kind.text(value, own)
    return str(typed)


def rule_label(rule_id: str) -> str:
    rule = BY_ID.get(rule_id)
    return str(rule.label) if rule is not None else _("Typed by hand")


def shown_lines(
    access: Access, declared: ObjectType, lines: list[Correction]
) -> list[dict[str, Any]]:
    """Return what the table of corrections shows; the lines are already those this person may see."""
    fields = declared.fields()
    titles = titles_of(access, declared, {line.record_id for line in lines})
    return [
        {
            "id": line.pk,
            "title": titles.get(line.record_id) or f"#{line.record_id}",
            "record_id": line.record_id,
            "url": f"/{declared.path}/{line.record_id}/",
            "field": sentence(fields[line.field].label),
            "field_key": line.field,
            "before": shown_value(fields[line.field], line.before),
            "after": shown_value(fields[line.field], line.after),
            "rule": rule_label(line.rule),
            "rule_key": line.rule,
            "evidence": line.evidence,
            "sure": f"{line.confidence:.1%}",
            "state": CorrectionState(line.state).label,
            "tone": {"applied": "jade", "suggested": "amber", "flagged": "amber"}.get(
                line.state, ""
            ),
            "may_undo": line.state == CorrectionState.APPLIED,
            "when": near_moment(line.decided_at or line.made_at),
        }
        for line in lines
    ]
