"""Pairs of duplicates at the desk of the queue: the same, related, or not the same, and undone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from keqiao.access.rights import Action
from keqiao.catalog.registry import object_type
from keqiao.quality.duplicates.deciding import (
    PairProblem,
    Verdict,
    decidable_pairs,
    decide,
    open_pairs,
    take_back,
    visible_types,
)
from keqiao.quality.duplicates.merging import merge_pair, undo_pair
from keqiao.quality.duplicates.models import Band, PairStatus, Relation, Scenario
from keqiao.quality.duplicates.telling import names_of, reasons_told
from keqiao.quality.merge_compare import Pair, better_survivor, readable_names
from keqiao.quality.queue.sources import (
    COUNT_STOPS_AT,
    Answer,
    Decision,
    Fact,
    Line,
    Option,
    QueueItem,
    QueueProblem,
    QueueSource,
)
from keqiao.records.merging import mergeable
from keqiao.records.merging_values import ALL, default_choices, may_choose
from keqiao.records.present import present
from keqiao.records.query import records
from keqiao.ui.cells import near_moment
from keqiao.ui.navigation import sentence

if TYPE_CHECKING:
    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType
    from keqiao.quality.duplicates.models import DuplicatePair

VERDICT, SAME, LEFT, RIGHT, BOTH = "verdict", "same", "left", "right", "both"
# So many differing values are put to the choice; the others follow the rules of the merge.
MOST_LINES = 8


class PairSource(QueueSource):
    """Two records that may be one customer."""

    key = "duplicates"
    label = gettext_lazy("Duplicate pairs")
    hint = gettext_lazy("Records that may be the same customer. You decide which are.")
    icon = "copy"
    order = 40

    def is_for(self, access: Access) -> bool:
        return any(access.can(Action.CHANGE, one) for one in visible_types(access))

    def count(self, access: Access) -> int:
        return open_pairs(access)[: COUNT_STOPS_AT + 1].count()

    def next(self, access: Access, after: int = 0) -> QueueItem | None:
        pair = open_pairs(access).filter(pk__gt=after).order_by("pk").first()
        return item_of(access, pair) if pair is not None else None

    def item(self, access: Access, item_id: int) -> QueueItem | None:
        pair = open_pairs(access).filter(pk=item_id).first()
        return item_of(access, pair) if pair is not None else None

    def decide(self, access: Access, item_id: int, answer: Answer) -> None:
        pair = open_pairs(access).filter(pk=item_id).first()
        if pair is None:
            message = _("A colleague has decided about these two a moment ago.")
            raise QueueProblem(message, is_gone=True)
        try:
            _carry_out(access, pair, answer)
        except PairProblem as problem:
            raise QueueProblem(
                problem.message,
                is_gone=problem.code in {"missing", "decided"},
                may_insist=problem.code == "contradiction",
            ) from None

    def undo(self, access: Access, item_id: int, *, request_id: str = "") -> None:
        pair = decidable_pairs(access).filter(pk=item_id).first()
        try:
            if pair is None:
                undo_pair(access, item_id, request_id=request_id)
            else:
                take_back(access, item_id)
        except PairProblem as problem:
            raise QueueProblem(problem.message) from None


def _carry_out(access: Access, pair: DuplicatePair, answer: Answer) -> None:
    if answer.decision is Decision.DISMISS:
        decide(access, pair.pk, Verdict(PairStatus.DIFFERENT, reason=answer.reason))
        return
    verdict = answer.choices.get(VERDICT)
    chosen = verdict.option if verdict is not None else SAME
    if chosen in Relation.values:
        decide(access, pair.pk, Verdict(PairStatus.RELATED, chosen, answer.reason))
        return
    if chosen != SAME:
        raise QueueProblem(_("Please choose one of the decisions offered."))
    found = _pair_of_records(access, pair)
    if found is None or not _may_merge(access, pair):
        decide(access, pair.pk, Verdict(PairStatus.SAME), is_sure=answer.is_sure)
        return
    ids = {LEFT: found.kept.id, RIGHT: found.lost.id, BOTH: ALL}
    choices = {
        name: ids[one.option] for name, one in answer.choices.items()
        if name != VERDICT and one.option in ids
    }  # fmt: skip
    merge_pair(
        access, pair, found.kept.id, choices, versions=_versions(answer.revision),
        is_sure=answer.is_sure, request_id=answer.request_id,
    )  # fmt: skip


def _versions(revision: str) -> dict[int, int]:
    """Return the versions the person saw, by record: "12:3,15:1"."""
    parts = (one.partition(":") for one in revision.split(","))
    return {int(pk): int(seen) for pk, _colon, seen in parts if pk.isdecimal() and seen.isdecimal()}


def _may_merge(access: Access, pair: DuplicatePair) -> bool:
    if pair.left_key != pair.right_key:
        return False
    rows = mergeable(access, object_type(pair.left_key))
    return rows.filter(pk__in=[pair.left_id, pair.right_id]).count() == 2


def _pair_of_records(access: Access, pair: DuplicatePair) -> Pair | None:
    """Read both records of one type, the one that should stay first."""
    if pair.left_key != pair.right_key:
        return None
    declared = object_type(pair.left_key)
    found = records(access, declared).in_bulk([pair.left_id, pair.right_id])
    if len(found) < 2:
        return None
    rows = [found[pair.left_id], found[pair.right_id]]
    shown = present(access, declared, rows, readable_names(access, declared))
    both = Pair(shown[0], shown[1], rows[0], rows[1])
    if better_survivor(both):
        both = Pair(shown[1], shown[0], rows[1], rows[0])
    return both


# --- one item -------------------------------------------------------------------------------------


def item_of(access: Access, pair: DuplicatePair) -> QueueItem:
    """Return a pair as this person may see it: what differs, what agrees, what speaks for it."""
    names = names_of(access, [pair.left, pair.right])
    found = _pair_of_records(access, pair)
    lines: list[Line] = [_verdict_line(pair)]
    others: list[Fact] = []
    sides = [(pair.left, names[pair.left]), (pair.right, names[pair.right])]
    revision, may_merge = "", False
    if found is not None:
        declared = object_type(pair.left_key)
        may_merge = _may_merge(access, pair)
        if found.kept.id != pair.left_id:
            sides.reverse()
        told, others = _values(access, declared, found, may_merge=may_merge)
        lines += told
        revision = f"{found.kept.id}:{found.kept.version},{found.lost.id}:{found.lost.version}"
    first, second = sides[0][1], sides[1][1]
    labels = (_("Stays"), _("Goes into it")) if may_merge else (first.object, second.object)
    return QueueItem(
        id=pair.pk,
        title=_("The same customer?") if pair.left_key != pair.right_key
        else _("The same %(object)s?") % {"object": object_type(pair.left_key).label},
        kind=str(Band(pair.band).label),
        lines=tuple(lines),
        sides=(Fact(labels[0], first.title, first.url), Fact(labels[1], second.title, second.url)),
        facts=_facts(access, pair),
        others=tuple(others),
        revision=revision,
        accept_label=gettext_lazy("Confirm the choice"),
        dismiss_label=gettext_lazy("Not the same"),
    )  # fmt: skip


def _verdict_line(pair: DuplicatePair) -> Line:
    same = gettext_lazy("The same")
    related = [Option(one.value, one.label) for one in Relation]
    return Line(
        VERDICT, _("What are they to each other?"), (Option(SAME, same, tone="jade"), *related),
        chosen=pair.relation or SAME,
    )  # fmt: skip


def _values(
    access: Access, declared: ObjectType, both: Pair, *, may_merge: bool
) -> tuple[list[Line], list[Fact]]:
    """Return the values to choose between, and those that are equal or known on one side only."""
    fields = declared.fields()
    proposed = default_choices(access, declared, both.kept_record, [both.lost_record])
    lines: list[Line] = []
    others: list[Fact] = []
    for name in readable_names(access, declared):
        own = fields[name]
        left, right = both.kept.cells[name].text, both.lost.cells[name].text
        if not left and not right:
            continue
        label = sentence(own.label)
        if left == right or not left or not right:
            others.append(Fact(label, left or right))
            continue
        is_open = may_merge and name != "owner" and may_choose(access, declared, own)
        if not is_open or len(lines) >= MOST_LINES:
            others.append(Fact(label, f"{left} / {right}"))
            continue
        options = [Option(LEFT, _("of the one that stays"), left),
                   Option(RIGHT, _("of the other one"), right)]  # fmt: skip
        if own.kind.many:
            options.append(Option(BOTH, _("both")))
        choice = proposed.get(name, both.kept.id)
        chosen = BOTH if choice == ALL else LEFT if choice == both.kept.id else RIGHT
        lines.append(Line(name, label, tuple(options), chosen=chosen))
    return lines, others


def _facts(access: Access, pair: DuplicatePair) -> tuple[Fact, ...]:
    found = [
        Fact(_("Why"), _(", ").join(reasons_told(access, pair)) or _("by fields you may not read")),
        Fact(_("Found"), f"{Scenario(pair.scenario).label} · {near_moment(pair.found_at)}"),
    ]
    if pair.status == PairStatus.SAME:
        found.append(Fact(_("State"), str(PairStatus.SAME.label)))
    if pair.left_key == pair.right_key:
        path = object_type(pair.left_key).path
        ids = f"{pair.left_id},{pair.right_id}"
        found.append(Fact(_("Compare"), _("Compare in full"), f"/{path}/merge/?ids={ids}"))
    return tuple(found)
