"""The model of a type before anything was learned: weights set by hand over the fields of its catalog."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from keqiao.quality.candidates.comparing import ABOVE, Comparing, comparing
from keqiao.quality.matching.columns import Compared, Style
from keqiao.quality.matching.model import Comparison, Level, Model
from keqiao.quality.matching.recipes import hand_model

if TYPE_CHECKING:
    from keqiao.catalog.object_type import ObjectType
    from keqiao.quality.forms import Role


def plan_of(declared: ObjectType) -> Comparing:
    """Return how records of a type are compared; raises LookupError where they are not."""
    plan = comparing(declared)
    if plan is None:
        raise LookupError(declared.key)
    return plan


def day_one_model(plan: Comparing) -> Model:
    """Return the model with weights set by hand over the fields of a type that hold one value."""
    return _with_above(model_over(plan.roles, single_fields(plan)), plan)


def single_fields(plan: Comparing) -> list[str]:
    return [one.name for one in plan.columns if not one.field.kind.many]


def columns_of(roles: Mapping[str, Role], names: Sequence[str]) -> list[Compared]:
    return [Compared(name, roles[name], Style.PHRASE, at, at, "") for at, name in enumerate(names)]


def model_over(roles: Mapping[str, Role], names: Sequence[str]) -> Model:
    """Return the hand-set model over some fields, given what each of them holds."""
    return hand_model(columns_of(roles, names))


def _with_above(model: Model, plan: Comparing) -> Model:
    """Let the customer a person belongs to speak: two of one name at one customer are mostly one."""
    further = tuple(
        Comparison(
            name,
            f"{name}__{ABOVE}",
            (
                Level(("equal", f"{name}__{ABOVE}"), 0.70, 0.0001, "same"),
                Level((), 0.30, 0.9999, "different"),
            ),
        )
        for name in plan.above
    )
    return model.with_(comparisons=(*model.comparisons, *further))
