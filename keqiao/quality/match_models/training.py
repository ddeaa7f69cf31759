"""Makes new versions once a month, or when somebody asks: from the records, and from what people decided."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _
from django_tasks import task

from keqiao.base.clock import today
from keqiao.jobs.options import LONG
from keqiao.jobs.progress import check_cancelled, progress
from keqiao.jobs.schedule import every
from keqiao.quality.candidates.comparing import compared_types
from keqiao.quality.candidates.rekeying import is_ready, rekey
from keqiao.quality.duplicates.running import load_forms
from keqiao.quality.match_models.day_one import (
    columns_of,
    day_one_model,
    plan_of,
    single_fields,
)
from keqiao.quality.match_models.figures import LEAST_OF_EACH, measure
from keqiao.quality.match_models.in_force import in_force
from keqiao.quality.match_models.judged import decided_pairs
from keqiao.quality.match_models.learning import calibrated, reweighted
from keqiao.quality.match_models.models import MatchModel, ModelSource
from keqiao.quality.match_models.publishing import keep_version, publish_if_better
from keqiao.quality.match_models.shipped import shipped_pairs
from keqiao.quality.matching.batch import Batch, EngineMissing
from keqiao.quality.matching.run import learn_batch

if TYPE_CHECKING:
    from keqiao.catalog.object_type import ObjectType
    from keqiao.quality.candidates.comparing import Comparing
    from keqiao.quality.match_models.judged import Judged
    from keqiao.quality.matching.model import Model

# Fewer records hold too few duplicates to learn from.
LEAST_RECORDS = 2_000
# Of frequent values so many are kept with a version; rarer ones weigh nearly like all others.
MOST_VALUES = 2_000


@every(daily_at="02:40")
@task(title=_("Once a month, learn how duplicates are told"), queue_name=LONG)
def train_monthly() -> dict[str, Any]:
    return train_all() if today().day == 1 else {}


@task(title=_("Learn how duplicates are told"), queue_name=LONG)
def train_now(object_key: str) -> dict[str, Any]:
    return train_all(object_key)


def train_all(object_key: str = "") -> dict[str, Any]:
    """Make versions for every type compared, or for one; tell what came of each."""
    declared = [one for one in compared_types() if object_key in {"", one.key}]
    found = {}
    for at, one in enumerate(declared):
        progress(at, len(declared))
        check_cancelled()
        found[one.key] = train(one)
    return found


def train(declared: ObjectType) -> dict[str, Any]:
    """Make the versions a type allows, publish what is better, and return what was done and what not.

    `problem` says why nothing was learned from the records: few | alike (no duplicates to learn
    from) | missing:LIBRARY | memory.
    """
    plan = plan_of(declared)
    decisions = decided_pairs(declared)
    learned, problem = _from_records(plan)
    made = []
    if learned is not None:
        made.append(_judge(plan, learned, ModelSource.LEARNED, decisions))
    taught = [one for one in decisions if not one.is_frozen]
    if _is_enough(taught):
        base = in_force(declared).model
        model = calibrated(reweighted(base, taught), taught)
        made.append(_judge(plan, model, ModelSource.DECISIONS, decisions, len(taught)))
    return {
        "problem": problem,
        "decisions": len(taught),
        "versions": [row.number for row in made],
        "published": [row.number for row in made if row.published_at is not None],
    }


def _is_enough(taught: list[Judged]) -> bool:
    same = sum(one.is_same for one in taught)
    return min(same, len(taught) - same) >= LEAST_OF_EACH


def _judge(
    plan: Comparing,
    model: Model,
    source: ModelSource,
    decisions: list[Judged],
    count: int = 0,
) -> MatchModel:
    """Keep a version with its figures beside those of the one in force, and publish it if it is better."""
    rival = in_force(plan.object_type)
    sets = [one for one in decisions if one.is_frozen], shipped_pairs(plan)
    own, other = (tuple(measure(each, judged) for judged in sets) for each in (model, rival.model))
    row = keep_version(plan.object_type, model, source, count)
    row.figures = {"decided": own[0].as_json(), "shipped": own[1].as_json()}
    row.rival = {"decided": other[0].as_json(), "shipped": other[1].as_json()}
    row.rival_number = rival.number
    row.save(update_fields=["figures", "rival", "rival_number"])
    publish_if_better(row)
    return row


def _from_records(plan: Comparing) -> tuple[Model | None, str]:
    if not is_ready(plan.object_type.key):
        rekey(plan)
    try:
        with Batch() as batch:
            if len(load_forms(batch, plan)) < LEAST_RECORDS:
                return None, "few"
            columns = columns_of(plan.roles, single_fields(plan))
            learned = learn_batch(batch, columns, day_one_model(plan))
    except EngineMissing as problem:
        return None, f"missing:{problem.library}"
    except Exception as problem:
        if not (
            isinstance(problem, MemoryError) or type(problem).__name__ == "OutOfMemoryException"
        ):
            raise
        return None, "memory"
    return (_trimmed(learned), "") if learned is not None else (None, "alike")


def _trimmed(model: Model) -> Model:
    kept = {
        form: replace(
            one,
            shares=dict(sorted(one.shares.items(), key=lambda item: (-item[1], item[0]))[:MOST_VALUES]),
        )
        for form, one in model.frequencies.items()
    }  # fmt: skip
    return model.with_(frequencies=kept)
