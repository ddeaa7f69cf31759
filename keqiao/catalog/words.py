"""What kept texts call the types and fields of the catalog, whatever language they are read in."""

from __future__ import annotations

from typing import Any

from keqiao.base.words import speaks
from keqiao.catalog.problems import UnknownField, UnknownObject
from keqiao.catalog.registry import object_type


def things(object_key: str) -> dict[str, str]:
    """A parameter: what records of a type are called ("accounts")."""
    return {"things": object_key}


def thing(object_key: str) -> dict[str, str]:
    """A parameter: what one record of a type is called ("account")."""
    return {"thing": object_key}


def field_named(object_key: str, name: str) -> dict[str, list[str]]:
    """A parameter: what a field of a type is called."""
    return {"field": [object_key, name]}


@speaks("things")
def _things(key: Any) -> str:
    try:
        return str(object_type(key).label_plural)
    except UnknownObject:
        return str(key)


@speaks("thing")
def _thing(key: Any) -> str:
    try:
        return str(object_type(key).label)
    except UnknownObject:
        return str(key)


@speaks("field")
def _field(which: Any) -> str:
    key, name = which
    try:
        return str(object_type(key).field(name).label)
    except (UnknownObject, UnknownField):
        return str(name)
