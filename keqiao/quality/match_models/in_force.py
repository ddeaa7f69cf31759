"""Which model tells the duplicates of a type: the published version, or the hand-set one while none is."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from keqiao.catalog import state
from keqiao.quality.candidates.comparing import plans
from keqiao.quality.match_models.day_one import day_one_model
from keqiao.quality.match_models.models import MatchModel
from keqiao.quality.matching.model import Model, UnreadableModel, read_model

if TYPE_CHECKING:
    from keqiao.catalog.object_type import ObjectType
    from keqiao.quality.candidates.comparing import Comparing

MODELS = "match_models"  # the version that changes with every publication
DAY_ONE = 0

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class InForce:
    """A model with the number of its version; `DAY_ONE` stands for the hand-set one."""

    model: Model
    number: int = DAY_ONE

    @property
    def version(self) -> str:
        """Return the version as it is kept with the pairs it finds."""
        return str(self.number)


def model_in_force(declared: ObjectType) -> Model:
    """Return the model by which records of a type are compared; LookupError: they are not compared."""
    return in_force(declared).model


def in_force(declared: ObjectType) -> InForce:
    """Return the model in force with its version; LookupError where records are not compared."""
    return known()[declared.key]


def models_mark() -> int:
    """Return a number that changes with every publication (for what is kept made from models)."""
    return state.version(MODELS)


def models_changed() -> None:
    """Say that another version came into force; call inside the transaction that publishes it."""
    state.bump(MODELS)


def _read() -> dict[str, InForce]:
    found = {key: InForce(day_one_model(plan)) for key, plan in plans().items()}
    for row in MatchModel.objects.filter(is_in_force=True, object_key__in=found):
        model = usable(row, plans()[row.object_key])
        if model is not None:
            found[row.object_key] = InForce(model, row.number)
    return found


known = state.Remembered(lambda: (state.version(state.CATALOG), models_mark()), _read)


def usable(row: MatchModel, plan: Comparing) -> Model | None:
    """Return the model of a version, or None where it does not fit what is compared today.

    A field added or taken away since leaves it usable; one that holds something else now does not.
    """
    try:
        model = read_model(row.model)
    except UnreadableModel:
        _log.warning("model %s of %s cannot be read; day one is used", row.number, row.object_key)
        return None
    roles = plan.roles
    fits = all(roles.get(name, role) == role for name, role in model.roles.items())
    return model if fits and any(name in roles for name in model.roles) else None
