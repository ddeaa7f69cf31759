"""Brings a version into force, or an earlier one back; what is in force is never worse than what was."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from keqiao.base.clock import now
from keqiao.quality.match_models.day_one import plan_of
from keqiao.quality.match_models.figures import Figures, is_better, measure, read_figures
from keqiao.quality.match_models.in_force import DAY_ONE, in_force, models_changed, usable
from keqiao.quality.match_models.judged import decided_pairs
from keqiao.quality.match_models.models import MatchModel, ModelSource
from keqiao.quality.match_models.shipped import shipped_pairs
from keqiao.quality.matching.model import Model

if TYPE_CHECKING:
    from keqiao.catalog.object_type import ObjectType

NOT_BETTER, NOT_USABLE, TOO_FEW = "not_better", "not_usable", "too_few"


class NotPublished(Exception):
    """A version that may not come into force; `code` says why, the message for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def keep_version(
    declared: ObjectType, model: Model, source: ModelSource, decisions: int = 0
) -> MatchModel:
    """Keep a model under the next number of its type; it is not in force yet."""
    with transaction.atomic():
        rows = MatchModel.objects.filter(object_key=declared.key).select_for_update()
        list(rows.values_list("pk", flat=True))
        last = rows.aggregate(last=Max("number"))["last"] or DAY_ONE
        return MatchModel.objects.create(
            object_key=declared.key, number=last + 1, model=model.as_json(), source=source,
            decisions=decisions, made_at=now(),
        )  # fmt: skip


def publish_if_better(row: MatchModel) -> bool:
    """Publish a version if it beats the one it was measured against; note why where it does not.

    Without enough frozen decisions a version waits for an administrator: an invented set alone
    never changes by itself how a company's records are compared.
    """
    own, rival = _sets(row.figures), _sets(row.rival)
    if not is_better(own, rival):
        row.note = NOT_BETTER
    elif not own[0].is_telling:
        row.note = TOO_FEW
    else:
        _put_in_force(row, None)
        return True
    row.save(update_fields=["note"])
    return False


def publish(declared: ObjectType, number: int, user_id: int | None) -> None:
    """Bring a version into force: a new one only if it beats what is in force now.

    One that was in force before may always come back, and so may day one (`number` 0). Raises
    `NotPublished`.
    """
    if number == DAY_ONE:
        with transaction.atomic():
            MatchModel.objects.filter(object_key=declared.key).update(is_in_force=False)
            models_changed()
        return
    row = MatchModel.objects.filter(object_key=declared.key, number=number).first()
    plan = plan_of(declared)
    model = usable(row, plan) if row else None
    if row is None or model is None:
        message = _(
            "This version does not fit the fields that are compared today. Please have a new one made."
        )
        raise NotPublished(NOT_USABLE, message)
    if row.published_at is None:
        frozen = [one for one in decided_pairs(declared) if one.is_frozen]
        sets = frozen, shipped_pairs(plan)
        rival = in_force(declared).model
        own_figures = measure(model, sets[0]), measure(model, sets[1])
        rival_figures = measure(rival, sets[0]), measure(rival, sets[1])
        if not is_better(own_figures, rival_figures):
            message = _(
                "This version is not better than the one in force: what may be merged unseen would be"
                " right less often, or no more duplicates would be found. The one in force stays."
            )
            raise NotPublished(NOT_BETTER, message)
    _put_in_force(row, user_id)


def _sets(kept: dict[str, dict[str, int]]) -> tuple[Figures, Figures]:
    empty = Figures(0, 0, 0, 0, 0, 0)
    decided, shipped = (read_figures(kept.get(name, {})) for name in ("decided", "shipped"))
    return decided or empty, shipped or empty


def _put_in_force(row: MatchModel, user_id: int | None) -> None:
    with transaction.atomic():
        rows = MatchModel.objects.filter(object_key=row.object_key).select_for_update()
        list(rows.values_list("pk", flat=True))
        rows.filter(is_in_force=True).update(is_in_force=False)
        row.is_in_force, row.note = True, ""
        row.published_at, row.published_by_id = now(), user_id
        row.save(update_fields=["is_in_force", "note", "published_at", "published_by"])
        models_changed()
