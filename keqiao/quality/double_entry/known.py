"""The rules of double entry in force as this process knows them, with those who key again."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from keqiao.catalog import state
from keqiao.catalog.kinds.links import is_link
from keqiao.quality.double_entry.models import DoubleEntryRule
from keqiao.quality.rule_form import enterable_fields
from keqiao.quality.rules_in_force import rules_in_force

if TYPE_CHECKING:
    from keqiao.access.access import Access
    from keqiao.catalog.field import Field
    from keqiao.catalog.object_type import ObjectType

RULES = "double_entry"  # the version that changes with every change of a rule


known = rules_in_force(RULES, DoubleEntryRule.objects.all, lambda rule: rule.keyers)


def rules_changed() -> None:
    """Say that a rule was changed; call inside the transaction that changes it."""
    state.bump(RULES)


def rules_keyed_by(access: Access) -> list[int]:
    """Return the numbers of the rules whose records this person keys again or settles."""
    return [pk for pk, people in known().people.items() if access.user_id in people]


def is_in_sample(rule: DoubleEntryRule, record_id: int) -> bool:
    """Tell whether a record belongs to the share a rule takes: by its number, always the same way."""
    digest = blake2b(f"{rule.pk}:{record_id}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % 100 < rule.share


def keyable_fields(declared: ObjectType) -> dict[str, Field]:
    """Return the fields that can be keyed from a paper: no links, which are looked up."""
    return {
        name: own
        for name, own in enterable_fields(declared).items()
        if not is_link(own) and own.kind.key not in {"user", "users", "department"}
    }


def form_of(own: Field, value: Any) -> str:
    """Return a short fingerprint of a value's compared form; blank values have an empty one."""
    if own.kind.is_empty(value):
        return ""
    return _short(own.kind.normalise(value))


def has_form(own: Field, value: Any, form: str) -> bool:
    """Tell whether a value has this form; of secrets also when the key has been changed since."""
    if own.kind.encrypted and not own.kind.is_empty(value):
        return form in {_short(one) for one in own.kind.exact_forms(value, own)}
    return form == form_of(own, value)


def _short(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
