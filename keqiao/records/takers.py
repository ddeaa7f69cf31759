"""Who else than colleagues can look after records: packages plug theirs in (a pool of customers).

A taker is named where an owner is named, as "pool:3" or by what it is called, and takes over what a
leaving colleague held.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from keqiao.records.drafts import Problem

if TYPE_CHECKING:
    from django.utils.functional import Promise

    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType
    from keqiao.records.batch import Batch, Item
    from keqiao.records.drafts import Source
    from keqiao.records.handing_over import HandedOver, Handover

Offer = tuple[int, str]  # number and name
Give = Callable[["Access", "ObjectType", Sequence[int], int, "Handover", "Source"], "HandedOver"]
Keep = Callable[["Batch", "Item", int], None]


@dataclass(frozen=True)
class Taker:
    """A kind of taker. `offered` are those into whose care this person may give records.

    `give` hands records over, with what the rights of the actor allow. `keep` puts a new record into
    its care as part of the save; without it new records cannot be made for such a taker.
    `named` returns what one is called, also when it takes nothing any more.
    """

    key: str
    label: str | Promise
    offered: Callable[[Access, ObjectType], list[Offer]]
    give: Give
    named: Callable[[Access, int], str]
    keep: Keep | None = None


_CALLED = _("%(field)s: %(value)s")
_takers: dict[str, Taker] = {}


def register_taker(taker: Taker) -> Taker:
    """Offer a kind of taker; packages above call this once at start-up."""
    _takers[taker.key] = taker
    return taker


def take_over(
    access: Access,
    declared: ObjectType,
    ids: Sequence[int],
    taker: str,
    handover: Handover,
    *,
    source: Source,
) -> HandedOver:
    """Hand records over to a taker written like "owner:5", with what goes along."""
    key, _colon, number = taker.partition(":")
    return _takers[key].give(access, declared, ids, int(number), handover, source)


def taker_title(access: Access, taker: str) -> str:
    """Return what a taker is called."""
    key, _colon, number = taker.partition(":")
    known = _takers.get(key)
    return known.named(access, int(number)) if known else taker


def offered_takers(access: Access, declared: ObjectType) -> list[tuple[str, str]]:
    """Return the takers to choose from beside colleagues and departments: "pool:3" and the name."""
    return [
        (f"{one.key}:{number}", _CALLED % {"field": one.label, "value": name})
        for one in _takers.values()
        for number, name in one.offered(access, declared)
    ]


# --- new records ------------------------------------------------------------------------------------


def settle_takers(batch: Batch) -> None:
    """Part of step 3: a new record whose owner names a taker is put into the care of that one."""
    keeping = [one for one in _takers.values() if one.keep]
    for item in batch.open_items() if keeping else ():
        owner = item.values.get("owner")
        if not item.creating or not isinstance(owner, str) or not owner:
            continue
        for one in keeping:
            _settle(batch, item, one, owner)


def _settle(batch: Batch, item: Item, taker: Taker, text: str) -> None:
    offered = taker.offered(batch.access, batch.object_type)
    head, colon, rest = text.replace("：", ":", 1).partition(":")
    is_marked = bool(colon) and head.strip().casefold() in {taker.key, *_words(taker)}
    wanted = (rest if is_marked else text).strip()
    found = [
        number
        for number, name in offered
        if name.casefold() == wanted.casefold() or (is_marked and wanted == str(number))
    ]
    if not found and not is_marked and wanted.casefold() in _words(taker) and len(offered) == 1:
        found = [offered[0][0]]  # "pool" says enough where there is one alone
    if len(found) == 1 and taker.keep is not None:
        item.is_taken = True
        item.values["owner"] = item.values["team"] = None
        taker.keep(batch, item, found[0])
    elif is_marked:
        item.values.pop("owner")
        message = _(
            "“%(name)s” is nothing into which you may put new records. Choose one of the suggestions."
        )
        item.problems.append(Problem("owner", message % {"name": text[:60]}, "taker"))


def _words(taker: Taker) -> set[str]:
    """Return what this kind of taker is called, in both languages."""
    found = set()
    for language in ("zh-hans", "en"):
        with override(language):
            found.add(str(taker.label).casefold())
    return found
