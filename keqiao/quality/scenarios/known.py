"""The rules in force: those the product brings, and those written in its place or besides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from keqiao.catalog import state
from keqiao.catalog.registry import object_type
from keqiao.quality.candidates.comparing import comparing
from keqiao.quality.candidates.weighing import scope_of
from keqiao.quality.review.known import NO_ENTRY
from keqiao.quality.rules_in_force import rules_in_force
from keqiao.quality.scenarios.models import WEIGHT, Act, Scenario, ScenarioRule
from keqiao.quality.scenarios.telling import SAFE, STRONG

if TYPE_CHECKING:
    from django.utils.functional import Promise

    from keqiao.catalog.object_type import ObjectType

RULES = "duplicate_rules"  # the version that changes with every change of a rule

# What may become of a draft on each road. A stranger at a web form must not learn who is there.
ACTS: dict[Scenario, tuple[Act, ...]] = {
    Scenario.ENTRY: (Act.WARN, Act.BLOCK, Act.REVIEW, Act.LINK),
    Scenario.IMPORT: (Act.LINK, Act.WARN, Act.REVIEW, Act.BLOCK),
    Scenario.API: (Act.LINK, Act.WARN, Act.REVIEW, Act.BLOCK),
    Scenario.WEB_FORM: (Act.ATTACH, Act.LINK, Act.REVIEW),
    Scenario.CONVERSION: (Act.WARN, Act.BLOCK, Act.LINK),
    Scenario.NIGHTLY: (Act.LINK,),
}
# Exact keys a rule may ask for, as people call them.
BY_KEY: dict[str, str | Promise] = {
    "phone": _("The same telephone number"),
    "email": _("The same mail address"),
    "uscc": _("The same registration number"),
    "resident": _("The same identity number"),
    "core": _("The same name without place and legal form"),
    "person_above": _("The same person's name at the same customer"),
}
_ROADS = {
    "import": Scenario.IMPORT,
    "api": Scenario.API,
    "web_form": Scenario.WEB_FORM,
    "conversion": Scenario.CONVERSION,
}
# Nothing new is entered on these: many records at once are the exact guard's to watch.
_NO_ROAD = NO_ENTRY | {"bulk", "demo", "rule", "sync"}


@dataclass(frozen=True)
class _Default:
    """A rule the product brings for every type that is compared."""

    key: str
    scenario: Scenario
    action: Act
    low: float
    name: str | Promise


DEFAULTS = (
    _Default("entry_strong", Scenario.ENTRY, Act.WARN, STRONG, _("Very alike at entry: ask first")),
    _Default("import_strong", Scenario.IMPORT, Act.LINK, STRONG,
             _("Very alike in a list: import, decide later")),
    _Default("api_strong", Scenario.API, Act.LINK, STRONG,
             _("Very alike from a program: save, decide later")),
    _Default("web_form_safe", Scenario.WEB_FORM, Act.ATTACH, SAFE,
             _("A known customer at a web form: add to the record")),
    _Default("web_form_strong", Scenario.WEB_FORM, Act.LINK, STRONG,
             _("Very alike from a web form: save, decide later")),
    _Default("conversion", Scenario.CONVERSION, Act.WARN, STRONG,
             _("Very alike at conversion: ask first")),
    _Default("nightly", Scenario.NIGHTLY, Act.LINK, STRONG, _("Very alike at night: decide by day")),
)  # fmt: skip


known = rules_in_force(RULES, ScenarioRule.objects.all, lambda _rule: {})


def rules_changed() -> None:
    """Say that a rule was changed; call inside the transaction that changes it."""
    state.bump(RULES)


def road_of(channel: str) -> Scenario | None:
    """Return the road a channel of the change log stands for; what is not listed is done by hand."""
    if channel in _NO_ROAD:
        return None
    return _ROADS.get(channel, Scenario.ENTRY)


def all_rules(declared: ObjectType) -> list[ScenarioRule]:
    """Return every rule of a type in the order in which they are asked, switched off ones as well.

    Those written in the product come before those it brings; a rule in place of a brought one stands
    where that one stood. A brought one that nobody changed has no number yet.
    """
    if comparing(declared) is None:
        return []
    written = known().rules.get(declared.key, [])
    instead = {rule.replaces: rule for rule in written if rule.replaces}
    brought = [instead.get(one.key) or default_rule(declared, one.key) for one in DEFAULTS]
    return [*(rule for rule in written if not rule.replaces), *brought]


def default_rule(declared: ObjectType, key: str) -> ScenarioRule:
    """Return the rule the product brings, as it would be written; LookupError: there is none."""
    one = next((rule for rule in DEFAULTS if rule.key == key), None)
    if one is None:
        raise LookupError(key)
    return ScenarioRule(
        name=str(one.name), object_key=declared.key, scenario=one.scenario, action=one.action,
        scope=[other.key for other in scope_of(declared)], by=WEIGHT, low=one.low,
        is_active=True, replaces=one.key,
    )  # fmt: skip


def rules_for(declared: ObjectType, scenario: Scenario) -> list[ScenarioRule]:
    """Return the rules in force for drafts of a type on one road, in order."""
    return [rule for rule in all_rules(declared) if rule.is_active and rule.scenario == scenario]


def compared_with(rule: ScenarioRule) -> list[ObjectType]:
    """Return the types whose records count for a rule; what is compared no more is left out."""
    possible = scope_of(object_type(rule.object_key))
    return [declared for declared in possible if declared.key in rule.scope]


def keys_to_choose(declared: ObjectType) -> dict[str, str | Promise]:
    """Return the exact keys a rule about a type may ask for."""
    plan = comparing(declared)
    made = {rule.name for rule in plan.rules} if plan else set()
    return {name: label for name, label in BY_KEY.items() if name in made}
