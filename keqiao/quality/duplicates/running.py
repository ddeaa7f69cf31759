"""Compares all records of a type with one another, in bulk, and keeps the pairs it finds."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from keqiao.base.clock import now
from keqiao.jobs.progress import check_cancelled, progress
from keqiao.quality.candidates.comparing import ABOVE, comparing
from keqiao.quality.candidates.models import CandidateForms
from keqiao.quality.candidates.rekeying import is_ready, rekey
from keqiao.quality.duplicates.models import ComparisonRun, DuplicatePair, PairStatus, Scenario
from keqiao.quality.duplicates.pairs import (
    AT_ONCE,
    LIKELY_FROM,
    FoundPair,
    reason_codes,
    record_pairs,
    tells_nothing,
)
from keqiao.quality.match_models.day_one import columns_of, single_fields
from keqiao.quality.match_models.in_force import in_force
from keqiao.quality.matching.batch import Batch, Bounds, EngineMissing
from keqiao.quality.matching.model import Frequencies
from keqiao.quality.matching.run import match_batch
from keqiao.records.search_index import STRETCH, first_place

if TYPE_CHECKING:
    from django.utils.functional import Promise

    from keqiao.catalog.object_type import ObjectType
    from keqiao.quality.candidates.comparing import Comparing
    from keqiao.quality.matching.batch import Pair
    from keqiao.quality.matching.model import Model
    from keqiao.quality.matching.run import Result

READ_AT_ONCE = 50_000
MOST_NAMED = 50
COMMON_FROM = 20  # so many records have a value that is no sign of one customer any more
# Of a group that is refused so many of the strongest pairs are kept for people to look at.
KEPT_OF_REFUSED = 200
PROBLEMS: dict[str, str | Promise] = {
    "missing": _(
        "The library “%(what)s” is not installed, so all records cannot be compared at night. The"
        " check at entry works without it. Please ask your administrator to install it."
    ),
    "memory": _(
        "There was not enough memory to compare all records. The check at entry goes on; ask your"
        " administrator for more memory, or to let Spark compare (KEQIAO_MATCH_ENGINE=spark)."
    ),
    "stopped": _("The comparison did not get to its end; it starts again the next night."),
}


def compare_type(declared: ObjectType) -> ComparisonRun:
    """Compare all records of a type and keep the pairs; what an engine lacks is told in the run.

    Undecided pairs of an earlier night that are not found again are withdrawn.
    """
    plan = comparing(declared)
    if plan is None:
        raise LookupError(declared.key)
    if not is_ready(declared.key):
        rekey(plan)
    model = in_force(declared)
    run = ComparisonRun.objects.create(
        object_key=declared.key, began_at=now(), engine=settings.KEQIAO_MATCH_ENGINE,
        model_version=model.version, problem="stopped",
    )  # fmt: skip
    try:
        _compare(plan, model.model, run)
    except EngineMissing as problem:
        run.problem = f"missing:{problem.library}"
    except MemoryError:
        run.problem = "memory"
    except Exception as problem:
        if not _is_out_of_memory(problem):
            raise
        run.problem = "memory"
    else:
        run.problem = ""
    run.ended_at = now()
    run.save()
    return run


def problem_text(run: ComparisonRun) -> str:
    """Return what went wrong with a run, as a sentence; empty when nothing did."""
    code, _colon, what = run.problem.partition(":")
    return str(PROBLEMS[code]) % {"what": what} if code in PROBLEMS else run.problem


def _is_out_of_memory(problem: Exception) -> bool:
    return type(problem).__name__ == "OutOfMemoryException"  # DuckDB's, which may not be there


def _compare(plan: Comparing, model: Model, run: ComparisonRun) -> None:
    columns = columns_of(plan.roles, single_fields(plan))
    with Batch(Bounds(engine=run.engine)) as batch:
        ids = load_forms(batch, plan)
        run.records = len(ids)
        check_cancelled()
        if len(ids) > 1:
            result = match_batch(batch, columns, model=_with_common_values(batch, model))
            _keep(plan, run, result, ids)
    run.withdrawn = _withdraw(run)


def load_forms(batch: Batch, plan: Comparing) -> Sequence[int]:
    """Put the kept forms of all live records into the batch; return their numbers by place."""
    import polars as pl

    names = [name for one in plan.columns for _place, name in one.parts]
    names += [f"{name}__{ABOVE}" for name in plan.above]
    shape = pl.Struct(dict.fromkeys(names, pl.String))
    first = first_place(plan.object_type.key)
    ids = array("q")
    last, end = first - 1, first + STRETCH
    while rows := list(
        CandidateForms.objects.filter(pk__gt=last, pk__lt=end)
        .order_by("pk")
        .values_list("pk", "forms")[:READ_AT_ONCE]
    ):
        last = rows[-1][0]
        frame = pl.Series([text for _pk, text in rows], dtype=pl.String).str.json_decode(shape)
        places = pl.int_range(len(ids), len(ids) + len(rows), dtype=pl.Int32, eager=True)
        frame.struct.unnest().with_columns(
            places.alias("id"), pl.lit(0, dtype=pl.Int8).alias("side")
        ).write_parquet(batch.folder / f"records-{len(ids):09d}.parquet")
        ids.extend(pk - first for pk, _text in rows)
        progress(len(ids), 0)
    if ids:
        batch.load(dict.fromkeys(names, "VARCHAR"), [len(ids)])
    return ids


def _with_common_values(batch: Batch, model: Model) -> Model:
    """Let a value that many records share tell less; a model that learned this keeps what it knows.

    Only what is common counts: in a small list two copies of one customer make every value of his
    look frequent.
    """
    known = dict(model.frequencies)
    for one in model.comparisons:
        hand = known.get(one.form)
        if hand is None or hand.shares:
            continue
        seen = batch.frequencies(one.form).shares
        least = max(hand.other, COMMON_FROM / batch.count)
        common = {value: share for value, share in seen.items() if share > least}
        known[one.form] = Frequencies(common, hand.other, hand.mean)
    return model.with_(frequencies=known)


def _keep(plan: Comparing, run: ComparisonRun, result: Result, ids: Sequence[int]) -> None:
    run.candidates = result.candidates
    run.refused_blocks = [
        [one.column, one.value[:100], one.rows] for one in result.refused_blocks[:MOST_NAMED]
    ]
    run.refused_groups = [
        [len(group), [ids[at] for at in group[:5]]] for group in result.refused_groups[:MOST_NAMED]
    ]
    found = list(_found(plan, result, ids))
    for start in range(0, len(found), AT_ONCE):
        part = found[start : start + AT_ONCE]
        record_pairs(part, Scenario.NIGHTLY, run.model_version)
        run.related += sum(bool(one.link) for one in part)
        run.pairs += sum(not one.link for one in part)
        progress(start + len(part), len(found))


def _found(plan: Comparing, result: Result, ids: Sequence[int]) -> Iterator[FoundPair]:
    """Yield pairs worth a look, the heaviest first, and those that a veto makes related."""
    model, key = result.model, plan.object_type.key
    group_of = {at: place for place, group in enumerate(result.refused_groups) for at in group}
    kept_of: dict[int, int] = {}
    both: list[tuple[Pair, str]] = [(one, "") for one in result.pairs]
    both += [(one, model.vetoes[one.veto].link) for one in result.links]
    for one, link in both:
        probability = model.probability(one.weight)
        group = group_of.get(one.left)
        if group is not None:
            kept_of[group] = kept_of.get(group, 0) + 1
        if probability < LIKELY_FROM or (group is not None and kept_of[group] > KEPT_OF_REFUSED):
            continue
        left, right = (key, ids[one.left]), (key, ids[one.right])
        reasons = reason_codes(model, one.levels)
        if tells_nothing(link, reasons, plan.above):
            continue
        yield FoundPair(left, right, one.weight, probability, reasons, link)


def _withdraw(run: ComparisonRun) -> int:
    """Take away what an earlier night found and this one did not, unless somebody decided on it."""
    old = DuplicatePair.objects.filter(
        left_key=run.object_key, right_key=run.object_key, seen_at__lt=run.began_at,
        scenario=Scenario.NIGHTLY, decided_at=None,
        status__in=[PairStatus.NEW, PairStatus.RELATED],
    )  # fmt: skip
    count = 0
    while ids := list(old.values_list("pk", flat=True)[:AT_ONCE]):
        count += DuplicatePair.objects.filter(pk__in=ids, decided_at=None).delete()[0]
        progress(count, 0)
    return count
