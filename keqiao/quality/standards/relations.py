"""What two fields of one record can contradict each other in, by what each of them tells."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from keqiao.base.address import split_address
from keqiao.base.identifiers import resident_id_birthday, uscc_region
from keqiao.base.names import place_spellings
from keqiao.base.phone import phone_regions
from keqiao.base.regions import region_name, regions
from keqiao.base.text import to_simplified
from keqiao.catalog.kinds.roles import Role

if TYPE_CHECKING:
    from django.utils.functional import Promise

Contradiction = Callable[[Any, Any], "str | Promise | None"]


def contradiction_of(first: Role, second: Role) -> Contradiction | None:
    """Return the check of values of these two roles in this order, or None if there is none."""
    found = _CHECKS.get((first, second))
    if found is not None:
        return found
    turned = _CHECKS.get((second, first))
    return None if turned is None else lambda a, b: turned(b, a)


def _code_and_region(code: str, region: str) -> str | Promise | None:
    place = uscc_region(code)
    if place is None or place[:2] == region[:2]:
        return None
    return format_lazy(
        _(
            "The credit code was given in {there}, the region is {here}. Check both with the licence."
        ),
        there=region_name(place[:2] + "0000"),
        here=region_name(region),
    )


def _phone_and_region(phone: str, region: str) -> str | Promise | None:
    cities = phone_regions(phone)
    if not cities or any(_is_inside(region, city) or _is_inside(city, region) for city in cities):
        return None
    return format_lazy(
        _("The area code of the number belongs to {there}, the region is {here}."),
        there=region_name(cities[0]),
        here=region_name(region),
    )


def _address_and_region(address: str, region: str) -> str | Promise | None:
    place, _rest = split_address(address)
    if place is None or _is_inside(place, region) or _is_inside(region, place):
        return None
    return format_lazy(
        _("The address lies in {there}, the region is {here}. Correct the one that is wrong."),
        there=region_name(place),
        here=region_name(region),
    )


def _name_and_region(name: str, region: str) -> str | Promise | None:
    place = _place_in_front(name)
    if not place or _is_inside(region, place) or _is_inside(place, region):
        return None
    return format_lazy(
        _("The name begins with {there}, the region is {here}."),
        there=region_name(place),
        here=region_name(region),
    )


def _name_and_address(name: str, address: str) -> str | Promise | None:
    place, _rest = split_address(address)
    return None if place is None else _name_and_region(name, place)


def _identity_and_birthday(number: str, day: Any) -> str | Promise | None:
    born = resident_id_birthday(number)
    if born is None or born == day:
        return None
    return format_lazy(
        _("By the identity number the birthday is {born}. Check which one is right."),
        born=born.isoformat(),
    )


_CHECKS: dict[tuple[Role, Role], Contradiction] = {
    (Role.USCC, Role.REGION): _code_and_region,
    (Role.PHONE, Role.REGION): _phone_and_region,
    (Role.ADDRESS, Role.REGION): _address_and_region,
    (Role.COMPANY, Role.REGION): _name_and_region,
    (Role.COMPANY, Role.ADDRESS): _name_and_address,
    (Role.RESIDENT_ID, Role.DATE): _identity_and_birthday,
}


def _is_inside(code: str, outer: str) -> bool:
    width = 2 if outer.endswith("0000") else 4 if outer.endswith("00") else 6
    return code[:width] == outer[:width]


@cache
def _cities() -> dict[str, str]:
    """Return cities and provinces by their names and short names; those of several places are out."""
    found: dict[str, set[str]] = {}
    for region in regions().values():
        if region.code.endswith("00"):
            for name in (region.name, region.short):
                found.setdefault(name, set()).add(region.code)
    return {name: codes.pop() for name, codes in found.items() if len(codes) == 1}


def _place_in_front(name: str) -> str:
    text = to_simplified(name)
    for length in place_spellings()[1].get(text[:2], ()):
        code = _cities().get(text[:length])
        if code:
            return code
    return ""
