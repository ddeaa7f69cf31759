"""What an object of the business is: one declaration from which pages, API, import and rights derive."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.db import models

from keqiao.catalog.columns import ColumnOptions, KindMixin
from keqiao.catalog.field import Color, Column, Field
from keqiao.catalog.kinds import kind
from keqiao.catalog.problems import CatalogError, UnknownField
from keqiao.catalog.quality_rules import QualityRule

if TYPE_CHECKING:
    from django.utils.functional import Promise


class Feature(StrEnum):
    """What an object type takes part in."""

    IMPORT = "import"
    EXPORT = "export"
    API = "api"
    EVENTS = "events"
    SEARCH = "search"
    FOLLOW_UP = "follow_up"  # carries a timeline and a next activity (the model is a `Followed`)


DEFAULT_FEATURES = frozenset(Feature) - {Feature.FOLLOW_UP}


@dataclass(frozen=True)
class Section:
    """A titled group of fields on the form and the record page."""

    label: str | Promise
    fields: tuple[str, ...]

    def __init__(self, label: str | Promise, *fields: str) -> None:
        object.__setattr__(self, "label", label)
        object.__setattr__(self, "fields", fields)


@dataclass(frozen=True)
class Layout:
    """The sections of an object, in order."""

    sections: tuple[Section, ...]

    def __init__(self, *sections: Section) -> None:
        object.__setattr__(self, "sections", sections)


@dataclass(frozen=True)
class ListSpec:
    """The columns of the list, its first order and the filters always in sight."""

    columns: tuple[str, ...]
    default_sort: str = "-updated_at"
    quick_filters: tuple[str, ...] = ()
    board: str = ""  # the choice whose values are the columns of the board
    calendar: OnCalendar | None = None

    def __init__(
        self,
        *columns: str,
        default_sort: str = "-updated_at",
        quick_filters: tuple[str, ...] = (),
        board: str = "",
        calendar: OnCalendar | None = None,
    ) -> None:
        object.__setattr__(self, "columns", columns)
        object.__setattr__(self, "default_sort", default_sort)
        object.__setattr__(self, "quick_filters", quick_filters)
        object.__setattr__(self, "board", board)
        object.__setattr__(self, "calendar", calendar)


@dataclass(frozen=True)
class OnCalendar:
    """How records stand on a calendar: the date `by` which, `until` when, and while they wait.

    `waits` is a choice and its value; what waits is coloured by its date, anything else is over.
    """

    by: str
    until: str = ""
    waits: tuple[str, str] = ("", "")

    @property
    def names(self) -> list[str]:
        return [name for name in (self.by, self.until, self.waits[0]) if name]


@dataclass(frozen=True)
class Related:
    """A card on the record page: records of another type that point here through field `by`."""

    object_key: str
    by: str


class DuplicateAction(StrEnum):
    """What happens when a new record repeats another one's key."""

    BLOCK = "block"  # never two of them
    CONFIRM = "confirm"  # a person may save it all the same, knowingly


@dataclass(frozen=True)
class UniqueWhen:
    """An exact duplicate guard: two records with the same normalised value in one of `fields`."""

    name: str
    fields: tuple[str, ...]
    action: DuplicateAction = DuplicateAction.CONFIRM

    def __init__(
        self, name: str, *fields: str, action: DuplicateAction = DuplicateAction.CONFIRM
    ) -> None:
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "fields", fields)
        object.__setattr__(self, "action", action)


@dataclass(frozen=True)
class Filled:
    """Read-only columns that follow from fields `after` (the customer of a call's contact).

    `by` is called once a batch on the rows that are new or whose `after` changed, before they are
    written and within their transaction; it may read.
    """

    names: tuple[str, ...]
    after: tuple[str, ...]
    by: Callable[[Sequence[models.Model]], None]


@dataclass(frozen=True)
class ExpectedWhen:
    """Fields that are expected only of records whose choice `field` has one of `values`."""

    field: str
    values: tuple[str, ...]
    names: tuple[str, ...]

    def __init__(self, field: str, values: tuple[str, ...], *names: str) -> None:
        object.__setattr__(self, "field", field)
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "names", names)


@dataclass
class DraftView:
    """What a `before_save` function sees: the record's values as they would be, and its problems."""

    values: dict[str, Any]
    before: Mapping[str, Any]
    problems: list[tuple[str, str | Promise, str]] = dataclass_field(default_factory=list)

    def refuse(self, field: str, message: str | Promise, code: str = "rule") -> None:
        self.problems.append((field, message, code))


@dataclass(frozen=True, kw_only=True)
class ObjectType:
    """One kind of business object. Fields are read from the Django model, never listed twice."""

    key: str
    model: type[models.Model]
    label: str | Promise
    label_plural: str | Promise
    icon: str
    module: str
    path: str
    layout: Layout
    list: ListSpec
    title: str = "name"
    subtitle: tuple[str, ...] = ()
    search: tuple[str, ...] = ()
    related: tuple[Related, ...] = ()
    duplicates: tuple[UniqueWhen, ...] = ()
    before_save: tuple[Callable[[DraftView], None], ...] = ()
    features: frozenset[Feature] = DEFAULT_FEATURES
    module_label: str | Promise = ""
    order: int = 100
    # Reference fields whose record's owner and department see this record too.
    belongs_to: tuple[str, ...] = ()
    filled: tuple[Filled, ...] = ()
    quality: tuple[QualityRule, ...] = ()
    # What is expected of some kinds of records only; what of all, the columns say (`expected=`).
    expected_when: tuple[ExpectedWhen, ...] = ()
    origin: str = ""  # the choice that tells through which channel a record came

    @cached_property
    def builtin_fields(self) -> dict[str, Field]:
        """Return the fields declared on the model, in the model's order."""
        sortable = _leading_index_columns(self.model)
        found: dict[str, Field] = {}
        for column in self.model._meta.concrete_fields:
            if isinstance(column, KindMixin):
                found[column.name] = self._builtin(column, column.catalog, sortable)
        return found

    def _builtin(self, column: Any, options: ColumnOptions, sortable: set[str]) -> Field:
        storage = Column(column.attname, options.sort_name)
        return Field(
            name=column.name,
            label=column.verbose_name,
            kind=kind(options.kind),
            storage=storage,
            object_key=self.key,
            required=options.required,
            unique=any(
                rule.action is DuplicateAction.BLOCK and rule.fields == (column.name,)
                for rule in self.duplicates
            ),
            default=options.starts_as,
            choices=options.choices,
            sensitivity=options.sensitivity,
            standard=options.standard,
            target=options.target,
            read_only=options.read_only,
            sortable=(options.sort_name or column.attname) in sortable,
            max_length=column.max_length if options.kind != "resident_id" else None,
            currency=options.currency,
            synonyms=options.synonyms,
            expected=options.expected,
            half_life_months=options.half_life_months,
        )

    def fields(self) -> dict[str, Field]:
        """Return built-in and custom fields as they are now."""
        from keqiao.catalog.snapshot import custom_fields

        custom = custom_fields(self.key)
        return {**self.builtin_fields, **custom} if custom else self.builtin_fields

    def field(self, path: str) -> Field:
        """Return the field at `path` ("amount", "account.industry", "x_rating")."""
        name, _dot, rest = path.partition(".")
        found = self.builtin_fields.get(name) or self.fields().get(name)
        if found is None:
            raise UnknownField(path)
        if not rest:
            return found
        if not found.target or "." in rest:
            raise UnknownField(path)
        from keqiao.catalog.registry import object_type

        return object_type(found.target).field(rest)

    def sections(self) -> Sequence[tuple[str | Promise, Sequence[Field]]]:
        """Return the layout with each field once; custom fields not laid out come last."""
        fields = self.fields()
        placed: set[str] = set()
        result = []
        for section in self.layout.sections:
            result.append((section.label, [fields[name] for name in section.fields]))
            placed.update(section.fields)
        extra = [item for name, item in fields.items() if item.custom and name not in placed]
        if extra:
            from django.utils.translation import gettext_lazy as _

            result.append((_("Further fields"), extra))
        return result

    def in_layout_order(self) -> Sequence[Field]:
        """Return all fields as the form has them, then those that no form shows (owner, times)."""
        placed = {item.name: item for _label, items in self.sections() for item in items}
        return [
            *placed.values(),
            *(one for one in self.fields().values() if one.name not in placed),
        ]

    def title_field(self) -> Field:
        return self.builtin_fields[self.title]

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ObjectType) and other.key == self.key

    def check(self) -> None:
        """Raise `CatalogError` when the declaration names a field that does not exist."""
        known = self.builtin_fields
        named = [
            self.title,
            *self.subtitle,
            *self.search,
            *self.list.columns,
            *self.list.quick_filters,
            self.list.default_sort.lstrip("-"),
            *([self.list.board] if self.list.board else []),
            *(self.list.calendar.names if self.list.calendar else []),
            *(name for section in self.layout.sections for name in section.fields),
            *(name for rule in self.duplicates for name in rule.fields),
            *self.belongs_to,
            *(name for rule in self.filled for name in (*rule.names, *rule.after)),
            *(name for rule in self.quality for name in rule.names),
            *(name for rule in self.expected_when for name in (rule.field, *rule.names)),
            *([self.origin] if self.origin else []),
        ]
        for name in named:
            if name.split(".")[0] not in known:
                msg = f"{self.key}: the declaration names {name!r}, which is no field of the model."
                raise CatalogError(msg)
        for choice in (choice for field in known.values() for choice in field.choices):
            if choice.color and choice.color not in list(Color):
                msg = f"{self.key}: {choice.color!r} of {choice.key!r} is none of the tag colours."
                raise CatalogError(msg)


def _leading_index_columns(model: type[models.Model]) -> set[str]:
    """Return the columns a list may be sorted by without reading every row."""
    leading = {"id"}
    for index in model._meta.indexes:
        if index.fields:
            leading.add(model._meta.get_field(index.fields[0].lstrip("-")).attname)  # type: ignore[union-attr]
    return leading
