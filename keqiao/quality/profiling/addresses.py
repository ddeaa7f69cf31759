"""The addresses of profiles: the conditions of a list, carried from figure to figure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from keqiao.ui.list_state import ListState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import QueryDict

    from keqiao.catalog.object_type import ObjectType

OVERVIEW = "/quality/profile/"


def state_of(declared: ObjectType, given: QueryDict) -> ListState:
    """Return what an address asks of a list; words searched for are no condition here."""
    found = ListState.read(declared, given)
    return ListState(declared, where=found.where, filter=found.filter)


def narrowed(state: ListState, where: Sequence[str]) -> ListState:
    return replace(state, where=tuple(dict.fromkeys((*state.where, *where))))


def without(state: ListState, part: str) -> ListState:
    return replace(state, where=tuple(one for one in state.where if one != part))


def profile_url(state: ListState, name: str = "", step: str = "", **more: str) -> str:
    """Return the page of a field (or of all) for the records of a list."""
    pairs = [*state.pairs(), *more.items()]
    if not name:
        pairs.insert(0, ("object", state.declared.key))
        return f"{OVERVIEW}?{urlencode(pairs)}"
    address = f"{OVERVIEW}{state.declared.path}/{name}/{step}"
    return f"{address}?{urlencode(pairs)}" if pairs else address
