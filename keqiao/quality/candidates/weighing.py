"""Weighs a draft against a kept record, of its own type or of another that may mean the same customer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from keqiao.quality.candidates.comparing import NAMES, Comparing, Forms, comparing, plans
from keqiao.quality.forms import Role
from keqiao.quality.match_models.day_one import model_over
from keqiao.quality.match_models.in_force import model_in_force, models_mark
from keqiao.quality.matching.reasons import link_words, reasons
from keqiao.quality.matching.recipes import IDENTIFYING
from keqiao.quality.matching.scorer import Scorer
from keqiao.ui.navigation import sentence

if TYPE_CHECKING:
    from keqiao.catalog.object_type import ObjectType
    from keqiao.quality.matching.model import Model, Veto

# Parts of a value that travel together when records hold several values of a kind.
_SEVERAL = {Role.PHONE: ("phone", "tail"), Role.EMAIL: ("email", "local", "domain")}


@dataclass(frozen=True)
class Weighed:
    """A candidate with its weight in bits; `levels` by comparison, as the scorer gives them.

    `likeness` is the weight above the model's threshold: 0 is where two count as one, by any model.
    `is_named`: it holds the very telephone, mail address, number or company's name of the draft,
    which is worth a glance whatever else speaks against it.
    """

    weight: float
    probability: float
    levels: tuple[int, ...]
    veto: Veto | None
    likeness: float
    is_named: bool = False


class Weigher:
    """Weighs drafts of one type against records of one type."""

    def __init__(self, mine: Comparing, theirs: Comparing) -> None:
        self.mine, self.theirs = mine, theirs
        self.pairs = _paired(mine, theirs)
        is_same = mine.object_type == theirs.object_type
        self.model = (
            model_in_force(mine.object_type) if is_same else _shared_model(mine, self.pairs)
        )
        self._scorer = Scorer(self.model)
        titles = {mine.object_type.title} if mine.title_role is Role.COMPANY else set()
        self._naming = [
            at
            for at, one in enumerate(self.model.comparisons)
            if one.identifies or one.name in titles
        ]
        self._names = {there: here for here, there in self.pairs}
        self._is_renamed = any(here != there for here, there in self.pairs)
        self._several = _several(mine, theirs, self.pairs, "~" if self._is_renamed else "")

    def weigh(self, draft: Forms, record: Forms) -> Weighed:
        """Return how much speaks for the two being one; the draft's side comes first."""
        if self._is_renamed:
            record = self._as_mine(record)
        for one in self._several:
            draft, record = one.aligned(draft, record)
        found = self._scorer.score(draft, record)
        is_named = any(found.levels[at] == 0 for at in self._naming)
        likeness = found.weight - self.model.threshold
        return Weighed(
            found.weight, found.probability, found.levels, found.veto, likeness, is_named
        )

    def _as_mine(self, record: Forms) -> Forms:
        """Call the columns of a record of another type as the draft's type calls them."""
        found = Forms()
        for name, text in record.items():
            column, _bar, part = name.partition("__")
            if column in self._names:
                found[f"{self._names[column]}__{part}"] = text
            # Those with further values are aligned under the names they have there.
            found[f"~{name}"] = text
        return found

    def reasons(self, found: Weighed) -> list[str]:
        """Return in words what agrees and what does not, the strongest first."""
        fields = self.mine.object_type.fields()
        labels = {name: sentence(own.label) for name, own in fields.items()}
        title = self.mine.object_type.title
        if labels[title] == sentence(self.mine.object_type.label):
            labels[title] = _("Name")  # a lead's name is called “lead”: equal leads they are not
        parts = reasons(self.model, found.levels, labels)
        return [link_words(found.veto), *parts] if found.veto else parts


@dataclass(frozen=True)
class _Several:
    """One kind of value that a record may hold several of; compared is what two records share."""

    role: Role
    column: str
    mine: tuple[str, ...]
    theirs: tuple[str, ...]
    prefix: str

    def aligned(self, draft: Forms, record: Forms) -> tuple[Forms, Forms]:
        here = _values(draft, self.mine, self.role, "")
        there = _values(record, self.theirs, self.role, self.prefix)
        if not here or not there:
            return draft, record
        best = next(
            (
                (one, other)
                for part in range(len(_SEVERAL[self.role]) - (self.role is Role.EMAIL))
                for one in here
                for other in there
                if one[part] and one[part] == other[part]
            ),
            (here[0], there[0]),
        )
        names = [f"{self.column}__{part}" for part in _SEVERAL[self.role]]
        return (
            Forms({**draft, **dict(zip(names, best[0], strict=True))}),
            Forms({**record, **dict(zip(names, best[1], strict=True))}),
        )


def _values(forms: Forms, columns: Sequence[str], role: Role, prefix: str) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for column in columns:
        main, *_rest = _SEVERAL[role]
        for text in forms[f"{prefix}{column}__{main}"].split():
            if role is Role.PHONE:
                found.append((text, text[-7:]))
            else:
                local, _at, domain = text.rpartition("@")
                known = forms[f"{prefix}{column}__local"].split()
                found.append((text, local if local in known else "", domain))
    return found


def _several(
    mine: Comparing, theirs: Comparing, pairs: Sequence[tuple[str, str]], prefix: str
) -> list[_Several]:
    found = []
    for role in _SEVERAL:
        here = tuple(one.name for one in mine.columns if one.role is role)
        there = tuple(one.name for one in theirs.columns if one.role is role)
        column = next((first for first, _second in pairs if mine.roles[first] is role), "")
        if column and (len(here) > 1 or len(there) > 1):
            found.append(_Several(role, column, here, there, prefix))
    return found


def _paired(mine: Comparing, theirs: Comparing) -> list[tuple[str, str]]:
    """Return which fields are held against each other: of every kind the first that holds one value.

    Across types a person is compared only where one of the two is a record of that person: a legal
    representative is hardly ever whom one speaks with.
    """
    if mine.object_type == theirs.object_type:
        return [(one.name, one.name) for one in mine.columns if not one.field.kind.many]
    found = []
    for role in dict.fromkeys(mine.roles.values()):
        titles = {mine.title_role, theirs.title_role}
        here, there = _first(mine, role), _first(theirs, role)
        if here and there and (role not in NAMES or role in titles):
            found.append((here, there))
    return found


def _first(plan: Comparing, role: Role) -> str:
    title = plan.object_type.title
    if role is plan.title_role:
        return title
    single = [one.name for one in plan.columns if one.role is role and not one.field.kind.many]
    return single[0] if single else ""


# --- models ---------------------------------------------------------------------------------------


def _shared_model(mine: Comparing, pairs: Sequence[tuple[str, str]]) -> Model:
    return model_over(mine.roles, [here for here, _there in pairs])


@lru_cache(maxsize=64)
def _weigher(mine: str, theirs: str, _marks: tuple[int, ...]) -> Weigher:
    known = plans()
    return Weigher(known[mine], known[theirs])


def weigher(mine: Comparing, theirs: Comparing) -> Weigher:
    """Return what weighs drafts of one type against records of another (or the same)."""
    marks = (mine.mark, theirs.mark, models_mark())
    return _weigher(mine.object_type.key, theirs.object_type.key, marks)


def scope_of(declared: ObjectType) -> list[ObjectType]:
    """Return the types whose records may be the same customer as one of this type, itself first.

    Those whose name is among the values of the other; never what the one belongs to (a contact has
    the telephone of its customer and is another thing).
    """
    mine = comparing(declared)
    if mine is None:
        return []
    found = [declared]
    for theirs in plans().values():
        other = theirs.object_type
        if other == declared or _belong(declared, other) or _belong(other, declared):
            continue
        roles, others = set(mine.roles.values()), set(theirs.roles.values())
        named = mine.title_role in others or theirs.title_role in roles
        if named and IDENTIFYING & roles & others:
            found.append(other)
    return found


def _belong(one: ObjectType, other: ObjectType) -> bool:
    fields = one.builtin_fields
    return any(fields[name].target == other.key for name in one.belongs_to)
