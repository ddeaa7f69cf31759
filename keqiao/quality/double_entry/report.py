"""The figures of double entry of one object type, in words, always with how many they rest on."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from keqiao.base.clock import now
from keqiao.quality.double_entry.figures import (
    Agreement,
    ErrorRate,
    Pair,
    Undetected,
    agreement,
    error_rate,
    undetected,
)
from keqiao.quality.double_entry.models import EntryState, KeyedField
from keqiao.ui.navigation import sentence

if TYPE_CHECKING:
    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType

DAYS = 365
MOST_READ = 200_000  # keyed fields, the newest; 0.6 s
COUNTED = (EntryState.AGREED, EntryState.DIFFERS, EntryState.SETTLED)


@dataclass(frozen=True)
class Figure:
    """A measured share as a page shows it: percent, or "not measured", and its n."""

    text: str
    n: int
    note: str = ""


@dataclass(frozen=True)
class FieldLine:
    label: str
    agreement: Figure
    kappa: str
    undetected: Figure


@dataclass(frozen=True)
class PersonLine:
    name: str
    errors: Figure


@dataclass(frozen=True)
class Report:
    """All figures of one object type."""

    fields: list[FieldLine]
    people: list[PersonLine]
    total: FieldLine


def report(access: Access, declared: ObjectType) -> Report:
    """Work the figures out from what was keyed twice in the past year, the newest `MOST_READ`."""
    rows = KeyedField.objects.filter(
        entry__object_key=declared.key,
        entry__state__in=COUNTED,
        entry__second_at__gte=now() - timedelta(days=DAYS),
    )
    pairs: dict[str, list[Pair]] = defaultdict(list)
    keyed: dict[int, list[tuple[str, str]]] = defaultdict(list)
    columns = ("field", "first_form", "second_form", "final_form")
    people = ("entry__first_by_id", "entry__second_by_id")
    for name, first, second, final, first_by, second_by in rows.order_by("-pk").values_list(
        *columns, *people
    )[:MOST_READ]:
        pairs[name].append(Pair(first, second, final))
        if final is not None:
            keyed[first_by or 0].append((first, final))
            keyed[second_by or 0].append((second, final))
    fields = declared.fields()
    order = [name for name in fields if name in pairs]
    every = [pair for name in order for pair in pairs[name]]
    return Report(
        [_line(sentence(fields[name].label), pairs[name]) for name in order],
        sorted(
            (
                PersonLine(access.person_name(pk) or _("the command line"), _rate(error_rate(one)))
                for pk, one in keyed.items()
            ),
            key=lambda line: line.name,
        ),
        _line(_("All fields"), every),
    )


def _line(label: str, pairs: list[Pair]) -> FieldLine:
    found = agreement(pairs)
    return FieldLine(label, _share(found), _kappa(found), _hidden(undetected(pairs)))


def _percent(share: float) -> str:
    return f"{share * 100:.1f} %"


def _share(found: Agreement) -> Figure:
    return Figure(_("not measured") if found.share is None else _percent(found.share), found.n)


def _kappa(found: Agreement) -> str:
    if found.share is None:
        return _("not measured")
    return "–" if found.kappa is None else f"{found.kappa:.3f}"


def _hidden(found: Undetected) -> Figure:
    if found.estimate is None:
        return Figure(_("not measured"), found.n)
    return Figure(f"{found.estimate:.2f}", found.n, _percent(found.estimate / found.n))


def _rate(found: ErrorRate) -> Figure:
    text = _("not measured") if found.rate is None else _percent(found.rate)
    return Figure(text, found.n, str(found.wrong))
