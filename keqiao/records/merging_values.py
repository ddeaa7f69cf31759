"""Which of several records' values the merged one gets, field by field, unless a person chooses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from keqiao.catalog.kinds.links import links_of
from keqiao.records.models import ChangeEntry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import Model

    from keqiao.access.access import Access
    from keqiao.catalog.field import Field
    from keqiao.catalog.object_type import ObjectType

ALL = 0  # in place of a record's number: the values of all of them together
_BELONGING = frozenset({"owner", "team"})
_LINES_READ = 200
_NEVER = datetime.min.replace(tzinfo=UTC)
# How far a value is trusted by where it comes from; what is not named stands between form and import.
RANKS: Mapping[str, int] = {
    "form": 3, "revert": 3, "customer": 3, "api": 2, "import": 1, "rule": 1, "demo": 0,
}  # fmt: skip
OTHER_RANK = 2


@dataclass
class Trust:
    """What packages above know of values: who found them right or wrong, and which source to trust.

    `standing` tells of a record's value by the field's name: 1 when somebody found it to be right,
    -1 when it is known to be wrong, 0 when nothing is known. `carry` lets what is known of values
    follow them: onto a record (written already) from those its values were taken from.
    """

    standing: Callable[[Model], Mapping[str, int]] = field(default=lambda _row: {})
    ranks: Callable[[], Mapping[str, int]] = field(default=lambda: RANKS)
    carry: Callable[[ObjectType, Any, Mapping[str, Any]], None] = field(
        default=lambda _declared, _row, _origins: None
    )


trust = Trust()


def merged_fields(declared: ObjectType) -> list[Field]:
    """Return the fields of which one value is chosen; what the system fills in follows by itself."""
    return [one for one in declared.in_layout_order() if not one.read_only and one.name != "team"]


def may_choose(access: Access, declared: ObjectType, own: Field) -> bool:
    """Tell whether this person sees the values of a field and may decide between them."""
    mask = access.fields(declared)
    return mask.is_readable(own.name) and mask.is_writable(own.name)


@dataclass(frozen=True)
class _Origin:
    """When a record's value was set last, and from where."""

    at: datetime = _NEVER
    source: str = ""


def default_choices(
    access: Access, declared: ObjectType, survivor: Model, losers: Sequence[Model]
) -> dict[str, int]:
    """Return for each field whose value stays: a record's number, or `ALL` of what is a list.

    A verified value before one of which nothing is known, and that before one found wrong; then the
    newer one (by day), the more complete one, the one from the better source. An empty one never
    wins. The owner stays. A field this person may not decide about keeps the survivor's value and is
    only filled where that is empty.
    """
    rows = [survivor, *losers]
    fields = merged_fields(declared)
    values = {own.name: {row.pk: own.value(row) for row in rows} for own in fields}
    differing = [own for own in fields if _is_open(own, values[own.name])]
    free = [own for own in differing if own.name not in _BELONGING]
    origins = _origins(declared, [row.pk for row in rows], {own.name for own in free})
    standing = {row.pk: trust.standing(row) for row in rows} if free else {}
    ranks = trust.ranks()
    chosen = dict.fromkeys((own.name for own in fields), survivor.pk)
    for own in free:
        of_field = values[own.name]
        filled = [pk for pk, value in of_field.items() if not own.kind.is_empty(value)]
        if own.kind.many:
            chosen[own.name] = ALL
        elif not may_choose(access, declared, own) and survivor.pk in filled:
            continue
        else:
            marks = {
                pk: (
                    standing[pk].get(own.name, 0),
                    *_order(own, of_field[pk], origins.get((pk, own.name), _Origin()), ranks),
                )
                for pk in filled
            }
            chosen[own.name] = max(filled, key=marks.__getitem__)
    return chosen


def _is_open(own: Field, values: Mapping[int, Any]) -> bool:
    """Tell whether the records differ in a field (what is empty everywhere does not)."""
    first, *rest = values.values()
    return any(one != first for one in rest) and not all(map(own.kind.is_empty, values.values()))


def _order(own: Field, value: Any, origin: _Origin, ranks: Mapping[str, int]) -> tuple[Any, ...]:
    rank = ranks.get(origin.source, OTHER_RANK) if origin.source else 0
    return origin.at.date(), own.kind.fullness(value), rank, origin.at


def _origins(
    declared: ObjectType, ids: Sequence[int], names: set[str]
) -> dict[tuple[int, str], _Origin]:
    """Return when and from where the values came, by the change log's last lines of each record."""
    found: dict[tuple[int, str], _Origin] = {}
    if not names:
        return found
    for pk in ids:
        lines = ChangeEntry.objects.filter(
            object_key=declared.key,
            record_id=pk,
            action__in=("create", "change", "revert", "merge"),
        ).order_by("-pk")
        for at, source, after in lines.values_list("at", "source", "after")[:_LINES_READ]:
            for name in names & after.keys():
                found.setdefault((pk, name), _Origin(at, source))
    return found


def chosen_values(
    declared: ObjectType, survivor: Model, losers: Sequence[Model], choices: Mapping[str, int]
) -> dict[str, Any]:
    """Return the values the survivor gets that it does not have."""
    rows = {row.pk: row for row in (survivor, *losers)}
    found: dict[str, Any] = {}
    for own in merged_fields(declared):
        choice = choices.get(own.name, survivor.pk)
        stored = own.value(survivor)
        value = _all_of(own, rows.values()) if choice == ALL else own.value(rows[choice])
        value = _without_itself(declared, own, value, rows.keys())
        if value != stored:
            found[own.name] = value
    return found


def _all_of(own: Field, rows: Any) -> Any:
    values = [value for row in rows for value in own.value(row) or ()]
    return [value for place, value in enumerate(values) if value not in values[:place]]


def _without_itself(declared: ObjectType, own: Field, value: Any, ids: Any) -> Any:
    """Take out a link to one of the merged records: nobody is his own parent company."""
    gone = {pk for key, pk in links_of(own, value) if key == declared.key and pk in ids}
    if not gone:
        return value
    if own.kind.many:
        return [one for one in value if one not in gone]
    return own.kind.empty
