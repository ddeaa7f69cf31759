"""Says in words why two records look like one customer, so that a person can decide in a second."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from keqiao.quality.matching.model import Comparison, Model, Veto
from keqiao.quality.matching.statements import SILENT

WORDS: dict[str, Promise] = {
    "same": _("%(field)s equal"),
    "sounds": _("%(field)s sounds the same"),
    "similar": _("%(field)s nearly equal"),
    "alike": _("%(field)s similar"),
    "remote": _("%(field)s remotely similar"),
    "words": _("%(field)s shares most words"),
    "tail": _("%(field)s equal in the last seven digits"),
    "local": _("%(field)s equal before the @"),
    "domain": _("%(field)s at the same domain"),
    "city": _("%(field)s in the same city"),
    "province": _("%(field)s in the same province"),
    "starts": _("%(field)s: one is the beginning of the other"),
    "numbers": _("%(field)s with the same house numbers"),
    "year": _("%(field)s in the same year"),
    "near": _("%(field)s close in value"),
    "crossed": _("%(field)s swapped with another column"),
    "different": _("%(field)s different"),
}
LINKS: dict[str, Promise] = {
    "branch": _("a branch and its company, or two branches: related, not the same"),
    "household": _("two people with one telephone or address: related, not the same"),
    "related_company": _("two valid registration numbers: related, not the same"),
}


def told_levels(model: Model, levels: Sequence[int]) -> list[tuple[Comparison, str]]:
    """Return the comparisons that tell something with the word of `WORDS` for it, the strongest first."""
    told: list[tuple[float, int, Comparison, str]] = []
    for at, (level, comparison) in enumerate(zip(levels, model.comparisons, strict=True)):
        if level == SILENT:
            continue
        reached = comparison.levels[level]
        weight = reached.weight
        is_against = reached.words == "different"
        if reached.words not in WORDS or abs(weight) < 1.0 or (weight < 0) != is_against:
            continue
        told.append((-abs(weight), at, comparison, reached.words))
    return [(comparison, words) for _weight, _at, comparison, words in sorted(told, key=_strongest)]


def _strongest(told: tuple[float, int, Comparison, str]) -> tuple[float, int]:
    return told[0], told[1]


def reasons(model: Model, levels: Sequence[int], labels: dict[str, str] | None = None) -> list[str]:
    """Return a phrase for each comparison that tells something, the strongest first."""
    named = labels or {}
    return [
        phrase(words, named.get(one.name) or one.label or one.name)
        for one, words in told_levels(model, levels)
    ]


def phrase(words: str, field: str) -> str:
    """Return one reason in the reader's language: "phone equal"."""
    return str(WORDS[words]) % {"field": field}


def link_words(veto: Veto) -> str:
    """Return why a pair is a link and not a duplicate."""
    return str(LINKS[veto.link])


def as_line(parts: Sequence[str]) -> str:
    return gettext("; ").join(parts)
