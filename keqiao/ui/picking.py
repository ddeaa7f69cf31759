"""Suggestions while typing: records, colleagues, departments and regions for the fields that link."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language

from keqiao.access.matrix import matrix
from keqiao.access.rights import Action
from keqiao.base.pinyin import full_pinyin, initials
from keqiao.base.regions import children as regions_inside
from keqiao.base.regions import region_name, search_regions
from keqiao.catalog.object_type import Feature
from keqiao.catalog.pointer import pointer
from keqiao.catalog.registry import object_types
from keqiao.records.query import ListQuery, run_list
from keqiao.records.search import search
from keqiao.records.takers import offered_takers
from keqiao.ui.gate import access_of, require, signed_in

if TYPE_CHECKING:
    from django.http import HttpRequest, QueryDict

    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType

MOST_OPTIONS = 12
Option = tuple[str, str, str]  # id, text, note


def picked_or_typed(given: QueryDict, name: str) -> str:
    """Return the id of what was picked while its name still stands in the box, else the text."""
    return picked_id(given, name) or given.get(name, "").strip()


def picked_id(given: QueryDict, name: str) -> str:
    """Return the id of what was picked while its name still stands in the box, else nothing."""
    number, _bar, text = given.get(f"{name}__pick", "").partition("|")
    return number if text.strip() == given.get(name, "").strip() else ""


def several_pairs(given: QueryDict, name: str) -> list[tuple[str, str]]:
    """Return id (empty when typed) and text of each box of a control that takes several."""
    found = []
    marks = given.getlist(f"{name}__pick")
    for place, raw in enumerate(given.getlist(name)):
        typed = raw.strip()
        number, _bar, text = (marks[place] if place < len(marks) else "").partition("|")
        if typed:
            found.append((number if text.strip() == typed else "", typed))
    return found


def several_picked_or_typed(given: QueryDict, name: str) -> list[str]:
    return [number or text for number, text in several_pairs(given, name)]


@signed_in
def pick_any_record(request: HttpRequest) -> HttpResponse:
    """Suggest records of every type that customers are followed up by; "account:42" is the id."""
    access, text = access_of(request), _typed(request)
    types = [
        declared
        for declared in object_types()
        if Feature.FOLLOW_UP in declared.features and access.can(Action.VIEW, declared)
    ]
    options: list[Option] = []
    if text:
        for group in search(access, text, per_type=6, only=tuple(one.key for one in types)):
            for hit in group.hits:
                note = " · ".join(filter(None, (str(group.object_type.label), hit.subtitle)))
                options.append((pointer(group.object_type.key, hit.id), hit.title, note))
    else:
        for declared in types[:1]:
            page = run_list(access, ListQuery(object_type=declared, limit=8, count=False))
            options = [
                (pointer(declared.key, row.id), row.title, str(declared.label)) for row in page.rows
            ]
    return _answer(request, options[:MOST_OPTIONS])


@signed_in
def pick_record(request: HttpRequest, declared: ObjectType) -> HttpResponse:
    access = access_of(request)
    require(access, Action.VIEW, declared)
    text = _typed(request)
    if text:
        groups = search(access, text, per_type=MOST_OPTIONS, only=(declared.key,))
        options = [(str(hit.id), hit.title, hit.subtitle) for group in groups for hit in group.hits]
    else:
        page = run_list(access, ListQuery(object_type=declared, limit=8, count=False))
        options = [(str(row.id), row.title, "") for row in page.rows]
    return _answer(request, options)


@signed_in
def pick_person(request: HttpRequest) -> HttpResponse:
    return _answer(request, _people(access_of(request), _typed(request).casefold()))


@signed_in
def pick_owner(request: HttpRequest, declared: ObjectType) -> HttpResponse:
    """Suggest who may look after a new record: colleagues, and other takers before them."""
    access, text = access_of(request), _typed(request).casefold()
    require(access, Action.CREATE, declared)
    takers = [
        (value, name, "") for value, name in offered_takers(access, declared) if _fits(name, text)
    ]
    return _answer(request, [*takers, *_people(access, text)][:MOST_OPTIONS])


def _people(access: Access, text: str) -> list[Option]:
    found = [
        (str(person.id), person.name, access.department_name(person.department_id))
        for person in matrix().people.values()
        if person.is_active and _fits(person.name, text)
    ]
    return sorted(found, key=lambda option: option[1])[:MOST_OPTIONS]


@signed_in
def pick_department(request: HttpRequest) -> HttpResponse:
    text = _typed(request).casefold()
    found = [
        (str(number), name, "")
        for number, (name, _path) in matrix().departments.items()
        if _fits(name, text)
    ]
    return _answer(request, found[:MOST_OPTIONS])


@signed_in
def pick_region(request: HttpRequest) -> HttpResponse:
    text = _typed(request)
    codes = search_regions(text, MOST_OPTIONS) if text else regions_inside(None)
    language = get_language() or "zh-hans"
    return _answer(request, [(code, region_name(code, language), code) for code, _name in codes])


def _typed(request: HttpRequest) -> str:
    return " ".join(request.GET.get("q", "").split())[:60]


def _fits(name: str, text: str) -> bool:
    if not text or text in name.casefold():
        return True
    return initials(name).startswith(text) or "".join(full_pinyin(name)).startswith(text)


def _answer(request: HttpRequest, options: list[Option]) -> HttpResponse:
    return render(request, "ui/options.html", {"options": options})
