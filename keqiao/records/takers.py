"""Who else than colleagues can look after records: packages above plug theirs in.

A taker is named where an owner is named, by its kind and number ("owner:5") or by what it is called,
and takes over what a leaving colleague held.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from keqiao.access.matrix import matrix
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
    """Return what there is to choose beside colleagues and departments: how it is written, its name."""
    return [
        (f"{one.key}:{number}", _CALLED % {"field": one.label, "value": name})
        for one in _takers.values()
        for number, name in one.offered(access, declared)
    ]


def named_taker(access: Access, declared: ObjectType, text: str, key: str = "") -> str:
    """Return the offered taker that `text` names ("pool:3", its name, or as it is offered).

    Empty when it names none, or more than one; `key` looks among one kind alone.
    """
    wanted = text.strip().casefold()
    found = [
        f"{one.key}:{number}"
        for one in _takers.values()
        for number, name in one.offered(access, declared)
        if key in {"", one.key}
        and wanted
        in {
            f"{one.key}:{number}",
            name.casefold(),
            (_CALLED % {"field": one.label, "value": name}).casefold(),
        }
    ]
    return found[0] if len(found) == 1 else ""


# --- new records ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Choice:
    """A kind of taker with what it is called and the takers this person may name, read once a batch."""

    taker: Taker
    words: set[str]
    offered: list[Offer]


def settle_takers(batch: Batch) -> None:
    """Part of step 3: a new record whose owner names a taker is put into the care of that one."""
    naming = [(item, item.values.get("owner")) for item in batch.open_items() if item.creating]
    named = [(item, owner) for item, owner in naming if isinstance(owner, str) and owner]
    if not named:
        return
    choices = [
        _Choice(one, {one.key, *_words(one)}, one.offered(batch.access, batch.object_type))
        for one in _takers.values()
        if one.keep
    ]
    colleagues = {one.name.casefold() for one in matrix().people.values() if one.is_active}
    for item, owner in named:
        for choice in choices:
            if _settle(batch, item, choice, owner, colleagues):
                break


def _settle(batch: Batch, item: Item, choice: _Choice, text: str, colleagues: set[str]) -> bool:
    """Put a record into the care of the taker its owner names; return whether it names one."""
    head, colon, rest = text.replace("：", ":", 1).partition(":")
    is_marked = bool(colon) and head.strip().casefold() in choice.words
    wanted = (rest if is_marked else text).strip()
    found = [
        one
        for one in choice.offered
        if one[1].casefold() == wanted.casefold() or (is_marked and wanted == str(one[0]))
    ]
    if not found and not is_marked and wanted.casefold() in choice.words:
        # What the kind is called says enough where there is one alone.
        found = choice.offered if len(choice.offered) == 1 else []
    if found and not is_marked and wanted.casefold() in colleagues:
        called = _CALLED % {"field": choice.taker.label, "value": found[0][1]}
        message = _(
            "“%(name)s” is a colleague, and “%(taker)s” is called the same. Write “%(taker)s” if you"
            " mean that, or choose the colleague from the suggestions."
        )
        _refuse(item, message % {"name": wanted[:60], "taker": called})
    elif len(found) == 1 and choice.taker.keep is not None:
        item.is_taken = True
        item.values["owner"] = item.values["team"] = None
        choice.taker.keep(batch, item, found[0][0])
    elif is_marked:
        message = _(
            "“%(name)s” is nothing into which you may put new records. Choose one of the suggestions."
        )
        _refuse(item, message % {"name": text[:60]})
    else:
        return False
    return True


def _refuse(item: Item, message: str) -> None:
    item.values.pop("owner")
    item.problems.append(Problem("owner", message, "taker"))


def _words(taker: Taker) -> set[str]:
    """Return what this kind of taker is called, in both languages."""
    found = set()
    for language in ("zh-hans", "en"):
        with override(language):
            found.add(str(taker.label).casefold())
    return found
