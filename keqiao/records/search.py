"""Finds customers by a piece of a name, pinyin, initials, the end of a phone number, a code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rapidfuzz.fuzz import partial_ratio

from keqiao.access.rights import Action
from keqiao.catalog.object_type import Feature
from keqiao.catalog.registry import object_types
from keqiao.records.present import columns_needed, present
from keqiao.records.query import records
from keqiao.records.search_hits import candidates
from keqiao.records.search_terms import fold, question

if TYPE_CHECKING:
    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType
    from keqiao.records.present import Row


@dataclass(frozen=True)
class SearchHit:
    """One found record as this person may see it."""

    object_key: str
    id: int
    title: str
    subtitle: str
    row: Row


@dataclass(frozen=True)
class SearchGroup:
    """The found records of one object type."""

    object_type: ObjectType
    hits: list[SearchHit]
    more: bool


def search(
    access: Access, text: str, per_type: int = 5, only: tuple[str, ...] = ()
) -> list[SearchGroup]:
    """Return what this person may see that fits `text`, best first, grouped by object type."""
    asked = question(text)
    if not asked:
        return []
    types = [
        declared
        for declared in object_types()
        if Feature.SEARCH in declared.features
        and (not only or declared.key in only)
        and access.can(Action.VIEW, declared)
    ]
    found = candidates(access, types, asked)
    groups = []
    for declared in types:
        hits = _hits(access, declared, found[declared.key], text, per_type + 1)
        if hits:
            groups.append(SearchGroup(declared, hits[:per_type], len(hits) > per_type))
    return groups


def _hits(
    access: Access, declared: ObjectType, ids: list[int], text: str, limit: int
) -> list[SearchHit]:
    if not ids:
        return []
    shown = declared.subtitle
    if "phone" in declared.fields():
        shown = tuple(dict.fromkeys((*shown, "phone")))
    # The rows are read through the row door: the index proposes, the rights decide.
    rows = records(access, declared).filter(pk__in=ids).only(*columns_needed(declared, shown))
    wanted, title = fold(text), declared.title_field()
    ranked = sorted(rows, key=lambda row: (-_likeness(wanted, str(title.value(row))), -row.pk))
    return [
        SearchHit(
            declared.key, row.id, row.title,
            " · ".join(cell.text for path, cell in row.cells.items() if cell.text), row,
        )
        for row in present(access, declared, ranked[:limit], shown)
    ]  # fmt: skip


def _likeness(wanted: str, title: str) -> float:
    folded = fold(title)
    bonus = 40.0 if folded.startswith(wanted) else 20.0 if wanted in folded else 0.0
    return float(partial_ratio(wanted, folded)) + bonus - len(folded) * 0.1
