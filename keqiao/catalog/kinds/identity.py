"""Official numbers: a company's 统一社会信用代码 and a person's resident identity number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.utils.translation import gettext_lazy as _

from keqiao.base.encryption import blind_index, blind_indexes, decrypt, encrypt
from keqiao.base.identifiers import (
    IdentifierProblem,
    check_resident_id,
    check_uscc,
    resident_id_with_check_character,
    with_check_character,
)
from keqiao.base.text import fold_width
from keqiao.catalog.kinds.base import FieldKind, as_text
from keqiao.catalog.kinds.roles import Profiled, Role
from keqiao.catalog.problems import FieldProblem

if TYPE_CHECKING:
    from random import Random

    from keqiao.catalog.field import Field


class UsccKind(FieldKind):
    """The 18 characters on a business licence (GB 32100-2015), with their check character."""

    key: ClassVar[str] = "uscc"
    matches_as = Role.USCC
    label = _("Unified social credit code")
    operators = ("equals", "starts_with", "has_shape", "has_length", "is_empty", "is_filled")
    empty = ""
    searchable = "code"

    def clean(self, raw: Any, field: Field) -> str:
        text = as_text(raw)
        if not text:
            return ""
        try:
            return check_uscc(text)
        except IdentifierProblem as problem:
            raise FieldProblem(problem.message, problem.code, problem.suggestion) from None

    def mask(self, value: Any, field: Field) -> str:
        return f"{value[:4]}**********{value[-4:]}" if value else ""

    def repair_code(self, raw: str, value: Any, field: Field) -> str | None:
        bare = "".join(fold_width(raw).split()).replace("-", "")
        if bare == value:
            return "spaces"
        return "case" if bare.upper() == value else "code_letters"

    def sample(self, rng: Random, field: Field) -> Any:
        body = "91320500MA" + "".join(rng.choices("0123456789ABCDEFGHJKLMNPQRTUWXY", k=7))
        return with_check_character(body)

    def schema(self, field: Field) -> dict[str, Any]:
        return {"type": "string", "minLength": 18, "maxLength": 18}


class ResidentIdKind(FieldKind):
    """A resident identity number: encrypted at rest, found only by its full number or last four."""

    key = "resident_id"
    matches_as = Role.RESIDENT_ID
    label = _("Resident ID number")
    operators = ("equals", "is_empty", "is_filled")
    empty = ""
    indexes_terms = True
    encrypted = True
    profiled_as = Profiled.FILL
    searchable = "secret"

    def clean(self, raw: Any, field: Field) -> str:
        text = as_text(raw)
        if not text:
            return ""
        try:
            return check_resident_id(text)
        except IdentifierProblem as problem:
            raise FieldProblem(problem.message, problem.code) from None

    def store(self, value: Any, field: Field) -> Any:
        return encrypt(value, self._context(field)) if value else ""

    def load(self, stored: Any, field: Field) -> Any:
        return decrypt(stored, self._context(field)) if stored else ""

    def mask(self, value: Any, field: Field) -> str:
        return f"{value[:3]}***********{value[-4:]}" if value else ""

    def terms(self, value: Any, field: Field) -> list[str]:
        return [self.term_for(value, field)] if value else []

    def term_for(self, wanted: Any, field: Field) -> str:
        return blind_index(str(wanted), self._context(field))

    def terms_for(self, wanted: Any, field: Field) -> list[str]:
        # While keys are being changed, older records stand under the older key.
        return blind_indexes(str(wanted), self._context(field))

    def exact_forms(self, value: Any, field: Field) -> list[str]:
        return blind_indexes(str(value), "match.resident_id")

    def normalise(self, value: Any) -> str:
        # Never the number itself: keys and logs are not encrypted.
        return blind_index(str(value), "match.resident_id") if value else ""

    def repair_code(self, raw: str, value: Any, field: Field) -> str | None:
        return "case" if raw.strip().upper() == value else "spaces"

    def sample(self, rng: Random, field: Field) -> Any:
        body = (
            f"320506{rng.randrange(1960, 2004)}{rng.randrange(1, 13):02}{rng.randrange(1, 29):02}"
        )
        body += f"{rng.randrange(1000):03}"
        return resident_id_with_check_character(body)

    def _context(self, field: Field) -> str:
        return f"{field.object_key}.{field.name}"
