"""Rules that use what values say about each other: place, area code, mail host, credit code."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from keqiao.base.address import split_address
from keqiao.base.identifiers import uscc_region
from keqiao.base.names import company_core
from keqiao.base.phone import area_codes, area_regions, phone_regions
from keqiao.base.pinyin import full_pinyin
from keqiao.base.regions import match_region, region_name, region_path, region_range, regions
from keqiao.base.text import has_han
from keqiao.catalog.kinds.roles import Role
from keqiao.catalog.problems import FieldProblem
from keqiao.quality.cleaning.knowledge import ENDING
from keqiao.quality.cleaning.proposal import RecordView, Repair, is_readable

_LOCAL_NUMBER = re.compile(r"^[2-9]\d{6,7}$")
_STRANGE_BITS = 11.0


def mail_host(view: RecordView) -> Iterator[Repair]:
    """Propose the usual mail host that is one slip of the finger away: gmial.com, 163.cm."""
    for name in view.named(Role.EMAIL):
        value = view.read(name)
        text = value if isinstance(value, str) else view.text(name)
        local, at, host = text.rpartition("@")
        usual = view.knowledge.usual_mail_host(host) if at and local else None
        if usual and is_readable(view.fields[name], f"{local}@{usual}"):
            evidence = format_lazy(
                _("{host} is unknown, {usual} is usual."), host=host, usual=usual
            )
            yield Repair({name: f"{local}@{usual}"}, evidence)


def near_code(view: RecordView) -> Iterator[Repair]:
    """Propose the only valid credit code one character away, the surer if its place fits."""
    for name in view.named(Role.USCC):
        problem = view.read(name)
        if isinstance(problem, FieldProblem) and problem.suggestion:
            place = uscc_region(problem.suggestion)
            fits = _same_city(place, _place_of(view))
            evidence = (
                _("It is the only valid code one character away, and its place fits.")
                if fits
                else _("It is the only valid code one character away.")
            )
            yield Repair({name: problem.suggestion}, evidence, 1.0 if fits else 0.9)


def _place_of(view: RecordView) -> str:
    """Return the code of where a record says it is, by its region or the head of its address."""
    for name in view.named(Role.REGION):
        value = view.read(name)
        if isinstance(value, str):
            return value
    for name in view.named(Role.ADDRESS):
        code = split_address(view.text(name))[0]
        if code:
            return code
    return ""


def _written(code: str) -> str:
    """Return the official names: 河南 · 安阳 · 安阳 would be read as the city, not as its county."""
    return "".join(official for _code, official in region_path(code))


def _same_city(first: str | None, second: str | None) -> bool:
    return bool(first and second) and str(first)[:4] == str(second)[:4]


@cache
def _places_by_sound() -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for region in regions().values():
        found["".join(full_pinyin(region.name))].append(region.code)
        if region.short != region.name:
            found["".join(full_pinyin(region.short))].append(region.code)
    return found


def place_sound(view: RecordView) -> Iterator[Repair]:
    """Propose the only place that sounds like what was typed: 苏洲市, 江苏省苏洲市."""
    for name in view.named(Role.REGION):
        text = view.text(name)
        if not view.is_wrong(name) or not has_han(text):
            continue
        outer, end = match_region(text, whole=True)
        typed = text[end:]
        found = _places_by_sound().get("".join(full_pinyin(typed)), []) if len(typed) >= 2 else []
        codes = _most_alike(
            typed, [code for code in found if outer is None or _lies_in(code, outer)]
        )
        if len(codes) == 1:
            written = _written(codes.pop())
            evidence = format_lazy(
                _("“{text}” is no place; {place} sounds like it."), text=typed, place=written
            )
            yield Repair({name: written}, evidence)


def _lies_in(code: str, outer: str) -> bool:
    low, high = region_range(outer)
    return low <= code < high


def _most_alike(text: str, codes: list[str]) -> set[str]:
    """Return the places that share most characters with the text, cities before districts."""
    if not codes:
        return set()
    shared = {code: len(set(text) & set(regions()[code].name)) for code in codes}
    best = {code for code in codes if shared[code] == max(shared.values())}
    return {code for code in best if code.endswith("00")} or best


def region_of_address(view: RecordView) -> Iterator[Repair]:
    """Fill the region from an address that begins with its official names."""
    for region in view.named(Role.REGION):
        for address in view.named(Role.ADDRESS):
            if not view.is_empty(region):
                continue
            text = view.text(address)
            code, _rest = split_address(text)
            if code is None or code.endswith("0000"):
                continue
            path = region_path(code)
            is_official = all(official in text for _code, official in path[-2:])
            evidence = format_lazy(_("The address begins with {place}."), place=region_name(code))
            yield Repair({region: _written(code)}, evidence, 1.0 if is_official else 0.95)


@cache
def _area_of_city() -> dict[str, str]:
    found: dict[str, str] = {}
    for code, area in area_codes().items():
        for region in area.regions:
            found[region] = code
    return found


def area_code(view: RecordView) -> Iterator[Repair]:
    """Propose the area code of the record's city before a local number."""
    place = _place_of(view)
    area = next((_area_of_city().get(code) for code in (place, place[:4] + "00", place[:2] + "0000")
                 if code in _area_of_city()), None)  # fmt: skip
    if not place or area is None:
        return
    for name in view.named(Role.PHONE):
        text = re.sub(r"[ \-]", "", view.text(name))
        if (
            view.is_wrong(name)
            and _LOCAL_NUMBER.match(text)
            and is_readable(view.fields[name], area + text)
        ):
            evidence = format_lazy(
                _("{area} is the area code of {place}."), area=area, place=region_name(place)
            )
            yield Repair({name: f"{area}-{text}"}, evidence)


def region_of_phone(view: RecordView) -> Iterator[Repair]:
    """Propose the city of a landline number for an empty region."""
    if _place_of(view):
        return
    for region in view.named(Role.REGION):
        for phone in view.named(Role.PHONE):
            value = view.read(phone)
            cities = phone_regions(value) if isinstance(value, str) else ()
            if len(cities) == 1 and view.is_empty(region):
                evidence = format_lazy(
                    _("The area code of the number belongs to {place}."),
                    place=region_name(cities[0]),
                )
                yield Repair({region: _written(cities[0])}, evidence)
                return
            usual = view.knowledge.usual_city(_area(value)) if isinstance(value, str) else None
            if usual and view.is_empty(region):
                evidence = format_lazy(_("{share} % of the numbers with this area code belong to {place}."),
                                       share=round(100 * usual[1]), place=region_name(usual[0]))  # fmt: skip
                yield Repair({region: _written(usual[0])}, evidence, usual[1])
                return


def region_elsewhere(view: RecordView) -> Iterator[Repair]:
    """Point at a region that everything else in the record contradicts: two values at least, none for it."""
    for region in view.named(Role.REGION):
        here = view.read(region)
        told = _places_told(view) if isinstance(here, str) else []
        if len(told) < 2 or any(_fit(here, place) for place in told):
            continue
        finest = max(told, key=lambda code: len(code.rstrip("0")))
        if all(_fit(finest, place) for place in told):
            evidence = format_lazy(
                _("{count} other values say {place}, none says {here}."),
                count=len(told), place=region_name(finest), here=region_name(str(here)),
            )  # fmt: skip
            yield Repair({region: _written(finest)}, evidence)


def _places_told(view: RecordView) -> list[str]:
    """Return where address, telephone and credit code place a record; of the code the province counts."""
    told = [split_address(view.text(name))[0] or "" for name in view.named(Role.ADDRESS)]
    for name in view.named(Role.PHONE):
        value = view.read(name)
        cities = phone_regions(value) if isinstance(value, str) else ()
        told += cities if len(cities) == 1 else ()
    for name in view.named(Role.USCC):
        value = view.read(name)
        place = uscc_region(value) if isinstance(value, str) else None
        told += [f"{place[:2]}0000"] if place else []
    return [place for place in told if place]


def _fit(first: str, second: str) -> bool:
    return _lies_in(first, second) or _lies_in(second, first)


def _area(stored: str) -> str:
    digits = "0" + stored.removeprefix("+86")
    return next((code for code in (digits[:3], digits[:4]) if area_regions(code)), "")


def usual_choice(view: RecordView) -> Iterator[Repair]:
    """Propose the choice that goes with how the company's name ends, where none or a rare one stands."""
    for company in view.named(Role.COMPANY):
        ending = company_core(view.text(company))[-ENDING:]
        for name in view.named(Role.CODE):
            usual = view.knowledge.usual_choice(name, ending)
            if usual is None or view.read(name) == usual[0]:
                continue
            evidence = format_lazy(
                _("{share} % of the companies whose name ends in “{ending}” have this value."),
                share=round(100 * usual[1]),
                ending=ending,
            )
            yield Repair({name: usual[0]}, evidence, usual[1])
        return


def strange_name(view: RecordView) -> Iterator[Repair]:
    """Point at a name whose characters hardly ever follow each other in the other names."""
    for name in view.named(Role.COMPANY, Role.PERSON):
        text = view.text(name)
        bits = view.knowledge.strangeness(name, text)
        if bits > _STRANGE_BITS:
            yield Repair(
                {name: text},
                format_lazy(
                    _("It looks unlike the other names ({bits} bits per character)."),
                    bits=round(bits, 1),
                ),
            )
