"""Simple repairs of a text: spaces, width, case, padding, one text for another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from keqiao.base.text import clean_line, fold_width

if TYPE_CHECKING:
    from django.utils.functional import Promise

MOST_PADDED = 60
MOST_TEXT = 200

LABELS: dict[str, str | Promise] = {
    "spaces": _("Remove needless spaces"),
    "width": _("Full-width letters and digits to half-width"),
    "upper": _("Upper case"),
    "lower": _("Lower case"),
    "pad": _("Fill up with zeros from the left"),
    "replace": _("Replace one text by another"),
}


@dataclass(frozen=True)
class Transform:
    """One of `LABELS` with what it needs: the length to pad to, the texts to find and to put."""

    key: str
    length: int = 0
    find: str = ""
    put: str = ""

    @property
    def problem(self) -> str | Promise:
        """Say what is missing; empty when it can be carried out."""
        if self.key not in LABELS:
            return _("Please choose what is to be done.")
        if self.key == "pad" and not 0 < self.length <= MOST_PADDED:
            return _("Please give the length to fill up to, at most 60 characters.")
        if self.key == "replace" and not self.find:
            return _("Please enter the text to be replaced.")
        return ""


def transformed(asked: Transform, value: str) -> str:
    """Return the text as it becomes; an empty one stays empty."""
    if not value:
        return value
    match asked.key:
        case "spaces":
            return clean_line(value)
        case "width":
            return fold_width(value)
        case "upper":
            return value.upper()
        case "lower":
            return value.lower()
        case "pad":
            return value.rjust(asked.length, "0")
        case "replace":
            return value.replace(asked.find, asked.put)
    return value
