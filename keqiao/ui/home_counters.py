"""The to-do counters of the start page: how much of what waits for a person, and where it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from keqiao.ui.home_cards import HomeCard, HomeRequest, register_home_card

if TYPE_CHECKING:
    from django.utils.functional import Promise

    from keqiao.access.access import Access


@dataclass(frozen=True)
class Counter:
    """One line: a number and the list of just that many.

    `handled_url` is sent `handled` by POST when the person says that these are dealt with. A quiet
    counter is left out while nothing waits.
    """

    label: str | Promise
    count: int
    url: str
    icon: str
    text: str = ""  # the number as people read it, when it stopped at a cap
    tone: str = ""  # late | today
    handled_url: str = ""
    handled: tuple[tuple[str, str], ...] = ()
    is_quiet: bool = False


Source = Callable[["Access"], Iterable[Counter]]
_sources: list[tuple[int, Source]] = []


def register_counter(source: Source, order: int = 500) -> Source:
    """Let a package count what waits for a person; it is asked each time the card is made."""
    _sources.append((order, source))
    return source


def counters(access: Access) -> list[Counter]:
    found = [
        one for _order, source in sorted(_sources, key=lambda one: one[0]) for one in source(access)
    ]
    return [one for one in found if one.count or not one.is_quiet]


def _load(asked: HomeRequest) -> dict[str, Any] | None:
    found = counters(asked.access)
    return {"counters": found} if found else None


register_home_card(
    HomeCard(
        "counters", _("Waiting for me"), "ui/cards/counters.html", _load,
        column="left", order=10, at_once=True,
    )
)  # fmt: skip
