"""What a kind of field must know: how to clean, compare, mask, store, describe and invent a value."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from django.utils.translation import gettext_lazy as _

from keqiao.base.text import clean_text
from keqiao.catalog.kinds.roles import Likeness, Profiled, Role
from keqiao.catalog.problems import FieldProblem

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from django.utils.functional import Promise

    from keqiao.catalog.field import Field

MAX_RAW_LENGTH = 100_000

# What cleaning repaired, as the import report and the form tell it.
REPAIRS: dict[str, str | Promise] = {
    "spaces": _("Spaces or invisible characters removed"),
    "width": _("Full-width characters turned into half-width"),
    "phone_form": _("Telephone number brought into the standard form"),
    "number_form": _("Number brought into the standard form"),
    "date_form": _("Date brought into the form year-month-day"),
    "from_serial": _("Excel day number turned into a date"),
    "from_roc": _("Minguo year turned into a western year"),
    "chinese_numerals": _("Date in Chinese numerals turned into digits"),
    "day_first": _("Date read as day first, then month"),
    "month_first": _("Date read as month first, then day"),
    "time_dropped": _("Time of day left out"),
    "midnight": _("Time of day set to midnight"),
    "case": _("Upper and lower case brought into the standard form"),
    "code_letters": _("Letter O or I in the code replaced by the digit 0 or 1"),
    "choice_name": _("Choice recognised by another name"),
    "region_code": _("Region recognised from text"),
    "link_form": _("Web address brought into the standard form"),
}


class FieldKind(ABC):
    """The meaning of a kind. Its look lives in `ui/cells.py` and `ui/controls.py` under the same key."""

    key: ClassVar[str] = ""
    label: ClassVar[str | Promise] = ""
    operators: ClassVar[tuple[str, ...]] = ("equals", "not_equals", "is_empty", "is_filled")
    empty: ClassVar[Any] = None
    numeric: ClassVar[bool] = False
    many: ClassVar[bool] = False
    # True: filters go through the list-value index, because the column itself cannot be searched.
    indexes_terms: ClassVar[bool] = False
    encrypted: ClassVar[bool] = False  # `store` seals the value, `load` opens it
    matches_as: ClassVar[Role] = Role.NONE  # how values are compared between records
    searchable: ClassVar[str] = (
        ""  # "text", "phone", "email", "code": how the search index reads it
    )
    # What a profile tells of the values; see `keqiao.quality.profiling`.
    profiled_as: ClassVar[Profiled] = Profiled.WORDS
    # Words that stay as they are in the shape of a text that ends with them.
    shape_words: ClassVar[tuple[str, ...]] = ()
    # How variants of one value are brought together; empty: they are not.
    clustered_by: ClassVar[tuple[Likeness, ...]] = ()
    # Stored values that people type where they know none: they count as empty.
    placeholders: ClassVar[frozenset[str]] = frozenset()

    @abstractmethod
    def clean(self, raw: Any, field: Field) -> Any:
        """Turn anything a person, file or program sends into a value, or raise `FieldProblem`."""

    def is_empty(self, value: Any) -> bool:
        return value is None or value == "" or value == []

    def is_plausible(self, value: Any) -> bool:
        """Tell whether a value could be what the field is for; one that `clean` accepts may not be."""
        return True

    def normalise(self, value: Any) -> str:
        """Return the form in which two spellings of the same thing are equal."""
        return str(value)

    def exact(self, value: Any) -> str:
        """Return the form in which two values count as the very same (the exact duplicate guard)."""
        return self.normalise(value)

    def exact_forms(self, value: Any, field: Field) -> list[str]:
        """Return every exact form a stored equal may have been noted under; today's comes first."""
        return [self.exact(value)]

    def store(self, value: Any, field: Field) -> Any:
        return value

    def load(self, stored: Any, field: Field) -> Any:
        return stored

    def dump(self, value: Any) -> Any:
        """Return the JSON form kept in custom values, change log and events."""
        return value

    def wire(self, value: Any, field: Field) -> Any:
        """Return the JSON form programs get from the API."""
        return None if self.is_empty(value) else self.dump(value)

    def text(self, value: Any, field: Field) -> str:
        """Return what a person reads and may type again: `clean(text(v)) == v`."""
        return "" if self.is_empty(value) else str(value)

    def speller(self, field: Field) -> Callable[[Any], str]:
        """Return `text` for many values of one field: what they share is looked up once."""
        return lambda value: self.text(value, field)

    def mask(self, value: Any, field: Field) -> str:
        return "" if self.is_empty(value) else "••••"

    def likeness(self, a: Any, b: Any) -> float:
        return 1.0 if self.normalise(a) == self.normalise(b) else 0.0

    def fullness(self, value: Any) -> int:
        """Return how much a value tells beside another of its field; most values tell all or nothing."""
        return 0

    @abstractmethod
    def sample(self, rng: Random, field: Field) -> Any:
        """Return a raw value that `clean` accepts, for tests and demo data."""

    def schema(self, field: Field) -> dict[str, Any]:
        return {"type": "string"}

    def terms(self, value: Any, field: Field) -> list[str]:
        """Return the entries of the list-value index (only when `indexes_terms`)."""
        return []

    def term_for(self, wanted: Any, field: Field) -> str:
        return str(wanted)

    def terms_for(self, wanted: Any, field: Field) -> list[str]:
        """Return every entry under which a value may stand in the list-value index."""
        return [self.term_for(wanted, field)]

    def clean_operand(self, raw: Any, field: Field) -> Any:
        """Turn the value of a filter condition into what the column holds."""
        return self.dump(self.clean(raw, field))

    def end_of(self, raw: Any, field: Field) -> Any | None:
        """Return where a stretch that `raw` names ends (a day, for a moment); None for one point."""
        return None

    def repair(self, raw: Any, value: Any, field: Field) -> str | None:
        """Name what `clean` repaired in `raw`; None when it was already in good form."""
        if not isinstance(raw, str) or self.is_empty(value):
            return None
        if raw in self.accepted_forms(value, field):
            return None
        return self.repair_code(raw, value, field)

    def accepted_forms(self, value: Any, field: Field) -> set[str]:
        return {self.text(value, field), str(self.dump(value))}

    def repair_code(self, raw: str, value: Any, field: Field) -> str | None:
        if clean_text(raw) in self.accepted_forms(value, field):
            return "spaces"
        return "width" if _has_full_width(raw) else "spaces"


def _has_full_width(raw: str) -> bool:
    return any("\uff01" <= char <= "\uff5e" or char == "\u3000" for char in raw)


def as_text(raw: Any) -> str:
    """Return `raw` as one cleaned line of text; whole floats lose the `.0` that spreadsheets add."""
    if raw is None:
        return ""
    if isinstance(raw, str):
        if len(raw) > MAX_RAW_LENGTH:
            raise FieldProblem(_("This value is far too long. Please shorten it."), "too_long")
        return clean_text(raw)
    if isinstance(raw, bool):
        return "true" if raw else "false"
    if isinstance(raw, float) and raw.is_integer():
        return str(int(raw))
    if isinstance(raw, (dict, list, tuple, bytes)):
        raise FieldProblem(_("One single value is expected here, not a list."), "type")
    return str(raw)
