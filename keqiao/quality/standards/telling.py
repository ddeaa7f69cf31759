"""Says in words what the declared rules of an object type ask, for whoever reads the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from keqiao.catalog.quality_rules import SEVERITY_LABELS, Agree, InOrder, Never, QualityRule
from keqiao.ui.navigation import sentence

if TYPE_CHECKING:
    from keqiao.catalog.object_type import ObjectType


def declared_rules(declared: ObjectType) -> list[dict[str, Any]]:
    """Return the rules an object type comes with: fields, text, what follows."""
    return [
        {
            "fields": _names(declared, rule.names),
            "text": _text(declared, rule),
            "severity": SEVERITY_LABELS[rule.severity],
            "tone": rule.severity.value,
        }
        for rule in declared.quality
    ]


def _text(declared: ObjectType, rule: QualityRule) -> str:
    match rule:
        case Agree(first, second):
            return _("“%(first)s” and “%(second)s” must not contradict each other.") % {
                "first": _label(declared, first),
                "second": _label(declared, second),
            }
        case InOrder(earlier, later):
            return _("“%(later)s” must not lie before “%(earlier)s”.") % {
                "earlier": _label(declared, earlier),
                "later": _label(declared, later),
            }
        case Never():
            return str(rule.message)


def _names(declared: ObjectType, names: tuple[str, ...]) -> str:
    return " · ".join(_label(declared, name) for name in names)


def _label(declared: ObjectType, name: str) -> str:
    field = declared.fields().get(name)
    return sentence(field.label) if field is not None else name
