"""One field of one object type as everything above sees it; built-in and custom look alike."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as dataclass_field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from django.db.models import BigIntegerField, F, Func, TextField
from django.db.models import Field as DjangoField

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models import Model
    from django.db.models.expressions import Combinable
    from django.db.models.sql.compiler import SQLCompiler
    from django.utils.functional import Promise

    from keqiao.catalog.kinds.base import FieldKind


class Sensitivity(StrEnum):
    """How closely a field is guarded; decides default rights, masks and exports."""

    PUBLIC = "public"
    INTERNAL = "internal"
    PERSONAL = "personal"
    SECRET = "secret"  # noqa: S105


class Color(StrEnum):
    """The colours a choice's tag can have; which tone each is, the style sheet says."""

    JADE = "jade"
    AMBER = "amber"
    RED = "red"
    BLUE = "blue"
    VIOLET = "violet"
    TEAL = "teal"
    PINK = "pink"


@dataclass(frozen=True)
class Choice:
    """One allowed value: the stored key, what people read, and the colour of its tag."""

    key: str
    label: str | Promise
    color: Color | str = ""  # one of `Color`, or none
    synonyms: tuple[str, ...] = ()


@dataclass(frozen=True)
class Column:
    """The value lies in a column of the record's table."""

    name: str
    sort_name: str = ""

    def expression(self) -> Combinable:
        return F(self.name)

    def stored(self, record: Model) -> Any:
        return getattr(record, self.name)

    def put(self, record: Model, value: Any) -> None:
        setattr(record, self.name, value)


@dataclass(frozen=True)
class JsonKey:
    """The value lies under a key of the record's `custom` JSON column."""

    key: str
    numeric: bool = False

    def expression(self) -> Combinable:
        return JsonNumber(self.key) if self.numeric else JsonText(self.key)

    def stored(self, record: Model) -> Any:
        return record.custom.get(self.key)  # type: ignore[attr-defined]

    def put(self, record: Model, value: Any) -> None:
        if value is None or value == "" or value == []:
            record.custom.pop(self.key, None)  # type: ignore[attr-defined]
        else:
            record.custom[self.key] = value  # type: ignore[attr-defined]


class JsonText(Func):
    """Reads a custom value as text, printing the key as a literal so that its index is used."""

    output_field: DjangoField[Any, Any] = TextField()

    def __init__(self, key: str) -> None:
        super().__init__(F("custom"))
        # Keys match ^x_[a-z0-9_]{1,40}$, checked where fields are made: a literal is safe.
        self.key = key

    def as_sqlite(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_context: Any
    ) -> tuple[str, tuple[str | int, ...]]:
        column, params = compiler.compile(self.source_expressions[0])
        return f"JSON_EXTRACT({column}, '$.{self.key}')", tuple(params)

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_context: Any
    ) -> tuple[str, tuple[str | int, ...]]:
        column, params = compiler.compile(self.source_expressions[0])
        return f"({column} ->> '{self.key}')", tuple(params)


class JsonNumber(JsonText):
    """Reads a custom whole number (also minor units and basis points)."""

    output_field: DjangoField[Any, Any] = BigIntegerField()

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_context: Any
    ) -> tuple[str, tuple[str | int, ...]]:
        column, params = compiler.compile(self.source_expressions[0])
        return f"(({column} ->> '{self.key}')::bigint)", tuple(params)


@dataclass(frozen=True, kw_only=True)
class Field:
    """A field: what it is called, what it holds, where it lies and how it is guarded."""

    name: str
    label: str | Promise
    kind: FieldKind
    storage: Column | JsonKey
    object_key: str
    required: bool = False
    unique: bool = False
    default: Any = None
    choices: tuple[Choice, ...] = ()
    sensitivity: Sensitivity = Sensitivity.INTERNAL
    standard: str | Promise = ""
    target: str = ""
    read_only: bool = False
    filterable: bool = True
    sortable: bool = False
    sort_ready: bool = True  # False: sorting reads every record, which only short lists can afford
    max_length: int | None = None
    currency: str = "CNY"
    synonyms: tuple[str, ...] = ()
    custom: bool = False
    id: int | None = None
    expected: int = 0  # how much a filled value counts for completeness
    half_life_months: int = 0  # after which half of such values are no longer true; 0: never
    _by_key: dict[str, Choice] = dataclass_field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._by_key.update({choice.key: choice for choice in self.choices})

    def expression(self) -> Combinable:
        """Return the one SQL accessor that filter, sort, report and export share."""
        return self.storage.expression()

    def sort_name(self) -> str:
        """Return the column that gives this field's order (a name sorts by its pinyin)."""
        if isinstance(self.storage, Column):
            return self.storage.sort_name or self.storage.name
        return ""

    def value(self, record: Model) -> Any:
        return self.kind.load(self.storage.stored(record), self)

    def put(self, record: Model, value: Any) -> None:
        stored = self.kind.store(value, self)
        self.storage.put(record, self.kind.dump(stored) if self.custom else stored)

    def choice(self, key: str) -> Choice | None:
        return self._by_key.get(key)

    @property
    def operators(self) -> tuple[str, ...]:
        """Return the comparisons a filter offers; of an owner also whether he let the reader in."""
        if self.name == "owner" and self.kind.key == "user":
            return (*self.kind.operators, "shared_with_me")
        return self.kind.operators

    @property
    def is_indexed_by_terms(self) -> bool:
        """True when filters look the value up in the list-value index, not in the column."""
        return self.kind.indexes_terms

    def __hash__(self) -> int:
        return hash((self.object_key, self.name))
