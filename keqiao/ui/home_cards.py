"""The cards of the start page: what there is, who begins with which, and where each person keeps them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from keqiao.access.matrix import matrix
from keqiao.access.models import Role
from keqiao.ui.models import HomeLayout

if TYPE_CHECKING:
    from django.http import QueryDict
    from django.utils.functional import Promise

    from keqiao.access.access import Access

ColumnName = Literal["left", "middle", "right"]
COLUMNS: tuple[ColumnName, ...] = ("left", "middle", "right")
HIDDEN = "hidden"


@dataclass(frozen=True)
class HomeRequest:
    """For whom a card is made, and what was chosen on it (a period, a colleague)."""

    access: Access
    given: QueryDict


def for_everybody(_access: Access) -> bool:
    return True


@dataclass(frozen=True)
class HomeCard:
    """A card. `load` makes its template's context; None leaves the card out for now.

    `at_once` cards come with the page, the others follow. `default_for` names the roles that begin
    with it; without any, everybody does. `module` groups the cards of one part of the product.
    """

    key: str
    label: str | Promise
    template: str
    load: Callable[[HomeRequest], dict[str, Any] | None]
    column: ColumnName = "middle"
    order: int = 500
    module: str = ""
    at_once: bool = False
    style: str = ""  # the style sheet of its package
    default_for: tuple[str, ...] = ()
    is_for: Callable[[Access], bool] = for_everybody


_cards: dict[str, HomeCard] = {}


def register_home_card(card: HomeCard) -> HomeCard:
    """Offer a card on the start page; packages above the kit call this once at start-up."""
    _cards[card.key] = card
    return card


def home_card(access: Access, key: str) -> HomeCard | None:
    card = _cards.get(key)
    return card if card is not None and card.is_for(access) else None


def cards_of(access: Access) -> list[HomeCard]:
    ordered = sorted(_cards.values(), key=lambda card: (card.order, card.key))
    return [card for card in ordered if card.is_for(access)]


# --- the arrangement ----------------------------------------------------------------------------


@dataclass
class Arrangement:
    """Which cards stand in which column, and which are put away."""

    columns: dict[str, list[str]] = field(default_factory=dict)

    def place_of(self, key: str) -> tuple[str, int] | None:
        for name, keys in self.columns.items():
            if key in keys:
                return name, keys.index(key)
        return None

    def move(self, key: str, way: str) -> None:
        """Move a card one step; a step that leads nowhere leaves it where it is."""
        place = self.place_of(key)
        if place is None:
            return
        name, at = place
        if way in {"up", "down"} and name != HIDDEN:
            keys = self.columns[name]
            to = at + (1 if way == "down" else -1)
            if 0 <= to < len(keys):
                keys[at], keys[to] = keys[to], keys[at]
            return
        self.put(key, _beside(name, way))

    def put(self, key: str, column: str, at: int | None = None) -> None:
        place = self.place_of(key)
        if place is None or column not in (*COLUMNS, HIDDEN):
            return
        self.columns[place[0]].remove(key)
        keys = self.columns[column]
        keys.insert(len(keys) if at is None else max(0, at), key)


def _beside(name: str, way: str) -> str:
    if way == "hide":
        return HIDDEN
    if way == "show":
        return "middle"
    if name == HIDDEN or way not in {"left", "right"}:
        return name if name == HIDDEN else ""
    to = COLUMNS.index(name) + (1 if way == "right" else -1)  # type: ignore[arg-type]
    return COLUMNS[to] if 0 <= to < len(COLUMNS) else ""


def arrangement_of(access: Access) -> Arrangement:
    """Return a person's own arrangement, else that of a role of his, else the shipped one.

    A card that came with a newer version stands at the end of its column.
    """
    cards = cards_of(access)
    found: dict[str, list[str]] = {name: [] for name in (*COLUMNS, HIDDEN)}
    kept = _kept(access)
    known = {card.key for card in cards}
    placed: set[str] = set()
    for name, keys in found.items():
        for key in kept.get(name, []) if isinstance(kept.get(name), list) else []:
            if isinstance(key, str) and key in known and key not in placed:
                keys.append(key)
                placed.add(key)
    new = [card for card in cards if card.key not in placed]
    roles = _role_keys(access) if any(card.default_for for card in new) else set()
    for card in new:
        begins = not card.default_for or not roles.isdisjoint(card.default_for)
        found[card.column if begins else HIDDEN].append(card.key)
    return Arrangement(found)


def _kept(access: Access) -> dict[str, Any]:
    roles = matrix().roles_of.get(access.user_id or 0, ())
    rows = HomeLayout.objects.filter(user_id=access.user_id or 0) | HomeLayout.objects.filter(
        role_id__in=roles
    )
    found = sorted(rows, key=lambda row: (row.user_id is None, row.role_id or 0))
    return found[0].columns if found and isinstance(found[0].columns, dict) else {}


def _role_keys(access: Access) -> set[str]:
    roles = matrix().roles_of.get(access.user_id or 0, ())
    return set(Role.objects.filter(pk__in=roles).values_list("key", flat=True))


def keep(access: Access, arrangement: Arrangement) -> None:
    HomeLayout.objects.update_or_create(
        user_id=access.user_id or 0, defaults={"columns": arrangement.columns}
    )


def reset(access: Access) -> None:
    HomeLayout.objects.filter(user_id=access.user_id or 0).delete()


def keep_for_role(role_id: int, arrangement: Arrangement) -> None:
    """Let everybody in a role who has not moved cards himself begin like this."""
    HomeLayout.objects.update_or_create(role_id=role_id, defaults={"columns": arrangement.columns})
