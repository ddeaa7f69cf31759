"""What a person reads: the own notices, with the names of records as the person may see them now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from keqiao.access.rights import Action
from keqiao.base.clock import now
from keqiao.base.words import spoken
from keqiao.catalog.problems import UnknownObject
from keqiao.catalog.registry import object_type
from keqiao.notifications.kinds import kind_or_stranger
from keqiao.notifications.models import Notice
from keqiao.records.present import titles_of

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from keqiao.access.access import Access

PAGE = 50
MOST_COUNTED = 100


@dataclass(frozen=True)
class Line:
    """A notice in the words of its reader; without link and body when the record is out of reach."""

    id: int
    kind: str
    kind_label: str
    icon: str
    title: str
    body: str
    url: str
    actor: str
    at: datetime
    is_unread: bool


def own_notices(access: Access) -> QuerySet[Notice]:
    """Return what stands in the person's list; every reading and marking starts here."""
    return Notice.objects.filter(user_id=access.user_id or 0, in_app=True)


def unread(access: Access) -> QuerySet[Notice]:
    return own_notices(access).filter(read_at__isnull=True)


@dataclass(frozen=True)
class Unread:
    """How many are unread (counted up to a hundred) and the newest of them."""

    count: int
    newest: int

    @property
    def text(self) -> str:
        if self.count >= MOST_COUNTED:
            return "99+"
        return str(self.count) if self.count else ""

    @property
    def mark(self) -> str:
        return f"{self.count}-{self.newest}"


def count_unread(access: Access) -> Unread:
    """Count in one query of at most a hundred index entries."""
    ids = list(unread(access).order_by("-id").values_list("pk", flat=True)[:MOST_COUNTED])
    return Unread(len(ids), ids[0] if ids else 0)


@dataclass(frozen=True)
class Part:
    """Some lines of the list, newest first, and where it goes on."""

    lines: list[Line]
    before: int | None


def read_part(
    access: Access,
    *,
    only_unread: bool = False,
    kind: str = "",
    before: int | None = None,
    limit: int = PAGE,
) -> Part:
    rows = unread(access) if only_unread else own_notices(access)
    if kind:
        rows = rows.filter(kind=kind)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows.order_by("-id")[: limit + 1])
    more = found[limit - 1].pk if len(found) > limit else None
    return Part(lines_of(access, found[:limit]), more)


def lines_of(access: Access, notices: Sequence[Notice]) -> list[Line]:
    """Put notices into words; one query per object type they are about."""
    titles = _titles(access, notices)
    return [_line(access, notice, titles) for notice in notices]


def _titles(access: Access, notices: Sequence[Notice]) -> dict[tuple[str, int], str]:
    wanted: dict[str, set[int]] = defaultdict(set)
    for notice in notices:
        if notice.object_key and notice.record_id is not None:
            wanted[notice.object_key].add(notice.record_id)
    found = {}
    for key, ids in wanted.items():
        try:
            declared = object_type(key)
        except UnknownObject:
            continue
        if access.can(Action.VIEW, declared):
            shown = titles_of(access, declared, ids)
            found.update({(key, number): title for number, title in shown.items()})
    return found


def _line(access: Access, notice: Notice, titles: dict[tuple[str, int], str]) -> Line:
    kind = kind_or_stranger(notice.kind)
    is_about_record = bool(notice.object_key) and notice.record_id is not None
    title = titles.get((notice.object_key, notice.record_id or 0))
    is_lost = is_about_record and title is None
    words, name = notice.words, _("(no access)") if is_lost else title or ""
    body = notice.body
    if "body" in words:
        body = spoken(body, {"record": title or "", **words["body"]})
    return Line(
        id=notice.pk,
        kind=notice.kind,
        kind_label=str(kind.label),
        icon=kind.icon,
        title=spoken(notice.title, {"record": name, **words.get("title", {})}),
        body="" if is_lost else body,
        url="" if is_lost else _address(notice),
        actor=access.person_name(notice.actor_id),
        at=notice.at,
        is_unread=notice.read_at is None,
    )


def _address(notice: Notice) -> str:
    if notice.url or not notice.object_key:
        return notice.url
    try:
        base = f"/{object_type(notice.object_key).path}/"
    except UnknownObject:
        return ""
    return f"{base}{notice.record_id}/" if notice.record_id is not None else base


def mark_read(access: Access, notice_id: int) -> bool:
    """Mark one of the person's own notices; False when there is no such notice of his."""
    mine = own_notices(access).filter(pk=notice_id)
    mine.filter(read_at__isnull=True).update(read_at=now())
    return mine.exists()


def mark_all_read(access: Access, kind: str = "", until: int | None = None) -> int:
    """Mark everything up to the newest one the person has seen; what came since stays unread."""
    rows = unread(access)
    if kind:
        rows = rows.filter(kind=kind)
    if until is not None:
        rows = rows.filter(pk__lte=until)
    return rows.update(read_at=now())
