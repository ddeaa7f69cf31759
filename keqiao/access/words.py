"""What kept texts call a colleague: by the name that holds when they are read."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext

from keqiao.access.matrix import matrix
from keqiao.base.words import speaks


def person(user_id: int | None) -> dict[str, Any]:
    """A parameter: the name of a colleague."""
    return {"person": user_id}


@speaks("person")
def _person(user_id: Any) -> str:
    found = matrix().people.get(user_id or 0)
    return found.name if found else gettext("a former colleague")
