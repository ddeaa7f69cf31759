"""Says to one person which records a draft may be the same as, and no more than he may know of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from keqiao.access.rights import Action
from keqiao.quality.candidates.comparing import comparing, plans
from keqiao.quality.candidates.weighing import weigher
from keqiao.records.places import places_of
from keqiao.records.present import titles_of
from keqiao.records.query import records

if TYPE_CHECKING:
    from django.utils.functional import Promise

    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType
    from keqiao.quality.candidates.comparing import Comparing
    from keqiao.quality.candidates.lookup import Candidate

# Bits above a model's threshold. From `LIKELY` on a pair is worth a glance; from `STRONG` on somebody
# should decide; from `SAFE` on two records are one without asking (day-one weights: one wrong in a
# thousand).
LIKELY, STRONG, SAFE = 3.0, 8.0, 14.0
MOST_TOLD = 5


@dataclass(frozen=True)
class Told:
    """One candidate as a person is told of it; out of reach it has neither title, number nor reasons.

    `pointer` says in a form which record a person has been shown; it tells nothing else.
    """

    object_type: ObjectType
    record_id: int | None
    title: str | None
    owner: str
    reasons: tuple[str, ...]
    is_related: bool  # a branch, a family: named, and never in the way
    place: str | Promise = ""
    place_url: str = ""

    @property
    def pointer(self) -> str:
        return f"{self.object_type.key}:{self.record_id}" if self.record_id is not None else ""


def hidden_fields(access: Access, scope: Sequence[ObjectType]) -> dict[str, frozenset[str]]:
    """Return by type the compared fields this person may not read: they must not speak, or typing
    and looking at the answer would tell what stands there.
    """
    found = {}
    for declared in scope:
        plan, mask = comparing(declared), access.fields(declared)
        if plan is not None and not access.is_system:
            found[declared.key] = frozenset(
                name for name in plan.names if not mask.is_readable(name)
            )
    return found


def visible_scope(access: Access, scope: Sequence[ObjectType]) -> list[ObjectType]:
    """Return the types of which this person may see records at all."""
    return [declared for declared in scope if access.can(Action.VIEW, declared)]


def tell(
    access: Access, plan: Comparing, found: Sequence[Candidate], most: int = MOST_TOLD
) -> list[Told]:
    """Return what may be said of the candidates, the likeliest first.

    One out of reach is named by who looks after it or where it lies, and only when the likeness is
    strong: the reasons would tell what is written there.
    """
    shown = found[: most * 2]
    by_type: dict[str, set[int]] = defaultdict(set)
    for one in shown:
        by_type[one.object_type.key].add(one.record_id)
    known = {key: _known(access, plans()[key].object_type, ids) for key, ids in by_type.items()}
    told = []
    for one in shown:
        about = known[one.object_type.key]
        if one.record_id in about.titles or one.likeness >= STRONG:
            told.append(_told(plan, one, about))
    return told[:most]


@dataclass(frozen=True)
class _Known:
    titles: Mapping[int, str]
    owners: Mapping[int, str]
    places: Mapping[int, tuple[str | Promise, str]]


def _known(access: Access, declared: ObjectType, ids: set[int]) -> _Known:
    titles = titles_of(access, declared, ids)
    every = records(access.system("who looks after a likely duplicate"), declared)
    owners = dict(every.filter(pk__in=ids).values_list("pk", "owner_id"))
    places = places_of(access, declared, ids - titles.keys())
    return _Known(
        titles,
        {pk: access.person_name(owner) for pk, owner in owners.items()},
        {pk: (place.text, place.url) for pk, place in places.items()},
    )


def _told(plan: Comparing, one: Candidate, about: _Known) -> Told:
    is_seen = one.record_id in about.titles
    place, url = about.places.get(one.record_id, ("", ""))
    reasons: list[str] = []
    record = comparing(one.object_type)
    if is_seen and record is not None:
        reasons = weigher(plan, record).reasons(one.found)
    return Told(
        one.object_type,
        one.record_id if is_seen else None,
        about.titles.get(one.record_id),
        about.owners.get(one.record_id, ""),
        tuple(reasons),
        one.found.veto is not None,
        place,
        url,
    )
