"""Model fields that say what they hold: one line in an object's file declares a field everywhere.

In migrations each is the plain Django field, so history does not depend on the catalog.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models

from keqiao.catalog.field import Choice, Sensitivity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.utils.functional import Promise


@dataclass(frozen=True, kw_only=True)
class ColumnOptions:
    """What a Django field cannot say by itself."""

    kind: str
    required: bool = False
    sensitivity: Sensitivity = Sensitivity.INTERNAL
    standard: str | Promise = ""
    choices: tuple[Choice, ...] = ()
    read_only: bool = False
    sort_name: str = ""
    currency: str = "CNY"
    synonyms: tuple[str, ...] = ()
    target: str = ""
    starts_as: Any = None
    hidden: bool = False
    # How much a filled value counts for the completeness of a record; 0: it need not be there.
    expected: int = 0
    # Months after which half of such values are no longer true; 0: they do not go stale.
    half_life_months: int = 0


class KindMixin:
    """Takes the catalog's options off the arguments and hides itself from migrations."""

    kind_key: str = ""
    django_path: str = ""

    def __init__(
        self,
        *args: Any,
        kind: str = "",
        required: bool = False,
        sensitivity: Sensitivity = Sensitivity.INTERNAL,
        standard: str | Promise = "",
        options: Sequence[Choice] = (),
        read_only: bool = False,
        sort_name: str = "",
        currency: str = "CNY",
        synonyms: Sequence[str] = (),
        target: str = "",
        starts_as: Any = None,
        expected: int | None = None,
        half_life_months: int = 0,
        **kwargs: Any,
    ) -> None:
        self.catalog = ColumnOptions(
            kind=kind or self.kind_key,
            required=required,
            sensitivity=sensitivity,
            standard=standard,
            choices=tuple(options),
            read_only=read_only,
            sort_name=sort_name,
            currency=currency,
            synonyms=tuple(synonyms),
            target=target,
            starts_as=starts_as,
            expected=int(required) if expected is None else expected,
            half_life_months=half_life_months,
        )
        super().__init__(*args, **self.column_arguments(kwargs))

    def column_arguments(self, kwargs: dict[str, Any]) -> dict[str, Any]:
        kwargs.setdefault("blank", not self.catalog.required)
        return kwargs

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        name, _path, args, kwargs = super().deconstruct()  # type: ignore[misc]
        return name, self.django_path, args, kwargs


class _Words(KindMixin, models.CharField):
    django_path = "django.db.models.CharField"
    length = 200

    def column_arguments(self, kwargs: dict[str, Any]) -> dict[str, Any]:
        kwargs.setdefault("max_length", self.length)
        kwargs.setdefault("default", "")
        return super().column_arguments(kwargs)


class ShortTextField(_Words):
    kind_key = "text"


class LongTextField(KindMixin, models.TextField):
    kind_key = "long_text"
    django_path = "django.db.models.TextField"

    def column_arguments(self, kwargs: dict[str, Any]) -> dict[str, Any]:
        kwargs.setdefault("default", "")
        return super().column_arguments(kwargs)


class PersonNameField(_Words):
    kind_key = "person_name"
    length = 80


class CompanyNameField(_Words):
    kind_key = "company_name"


class AddressField(_Words):
    kind_key = "address"
    length = 300


class PhoneField(_Words):
    kind_key = "phone"
    length = 40


class EmailField(_Words):
    kind_key = "email"
    length = 254


class WebAddressField(_Words):
    kind_key = "url"
    length = 500


class UsccField(_Words):
    kind_key = "uscc"
    length = 18


class ResidentIdField(_Words):
    kind_key = "resident_id"
    length = 200  # ciphertext, not the number


class RegionField(_Words):
    kind_key = "region"
    length = 6


class ChoiceField(_Words):
    kind_key = "choice"
    length = 40


class SerialField(_Words):
    kind_key = "serial"
    length = 40


class IntegerField(KindMixin, models.BigIntegerField):
    kind_key = "integer"
    django_path = "django.db.models.BigIntegerField"

    def column_arguments(self, kwargs: dict[str, Any]) -> dict[str, Any]:
        kwargs.setdefault("null", True)
        return super().column_arguments(kwargs)


class PercentField(IntegerField):
    kind_key = "percent"


class ScoreField(KindMixin, models.SmallIntegerField):
    """How good something is, 0 to 100; null: nobody has measured it."""

    kind_key = "score"
    django_path = "django.db.models.SmallIntegerField"

    def column_arguments(self, kwargs: dict[str, Any]) -> dict[str, Any]:
        kwargs.setdefault("null", True)
        return super().column_arguments(kwargs)


class MoneyField(IntegerField):
    kind_key = "money"


class CoordinateField(IntegerField):
    kind_key = "coordinate"


class BooleanField(KindMixin, models.BooleanField):
    kind_key = "boolean"
    django_path = "django.db.models.BooleanField"

    def column_arguments(self, kwargs: dict[str, Any]) -> dict[str, Any]:
        kwargs.setdefault("default", False)
        return super().column_arguments(kwargs)


class DateField(KindMixin, models.DateField):
    kind_key = "date"
    django_path = "django.db.models.DateField"

    def column_arguments(self, kwargs: dict[str, Any]) -> dict[str, Any]:
        kwargs.setdefault("null", True)
        return super().column_arguments(kwargs)


class DateTimeField(KindMixin, models.DateTimeField):
    kind_key = "datetime"
    django_path = "django.db.models.DateTimeField"

    def column_arguments(self, kwargs: dict[str, Any]) -> dict[str, Any]:
        kwargs.setdefault("null", True)
        return super().column_arguments(kwargs)


class _ListField(KindMixin, models.JSONField):
    django_path = "django.db.models.JSONField"

    def column_arguments(self, kwargs: dict[str, Any]) -> dict[str, Any]:
        kwargs.setdefault("default", list)
        return super().column_arguments(kwargs)


class MultiChoiceField(_ListField):
    kind_key = "multi_choice"


class PhonesField(_ListField):
    kind_key = "phones"


class EmailsField(_ListField):
    kind_key = "emails"


class TagsField(_ListField):
    kind_key = "tags"


class ReferenceField(KindMixin, models.ForeignKey):
    """A link to another record; `target` is the key of its object type."""

    kind_key = "reference"
    django_path = "django.db.models.ForeignKey"

    def column_arguments(self, kwargs: dict[str, Any]) -> dict[str, Any]:
        kwargs.setdefault("on_delete", models.PROTECT)
        kwargs.setdefault("null", True)
        kwargs.setdefault("related_name", "+")
        return super().column_arguments(kwargs)


class ReferencesField(_ListField):
    """Links to several records; `target` is the key of their object type."""

    kind_key = "references"


class UsersField(_ListField):
    kind_key = "users"


class AnyReferenceField(_Words):
    """A link to a record of any type, kept as `account:42`."""

    kind_key = "any_reference"
    length = 64


class UserField(ReferenceField):
    kind_key = "user"

    def column_arguments(self, kwargs: dict[str, Any]) -> dict[str, Any]:
        kwargs.setdefault("to", settings.AUTH_USER_MODEL)
        kwargs.setdefault("db_index", False)
        return super().column_arguments(kwargs)


class DepartmentField(ReferenceField):
    kind_key = "department"

    def column_arguments(self, kwargs: dict[str, Any]) -> dict[str, Any]:
        kwargs.setdefault("to", "access.Department")
        kwargs.setdefault("db_index", False)
        return super().column_arguments(kwargs)
