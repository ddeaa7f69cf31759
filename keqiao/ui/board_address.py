"""Where a list is shown as a board: for types with a stage-like choice that this person may read."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keqiao.access.access import Access
    from keqiao.ui.list_state import ListState


def board_address(access: Access, state: ListState) -> str:
    """Return the address of the board over the same records; empty when there is none."""
    name = state.declared.list.board
    if not name or not access.fields(state.declared).is_readable(name):
        return ""
    return f"{state.base}board/?{state.query_string()}"
