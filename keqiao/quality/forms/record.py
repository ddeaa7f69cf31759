"""Whole records in their key forms, one by one at entry and by the hundred thousand at night."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keqiao.quality.forms.single import PARTS, form

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polars

    from keqiao.catalog.kinds.roles import Role


class Normaliser:
    """Brings records with the same columns into their key forms; `columns` gives each a role."""

    def __init__(self, columns: Mapping[str, Role]) -> None:
        self.columns = dict(columns)
        self._plan = [
            (name, role, tuple(f"{name}__{part}" for part in PARTS[role]))
            for name, role in columns.items()
        ]
        self.names = tuple(name for _column, _role, names in self._plan for name in names)

    def one(self, values: Mapping[str, Any]) -> dict[str, str]:
        """Return the forms of one record by `<column>__<part>`; a column it lacks counts as empty."""
        found: dict[str, str] = {}
        for column, role, names in self._plan:
            found.update(zip(names, form(role, values.get(column)), strict=True))
        return found

    def many(self, frame: polars.DataFrame) -> polars.DataFrame:
        """Return the forms of every row of a frame, the same as `one` gives, in its order."""
        from keqiao.quality.forms.bulk import forms_of_frame

        return forms_of_frame(frame, self._plan)
