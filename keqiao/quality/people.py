"""Whom a rule of data quality names: colleagues, whole departments, everybody with a role."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from keqiao.access.matrix import matrix

PARTS = ("users", "departments", "roles")


def people_named(chosen: Mapping[str, Sequence[int]]) -> frozenset[int]:
    """Return the people meant who still work here; a department stands for all below it as well."""
    rights = matrix()
    found = set(chosen.get("users", ()))
    below = {one for pk in chosen.get("departments", ()) for one in rights.subtree(pk)}
    roles = set(chosen.get("roles", ()))
    for person in rights.people.values():
        if person.department_id in below or not roles.isdisjoint(
            rights.roles_of.get(person.id, ())
        ):
            found.add(person.id)
    return frozenset(pk for pk in found if (one := rights.people.get(pk)) and one.is_active)
