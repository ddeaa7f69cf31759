"""Picks: one of a list, several of a list, yes or no, and free tags."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _
from rapidfuzz.distance import DamerauLevenshtein

from keqiao.base.text import fold_width
from keqiao.catalog.kinds.base import FieldKind, as_text
from keqiao.catalog.kinds.roles import TEXT_LIKENESS, Profiled, Role
from keqiao.catalog.problems import FieldProblem

if TYPE_CHECKING:
    from random import Random

    from keqiao.catalog.field import Choice, Field

_SEPARATORS = re.compile(r"[,;，；、|\n]+")
_MOST_VALUES = 50
_SHORTEST_MISSPELT = 7


def _fold(text: str) -> str:
    return fold_width(text).strip().casefold()


def _names(choice: Choice) -> list[str]:
    """Return every name a choice answers to: key, label in both languages, synonyms."""
    names = [choice.key, *choice.synonyms]
    for language in ("zh-hans", "en"):
        with override(language):
            names.append(str(choice.label))
    return [_fold(name) for name in names]


def _misspelt(text: str, known: dict[str, str]) -> str | None:
    """Return the choice that is one slip of the finger away, if it is the only one.

    Only for words long enough that one letter cannot turn one choice into another.
    """
    if len(text) < _SHORTEST_MISSPELT or not text.isascii():
        return None
    near = {
        key
        for name, key in known.items()
        if abs(len(name) - len(text)) <= 1
        and DamerauLevenshtein.distance(name, text, score_cutoff=1) <= 1
    }
    return near.pop() if len(near) == 1 else None


class ChoiceKind(FieldKind):
    """One of a fixed list."""

    key: ClassVar[str] = "choice"
    matches_as = Role.CODE
    profiled_as = Profiled.PICKS
    label = _("Choice")
    operators: ClassVar[tuple[str, ...]] = (
        "equals",
        "not_equals",
        "any_of",
        "none_of",
        "is_empty",
        "is_filled",
    )
    empty = ""

    def __init__(self) -> None:
        # By the identity of the choices, which are kept with it: to hash them asks every label for
        # its text, a tenth of the time of an import.
        self._lookups: dict[int, tuple[tuple[Choice, ...], dict[str, str]]] = {}

    def clean(self, raw: Any, field: Field) -> str:
        text = as_text(raw)
        if not text or field.choice(text):
            return text
        known = self._lookup(field)
        key = known.get(_fold(text)) or _misspelt(_fold(text), known)
        if key is None:
            raise FieldProblem(
                _("“%(value)s” is not one of the choices. Possible are: %(choices)s.")
                % {"value": text[:40], "choices": self._list(field)},
                "choice",
            )
        return key

    def _lookup(self, field: Field) -> dict[str, str]:
        choices, known = self._lookups.get(id(field.choices), ((), {}))
        if choices is not field.choices:
            known = {name: choice.key for choice in field.choices for name in _names(choice)}
            if len(self._lookups) > 500:
                self._lookups.clear()
            self._lookups[id(field.choices)] = field.choices, known
        return known

    def _list(self, field: Field) -> str:
        labels = [str(choice.label) for choice in field.choices[:12]]
        return gettext(", ").join(labels) + ("…" if len(field.choices) > 12 else "")

    def text(self, value: Any, field: Field) -> str:
        choice = field.choice(value)
        return str(choice.label) if choice else str(value or "")

    def repair(self, raw: Any, value: Any, field: Field) -> str | None:
        if raw == value:
            return None
        choice = field.choice(value) if isinstance(raw, str) and value else None
        if choice is None or _fold(raw) in {_fold(choice.key), _fold(str(choice.label))}:
            return None
        return "choice_name"

    def sample(self, rng: Random, field: Field) -> Any:
        return rng.choice(field.choices).key if field.choices else ""

    def schema(self, field: Field) -> dict[str, Any]:
        return {"type": "string", "enum": [choice.key for choice in field.choices]}


class MultiChoiceKind(ChoiceKind):
    """Several of a fixed list."""

    key = "multi_choice"
    matches_as = Role.NONE
    label = _("Several choices")
    operators = ("any_of", "none_of", "is_empty", "is_filled")
    many = True
    profiled_as = Profiled.LISTS
    indexes_terms = True

    def clean(self, raw: Any, field: Field) -> list[str]:  # type: ignore[override]
        picked = dict.fromkeys(ChoiceKind.clean(self, part, field) for part in split_values(raw))
        return [key for key in picked if key]

    def load(self, stored: Any, field: Field) -> Any:
        return stored or []

    def normalise(self, value: Any) -> str:
        return ",".join(sorted(value))

    def text(self, value: Any, field: Field) -> str:
        return gettext(", ").join(ChoiceKind.text(self, key, field) for key in value or [])

    def terms(self, value: Any, field: Field) -> list[str]:
        return list(value or [])

    def clean_operand(self, raw: Any, field: Field) -> Any:
        return ChoiceKind.clean(self, raw, field)

    def likeness(self, a: Any, b: Any) -> float:
        return len(set(a) & set(b)) / max(len(set(a) | set(b)), 1)

    def repair(self, raw: Any, value: Any, field: Field) -> str | None:
        return None

    def sample(self, rng: Random, field: Field) -> Any:
        keys = [choice.key for choice in field.choices]
        return rng.sample(keys, k=min(len(keys), 2))

    def schema(self, field: Field) -> dict[str, Any]:
        return {"type": "array", "items": ChoiceKind.schema(self, field)}


class TagsKind(FieldKind):
    """Free words that group records."""

    key = "tags"
    label = _("Tags")
    operators = ("any_of", "none_of", "is_empty", "is_filled")
    many = True
    indexes_terms = True
    profiled_as = Profiled.LISTS
    clustered_by = TEXT_LIKENESS
    longest: ClassVar[int] = 40

    def clean(self, raw: Any, field: Field) -> list[str]:
        words = [" ".join(fold_width(as_text(part)).split()) for part in split_values(raw)]
        if any(len(word) > self.longest for word in words):
            raise FieldProblem(_("A tag may have at most 40 characters."), "too_long")
        return list(dict.fromkeys(word for word in words if word))

    def load(self, stored: Any, field: Field) -> Any:
        return stored or []

    def normalise(self, value: Any) -> str:
        return ",".join(sorted(word.casefold() for word in value))

    def text(self, value: Any, field: Field) -> str:
        return gettext(", ").join(value or [])

    def terms(self, value: Any, field: Field) -> list[str]:
        return [word.casefold() for word in value or []]

    def term_for(self, wanted: Any, field: Field) -> str:
        return str(wanted).casefold()

    def clean_operand(self, raw: Any, field: Field) -> Any:
        return as_text(raw)

    def repair(self, raw: Any, value: Any, field: Field) -> str | None:
        return None

    def sample(self, rng: Random, field: Field) -> Any:
        return rng.sample(["重点", "展会", "老客户", "转介绍"], k=2)

    def schema(self, field: Field) -> dict[str, Any]:
        return {"type": "array", "items": {"type": "string", "maxLength": self.longest}}


class BooleanKind(FieldKind):
    """Yes or no."""

    key = "boolean"
    profiled_as = Profiled.PICKS
    label = _("Yes / no")
    operators = ("equals",)
    empty = False
    numeric = True  # as JSON, 1 and 0 are the one form that both databases compare alike
    _yes: ClassVar[frozenset[str]] = frozenset(
        {"true", "1", "yes", "y", "on", "是", "有", "√", "对"}
    )
    _no: ClassVar[frozenset[str]] = frozenset(
        {"false", "0", "no", "n", "off", "否", "无", "×", "", "没有"}
    )

    def clean(self, raw: Any, field: Field) -> bool:
        folded = _fold(as_text(raw))
        if folded in self._yes:
            return True
        if folded in self._no:
            return False
        raise FieldProblem(_("Please enter yes or no."), "boolean")

    def load(self, stored: Any, field: Field) -> Any:
        return bool(stored)

    def dump(self, value: Any) -> Any:
        return None if value is None else int(value)

    def wire(self, value: Any, field: Field) -> Any:
        return value

    def is_empty(self, value: Any) -> bool:
        return value is None

    def text(self, value: Any, field: Field) -> str:
        return gettext("Yes") if value else gettext("No")

    def repair(self, raw: Any, value: Any, field: Field) -> str | None:
        return None

    def sample(self, rng: Random, field: Field) -> Any:
        return rng.random() < 0.5

    def schema(self, field: Field) -> dict[str, Any]:
        return {"type": "boolean"}


def split_values(raw: Any) -> list[Any]:
    """Return the parts of a list value given as a list or as text with separators."""
    if raw is None or raw == "":
        return []
    parts: list[Any]
    if isinstance(raw, (list, tuple)):
        parts = list(raw)
    elif isinstance(raw, str):
        parts = [part for part in _SEPARATORS.split(raw) if part.strip()]
    else:
        parts = [raw]
    if len(parts) > _MOST_VALUES:
        raise FieldProblem(_("At most 50 values fit here."), "too_many")
    return parts
