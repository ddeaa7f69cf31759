"""The list of object types that exist; closed when the program has started."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext

from keqiao.catalog.problems import CatalogError, UnknownObject

if TYPE_CHECKING:
    from django.db.models import Model

    from keqiao.catalog.object_type import ObjectType

_types: dict[str, ObjectType] = {}


def register(declared: ObjectType) -> ObjectType:
    if declared.key in _types and _types[declared.key].model is not declared.model:
        msg = f"Two object types call themselves {declared.key!r}."
        raise CatalogError(msg)
    declared.check()
    _types[declared.key] = declared
    return declared


def unregister(key: str) -> None:
    """Take an object type out again (tests that bring one of their own)."""
    _types.pop(key, None)


def object_type(key: str) -> ObjectType:
    try:
        return _types[key]
    except KeyError:
        raise UnknownObject(key) from None


def no_such_object(key: str) -> str:
    """Return the sentence for somebody who named an object type that does not exist."""
    known = ", ".join(each.key for each in object_types())
    message = gettext("There is no object “%(name)s”. There are: %(known)s.")
    return message % {"name": key, "known": known}


def object_types() -> list[ObjectType]:
    return sorted(_types.values(), key=lambda declared: (declared.order, declared.key))


def object_type_at(path: str) -> ObjectType:
    """Return the object type whose pages lie under `/<path>/`."""
    for declared in _types.values():
        if declared.path == path:
            return declared
    raise UnknownObject(path)


def object_type_of(model: type[Model]) -> ObjectType:
    for declared in _types.values():
        if declared.model is model:
            return declared
    raise UnknownObject(model.__name__)
