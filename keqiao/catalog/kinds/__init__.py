"""Every kind of field the product knows, by key; a new kind is a file here plus its cell and control."""

from __future__ import annotations

from keqiao.catalog.kinds.base import FieldKind
from keqiao.catalog.kinds.choice import BooleanKind, ChoiceKind, MultiChoiceKind, TagsKind
from keqiao.catalog.kinds.contact import EmailKind, EmailsKind, PhoneKind, PhonesKind, UrlKind
from keqiao.catalog.kinds.identity import ResidentIdKind, UsccKind
from keqiao.catalog.kinds.links import AnyReferenceKind, ReferencesKind, UsersKind
from keqiao.catalog.kinds.number import (
    CoordinateKind,
    IntegerKind,
    MoneyKind,
    PercentKind,
    ScoreKind,
)
from keqiao.catalog.kinds.reference import DepartmentKind, ReferenceKind, UserKind
from keqiao.catalog.kinds.region import RegionKind
from keqiao.catalog.kinds.serial import SerialKind
from keqiao.catalog.kinds.text import (
    AddressKind,
    CompanyNameKind,
    LongTextKind,
    PersonNameKind,
    TextKind,
)
from keqiao.catalog.kinds.time import DateKind, DateTimeKind

KINDS: dict[str, FieldKind] = {
    kind.key: kind
    for kind in (
        TextKind(),
        LongTextKind(),
        PersonNameKind(),
        CompanyNameKind(),
        AddressKind(),
        IntegerKind(),
        PercentKind(),
        MoneyKind(),
        ScoreKind(),
        CoordinateKind(),
        ChoiceKind(),
        MultiChoiceKind(),
        BooleanKind(),
        TagsKind(),
        DateKind(),
        DateTimeKind(),
        PhoneKind(),
        PhonesKind(),
        EmailKind(),
        EmailsKind(),
        UrlKind(),
        UsccKind(),
        ResidentIdKind(),
        RegionKind(),
        ReferenceKind(),
        ReferencesKind(),
        UsersKind(),
        AnyReferenceKind(),
        UserKind(),
        DepartmentKind(),
        SerialKind(),
    )
}


def kind(key: str) -> FieldKind:
    return KINDS[key]
