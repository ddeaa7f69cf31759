"""What a record page is made of: tabs in the middle, panels at both sides, quick buttons, row actions.

Packages above the kit add theirs once at start-up; a part appears only for the object types it is
for and only when the person may use it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from django.db.models import Model
    from django.http import HttpRequest
    from django.utils.functional import Promise

    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType
    from keqiao.records.present import Row

Place = Literal["left", "middle", "right"]


@dataclass(frozen=True)
class OpenedRecord:
    """The record whose page is being made, and what this person may do with it."""

    request: HttpRequest
    access: Access
    declared: ObjectType
    record: Model
    row: Row
    may: dict[str, bool]
    memo: dict[str, Any] = field(default_factory=dict)  # what one part read and another needs

    @property
    def id(self) -> int:
        return self.row.id

    @property
    def url(self) -> str:
        return f"/{self.declared.path}/{self.row.id}/"

    @property
    def pointer(self) -> str:
        return f"{self.declared.key}:{self.row.id}"


Load = Callable[[OpenedRecord], dict[str, Any] | None]
IsFor = Callable[["Access", "ObjectType"], bool]


def for_all(_access: Access, _declared: ObjectType) -> bool:
    return True


@dataclass(frozen=True)
class RecordTab:
    """A tab in the middle. `load` makes the template's context when the tab is open.

    The tab with the lowest order is open first. `note` is a short text beside the label (a count).
    """

    key: str
    label: str | Promise
    template: str
    load: Load
    order: int = 500
    is_for: IsFor = for_all
    note: Callable[[OpenedRecord], str] | None = None


@dataclass(frozen=True)
class RecordPanel:
    """A panel beside the tabs: at the left under the name, above the tabs, or at the right.

    It is left out when `load` returns None.
    """

    key: str
    template: str
    load: Load
    place: Place = "right"
    order: int = 500
    is_for: IsFor = for_all
    in_side_panel: bool = False  # also shown when the record is open beside a list


@dataclass(frozen=True)
class QuickAction:
    """A button under the name. `url` may hold `{url}`, `{id}` and `{about}` ("account:42").

    `mark` is the data attribute by which the keyboard finds it ("data-followup").
    """

    key: str
    label: str | Promise
    icon: str
    url: str
    order: int = 500
    in_dialog: bool = True
    mark: str = ""
    is_for: IsFor = for_all


@dataclass(frozen=True)
class RowAction:
    """Something to do with a row of a list without opening it; a dialog asks.

    `url` may hold `{id}`; `letter` is its key while the row is the current one.
    """

    key: str
    label: str | Promise
    icon: str
    url: str
    mark: str
    order: int = 500
    is_for: IsFor = for_all


class Doubt(str):
    """A mark that speaks against a value: a dead number, mail that came back."""

    __slots__ = ()


# For fields of the open record: what is known of the value, in words.
FieldMarks = Callable[[OpenedRecord], dict[str, str]]

_field_marks: list[FieldMarks] = []
_tabs: dict[str, RecordTab] = {}
_panels: dict[str, RecordPanel] = {}
_quick: dict[str, QuickAction] = {}
_row_actions: dict[str, RowAction] = {}


def register_record_tab(tab: RecordTab) -> RecordTab:
    """Add a tab to the pages of the records it is for."""
    _tabs[tab.key] = tab
    return tab


def register_record_panel(panel: RecordPanel) -> RecordPanel:
    """Add a panel to the pages of the records it is for."""
    _panels[panel.key] = panel
    return panel


def register_quick_action(action: QuickAction) -> QuickAction:
    """Add a button under the name."""
    _quick[action.key] = action
    return action


def register_row_action(action: RowAction) -> RowAction:
    """Add something to do with a row of a list."""
    _row_actions[action.key] = action
    return action


def register_field_marks(load: FieldMarks) -> FieldMarks:
    """Mark fields among a record's details: that a value was verified, by whom, or is in `Doubt`."""
    _field_marks.append(load)
    return load


def field_marks(opened: OpenedRecord) -> dict[str, str]:
    """Return the marks of the open record's fields; of two about one field the later part's counts."""
    return {name: text for load in _field_marks for name, text in load(opened).items()}


def record_tabs(access: Access, declared: ObjectType) -> list[RecordTab]:
    ordered = sorted(_tabs.values(), key=lambda one: one.order)
    return [one for one in ordered if one.is_for(access, declared)]


def loaded_panels(
    opened: OpenedRecord,
    *,
    beside_list: bool = False,
    only: Place | None = None,
    but: Place | None = None,
) -> list[dict[str, Any]]:
    """Return the panels with their context, in order: of one place, of all, or of all but one."""
    found = []
    for panel in sorted(_panels.values(), key=lambda one: one.order):
        if beside_list and not panel.in_side_panel:
            continue
        if panel.place == but or (only and panel.place != only):
            continue
        if not panel.is_for(opened.access, opened.declared):
            continue
        context = panel.load(opened)
        if context is not None:
            found.append({"place": panel.place, "template": panel.template, "context": context})
    return found


def quick_registered(opened: OpenedRecord) -> list[QuickAction]:
    ordered = sorted(_quick.values(), key=lambda one: one.order)
    return [one for one in ordered if one.is_for(opened.access, opened.declared)]


def row_actions(access: Access, declared: ObjectType) -> list[RowAction]:
    ordered = sorted(_row_actions.values(), key=lambda one: one.order)
    return [one for one in ordered if one.is_for(access, declared)]
