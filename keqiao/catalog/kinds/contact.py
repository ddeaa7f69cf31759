"""Ways to reach a customer: telephone numbers, e-mail addresses and web addresses."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from keqiao.base.phone import PhoneProblem, format_phone, mask_phone, parse_phone, phone_digits
from keqiao.base.text import fold_width
from keqiao.catalog.kinds.base import FieldKind, as_text
from keqiao.catalog.kinds.choice import split_values
from keqiao.catalog.kinds.roles import Profiled, Role
from keqiao.catalog.problems import FieldProblem

if TYPE_CHECKING:
    from random import Random

    from keqiao.catalog.field import Field

# Deliberately stricter than the RFC: what sales teams really have, without quoted local parts.
_EMAIL = re.compile(
    r"^[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,24}$"
)
_HOST = re.compile(r"^(?:[\w-]{1,63}\.)+[\w-]{2,24}$")
_CONTACT_OPERATORS = (
    "equals", "starts_with", "contains", "has_shape", "has_length", "is_empty", "is_filled",
)  # fmt: skip


class PhoneKind(FieldKind):
    """A telephone number, kept as E.164 (with `;ext=` for an extension)."""

    key: ClassVar[str] = "phone"
    matches_as = Role.PHONE
    label = _("Phone")
    operators = ("equals", "contains", "has_shape", "has_length", "is_empty", "is_filled")
    empty: ClassVar[Any] = ""
    searchable = "phone"
    placeholders = frozenset(
        f"+86{number}"
        for number in (
            "13000000000", "13100000000", "13300000000", "13500000000", "13600000000", "13700000000",
            "13800000000", "13800138000", "13900000000", "15000000000", "18000000000", "18800000000",
            "13111111111", "13333333333", "13812345678", "13912345678", "18812345678", "13012345678",
        )
    )  # fmt: skip

    def clean(self, raw: Any, field: Field) -> Any:
        text = as_text(raw)
        return self.clean_one(text) if text else ""

    def clean_one(self, text: str) -> str:
        try:
            phone = parse_phone(text)
        except PhoneProblem as problem:
            raise FieldProblem(problem.message, problem.code) from None
        return f"{phone.e164};ext={phone.extension}" if phone.extension else phone.e164

    def normalise(self, value: Any) -> str:
        return str(value)

    def text(self, value: Any, field: Field) -> str:
        return format_phone(value) if value else ""

    def mask(self, value: Any, field: Field) -> str:
        return mask_phone(value) if value else ""

    def likeness(self, a: Any, b: Any) -> float:
        left, right = phone_digits(a), phone_digits(b)
        if left == right:
            return 1.0
        return 0.8 if left[-7:] == right[-7:] else 0.0

    def accepted_forms(self, value: Any, field: Field) -> set[str]:
        # 0512-62881234, as the messages of this field write numbers themselves, is in good form.
        shown = format_phone(value)
        return {shown, shown.replace(" ", ""), value, phone_digits(value)}

    def repair_code(self, raw: str, value: Any, field: Field) -> str | None:
        return "phone_form"

    def sample(self, rng: Random, field: Field) -> Any:
        return f"138{rng.randrange(10**8):08}"

    def schema(self, field: Field) -> dict[str, Any]:
        return {"type": "string", "description": "E.164, optionally followed by ;ext=123"}


class EmailKind(FieldKind):
    """An e-mail address."""

    key: ClassVar[str] = "email"
    matches_as = Role.EMAIL
    label = _("E-mail")
    operators = _CONTACT_OPERATORS
    empty: ClassVar[Any] = ""
    searchable = "email"
    placeholders = frozenset(
        f"{local}@{domain}"
        for local in ("test", "a", "aa", "aaa", "abc", "x", "xx", "xxx", "no", "none", "null", "123", "1")
        for domain in ("test.com", "a.com", "abc.com", "xx.com", "xxx.com", "123.com", "qq.com", "163.com",
                       "example.com", "none.com", "no.com")
    )  # fmt: skip

    def clean(self, raw: Any, field: Field) -> Any:
        text = as_text(raw)
        return self.clean_one(text) if text else ""

    def clean_one(self, text: str) -> str:
        text = fold_width(text).replace("。", ".").removeprefix("mailto:").strip(" <>;,，；")
        local, at, domain = text.rpartition("@")
        address = f"{local}@{domain.lower()}" if at else text
        if len(address) > 254 or not _EMAIL.match(address) or ".." in address:
            raise FieldProblem(
                _("“%(value)s” is not an e-mail address. Please enter one like name@company.cn.")
                % {"value": text[:60]},
                "email",
            )
        return address

    def normalise(self, value: Any) -> str:
        return str(value).casefold()

    def mask(self, value: Any, field: Field) -> str:
        local, _at, domain = (value or "").partition("@")
        return f"{local[:1]}***@{domain}" if value else ""

    def repair_code(self, raw: str, value: Any, field: Field) -> str | None:
        return "case" if raw.strip().casefold() == value.casefold() else "width"

    def sample(self, rng: Random, field: Field) -> Any:
        return f"user{rng.randrange(10**9)}@example{rng.randrange(999)}.com"

    def schema(self, field: Field) -> dict[str, Any]:
        return {"type": "string", "format": "email"}


class _SeveralKind(FieldKind):
    """Several values of one way to reach somebody; each is found by filters through its terms."""

    operators = ("any_of", "none_of", "is_empty", "is_filled")
    many = True
    profiled_as = Profiled.LISTS
    indexes_terms = True
    empty: ClassVar[Any] = None
    one: ClassVar[FieldKind]

    def clean(self, raw: Any, field: Field) -> list[str]:
        values = [self.one.clean(part, field) for part in split_values(raw)]
        return list(dict.fromkeys(value for value in values if value))

    def load(self, stored: Any, field: Field) -> Any:
        return stored or []

    def normalise(self, value: Any) -> str:
        return ",".join(sorted(self.one.normalise(item) for item in value))

    def text(self, value: Any, field: Field) -> str:
        return gettext(", ").join(self.one.text(item, field) for item in value or [])

    def mask(self, value: Any, field: Field) -> str:
        return gettext(", ").join(self.one.mask(item, field) for item in value or [])

    def terms(self, value: Any, field: Field) -> list[str]:
        return [self.one.normalise(item) for item in value or []]

    def term_for(self, wanted: Any, field: Field) -> str:
        return self.one.normalise(wanted)

    def clean_operand(self, raw: Any, field: Field) -> Any:
        return self.one.clean(raw, field)

    def repair(self, raw: Any, value: Any, field: Field) -> str | None:
        if len(value) == 1:
            return self.one.repair(raw, value[0], field)
        return None

    def likeness(self, a: Any, b: Any) -> float:
        return max((self.one.likeness(x, y) for x in a for y in b), default=0.0)

    def sample(self, rng: Random, field: Field) -> Any:
        return [self.one.sample(rng, field) for _number in range(2)]

    def schema(self, field: Field) -> dict[str, Any]:
        return {"type": "array", "items": self.one.schema(field)}


class PhonesKind(_SeveralKind):
    """Further telephone numbers."""

    key = "phones"
    matches_as = Role.PHONE
    label = _("Several phones")
    searchable = "phone"
    one = PhoneKind()


class EmailsKind(_SeveralKind):
    """Further e-mail addresses."""

    key = "emails"
    matches_as = Role.EMAIL
    label = _("Several e-mails")
    searchable = "email"
    one = EmailKind()


class UrlKind(FieldKind):
    """A web address; only http and https, so that a link can never run a script."""

    key = "url"
    matches_as = Role.WEB
    label = _("Web address")
    operators = _CONTACT_OPERATORS
    empty: ClassVar[Any] = ""
    longest: ClassVar[int] = 500

    def clean(self, raw: Any, field: Field) -> str:
        text = "".join(fold_width(as_text(raw)).replace("。", ".").split())
        if not text:
            return ""
        if "://" not in text:
            text = f"https://{text}"
        try:
            parts = urlsplit(text)
            host = parts.hostname or ""
        except ValueError:
            host, parts = "", None
        if (
            parts is None
            or parts.scheme.lower() not in {"http", "https"}
            or parts.username is not None
            or not _HOST.match(host)
            or len(text) > self.longest
        ):
            raise FieldProblem(
                _("“%(value)s” is not a web address. Please enter one like www.company.cn.")
                % {"value": text[:60]},
                "url",
            )
        return parts._replace(scheme=parts.scheme.lower(), netloc=parts.netloc.lower()).geturl()

    def text(self, value: Any, field: Field) -> str:
        return value or ""

    def normalise(self, value: Any) -> str:
        return str(value).split("://", 1)[-1].removeprefix("www.").rstrip("/").casefold()

    def accepted_forms(self, value: Any, field: Field) -> set[str]:
        bare = value.split("://", 1)[-1]
        return {value, bare, bare.rstrip("/")}

    def repair_code(self, raw: str, value: Any, field: Field) -> str | None:
        return "link_form"

    def sample(self, rng: Random, field: Field) -> Any:
        return f"https://www.example{rng.randrange(10**6)}.com"

    def schema(self, field: Field) -> dict[str, Any]:
        return {"type": "string", "format": "uri", "maxLength": self.longest}
