"""Finds pages and commands by what people type: a piece of the name, pinyin, initials, either language."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.translation import override

from keqiao.base.pinyin import full_pinyin, initials

if TYPE_CHECKING:
    from django.utils.functional import Promise

BEST, GOOD, FAIR = 0, 1, 2


def spoken(label: str | Promise) -> tuple[str, ...]:
    """Return what a label is called in every language of the product."""
    if isinstance(label, str):
        return (label,)
    found = []
    for code, _name in settings.LANGUAGES:
        with override(code):
            found.append(str(label))
    return tuple(dict.fromkeys(found))


def fit(names: tuple[str, ...], synonyms: str, typed: str) -> int | None:
    """Return how well one of the names fits, the best being the lowest; None: not at all."""
    wanted = _folded(typed)
    if not wanted:
        return BEST
    ranks = [rank for name in names if (rank := _rank(name, wanted)) is not None]
    if any(_folded(word).startswith(wanted) for word in synonyms.split()):
        ranks.append(GOOD)
    elif len(wanted) > 1 and wanted in _folded(synonyms):
        ranks.append(FAIR)
    return min(ranks, default=None)


def _rank(name: str, wanted: str) -> int | None:
    forms = _forms(name)
    if any(form.startswith(wanted) for form in forms):
        return BEST
    if wanted.isascii() and len(wanted) == 1:
        return None  # a letter within every second word says nothing
    return FAIR if any(wanted in form for form in forms) else None


@lru_cache(maxsize=2048)
def _forms(name: str) -> tuple[str, ...]:
    return (_folded(name), initials(name), "".join(full_pinyin(name)))


def _folded(text: str) -> str:
    return "".join(text.casefold().split())
