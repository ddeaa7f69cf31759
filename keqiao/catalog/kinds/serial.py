"""Numbers the product gives out itself, such as a customer number, by a numbering rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.utils.translation import gettext_lazy as _

from keqiao.catalog.kinds.roles import Role
from keqiao.catalog.kinds.text import TextKind

if TYPE_CHECKING:
    from random import Random

    from keqiao.catalog.field import Field


class SerialKind(TextKind):
    """A serial number; filled by the write path when a record is made, never typed."""

    key: ClassVar[str] = "serial"
    matches_as = Role.CODE
    label = _("Serial number")
    operators = ("equals", "starts_with", "has_shape", "has_length")
    clustered_by = ()
    default_length = 40
    searchable = "code"

    def sample(self, rng: Random, field: Field) -> Any:
        return None
