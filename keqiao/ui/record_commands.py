"""What can be done with the record whose page is open, offered by the command box.

Packages above the kit add theirs with `register_record_command`; a command appears only when the
person may do it with this very record.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from keqiao.access.rights import Action
from keqiao.catalog.problems import UnknownObject
from keqiao.catalog.registry import object_type_at
from keqiao.records.query import RecordNotFound, get_record
from keqiao.ui.converters import whole_number
from keqiao.ui.favourites import is_favourite

if TYPE_CHECKING:
    from django.db.models import Model
    from django.utils.functional import Promise

    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType


@dataclass(frozen=True)
class OpenRecord:
    """The record a person has before the eyes while opening the command box."""

    access: Access
    declared: ObjectType
    record: Model

    @property
    def url(self) -> str:
        return f"/{self.declared.path}/{self.record.pk}/"

    @cached_property
    def is_starred(self) -> bool:
        return is_favourite(self.access, self.declared, self.record.pk)

    def may(self, action: Action) -> bool:
        owner, team = self.record.owner_id, self.record.team_id  # type: ignore[attr-defined]
        return self.access.is_in_reach(action, self.declared, owner, team, self.record.pk)


def always(_record: OpenRecord) -> bool:
    return True


@dataclass(frozen=True)
class RecordCommand:
    """Something to do with one record.

    `path` continues the record's own address. `in_dialog` asks its question over the page; `press`
    names the data attribute of the element that does it on the page itself ("data-star").
    """

    key: str
    label: str | Promise
    icon: str
    path: str = ""
    action: Action = Action.VIEW
    synonyms: str = ""
    letter: str = ""
    in_dialog: bool = False
    press: str = ""
    order: int = 100
    is_offered: Callable[[OpenRecord], bool] = always


_commands: dict[str, RecordCommand] = {}


def register_record_command(command: RecordCommand) -> RecordCommand:
    """Offer something to do with a record; packages above the kit call this once at start-up."""
    _commands[command.key] = command
    return command


def record_commands(record: OpenRecord) -> list[RecordCommand]:
    """Return what this person may do with the record, in order."""
    ordered = sorted(_commands.values(), key=lambda one: one.order)
    return [one for one in ordered if record.may(one.action) and one.is_offered(record)]


def further_commands(record: OpenRecord) -> list[RecordCommand]:
    """Return what packages above offer, for the menu of the record's page; the kit's own stand there."""
    return [one for one in record_commands(record) if one.key not in OWN and one.in_dialog]


def open_record(access: Access, path: str) -> OpenRecord | None:
    """Return the record whose page lies at `path`, if this person may see it."""
    parts = path.strip("/").split("/")
    number = whole_number(parts[1]) if len(parts) in {2, 3} else None
    if number is None:
        return None
    try:
        declared = object_type_at(parts[0])
        if not access.can(Action.VIEW, declared):
            return None
        return OpenRecord(access, declared, get_record(access, declared, number))
    except (UnknownObject, RecordNotFound):
        return None


def _starred(record: OpenRecord) -> bool:
    return record.is_starred


for _command in (
    RecordCommand("edit", _("Edit"), "edit", "edit/", Action.CHANGE, "change modify 修改", "E", order=10),
    RecordCommand(
        "transfer", _("Transfer"), "user-share", "transfer/", Action.TRANSFER, "assign owner 分配 负责人",
        "A", in_dialog=True, order=30,
    ),
    RecordCommand(
        "people", _("Who can see this record"), "users", "people/", synonyms="share 共享 协作",
        in_dialog=True, order=40,
    ),
    RecordCommand(
        "star", _("Add to the favourites"), "star", synonyms="star 星标", press="data-star", order=50,
        is_offered=lambda record: not _starred(record),
    ),
    RecordCommand(
        "unstar", _("Take from the favourites"), "star", synonyms="star 星标", press="data-star", order=50,
        is_offered=_starred,
    ),
    RecordCommand(
        "link", _("Copy the link"), "link", synonyms="address url 地址", press="data-copy-link", order=60,
    ),
    RecordCommand("log", _("Change log"), "history", "?tab=history", synonyms="audit 历史", order=70),
    RecordCommand(
        "delete", _("Delete"), "trash", "delete/", Action.DELETE, "remove", in_dialog=True, order=900,
    ),
):  # fmt: skip
    register_record_command(_command)

OWN = frozenset(_commands)
