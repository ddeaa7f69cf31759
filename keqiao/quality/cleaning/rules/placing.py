"""Rules about values that stand in another field than the one they belong to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from keqiao.base.names import company_parts, looks_like_person
from keqiao.base.text import has_han
from keqiao.catalog.kinds.roles import Role
from keqiao.quality.cleaning.proposal import RecordView, Repair, is_readable

# Kinds whose values look like nothing else.
_TELLING = frozenset({Role.PHONE, Role.EMAIL, Role.USCC, Role.RESIDENT_ID, Role.DATE, Role.REGION})
_WORDS = frozenset({Role.COMPANY, Role.PERSON, Role.ADDRESS, Role.TEXT})
_SEVERAL = re.compile(r"[/、,，;；|]|\s{2,}|\n| 或 |或者")
_DIGIT = re.compile(r"\d")


def swapped_fields(view: RecordView) -> Iterator[Repair]:
    """Exchange two values that can both be read only after the exchange."""
    single = [
        name
        for name, one in view.fields.items()
        if not one.kind.many and one.kind.matches_as in _TELLING | _WORDS and view.text(name)
    ]
    # Two exchanges can stand in one record, so each pair is read as the ones before left it.
    for first, second in combinations(single, 2):
        if not (view.is_wrong(first) or view.is_wrong(second)):
            continue
        if _fits_only(view, first, second) and _fits_only(view, second, first):
            evidence = format_lazy(
                _("Each fits the other field only: {first}, {second}."),
                first=view.fields[first].label,
                second=view.fields[second].label,
            )
            yield Repair({first: view.values[second], second: view.values[first]}, evidence)


def _fits_only(view: RecordView, here: str, there: str) -> bool:
    """Say whether the value `here` is wrong where it stands and right in the field `there`."""
    own, other, text = view.fields[here], view.fields[there], view.text(here)
    if other.kind.matches_as in _TELLING:
        fits = is_readable(other, text)
    else:
        fits = has_han(text) and not _DIGIT.search(text) and "@" not in text
    if own.kind.matches_as in _TELLING:
        return fits and view.is_wrong(here)
    # A field of words takes anything; what reads as a number or an address there is out of place.
    return fits and other.kind.matches_as in _TELLING and not has_han(text)


def name_and_person(view: RecordView) -> Iterator[Repair]:
    """Exchange a company that stands for the person and a person that stands for the company."""
    for company in view.named(Role.COMPANY):
        for person in view.named(Role.PERSON):
            firm, human = view.text(person), view.text(company)
            if company_parts(firm).form and looks_like_person(human):
                yield Repair({company: firm, person: human},
                             _("One has a legal form, the other a family name."))  # fmt: skip


def several_numbers(view: RecordView) -> Iterator[Repair]:
    """Keep the first of several numbers or addresses in its field, the others in the further ones."""
    for one_name, many_name in _pairs(view):
        if not view.is_wrong(one_name) or not view.is_empty(many_name):
            continue
        parts = [part.strip() for part in _SEVERAL.split(view.text(one_name)) if part.strip()]
        if 2 <= len(parts) <= 5 and all(is_readable(view.fields[one_name], part) for part in parts):
            evidence = format_lazy(_("{count} numbers stand in one field."), count=len(parts))
            yield Repair({one_name: parts[0], many_name: "、".join(parts[1:])}, evidence)


def _pairs(view: RecordView) -> Iterator[tuple[str, str]]:
    for role in (Role.PHONE, Role.EMAIL):
        for many_name in view.named(role, many=True):
            for one_name in view.named(role):
                yield one_name, many_name
                break


def misplaced(view: RecordView) -> Iterator[Repair]:
    """Move a value that its field cannot read to an empty field that can."""
    for here, one in view.fields.items():
        if one.kind.many or not view.is_wrong(here) or one.kind.matches_as not in _TELLING:
            continue
        homes = [
            there
            for there, other in view.fields.items()
            if there != here and not other.kind.many and view.is_empty(there)
            and other.kind.matches_as in _TELLING and other.kind.matches_as is not one.kind.matches_as
            and is_readable(other, view.text(here))
        ]  # fmt: skip
        if len(homes) == 1:
            evidence = format_lazy(
                _("It can be read as “{field}”, which is empty."), field=view.fields[homes[0]].label
            )
            yield Repair({here: "", homes[0]: view.text(here)}, evidence)
