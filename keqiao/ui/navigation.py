"""The menus: what a person finds at the left, behind "New", at the phone's bottom edge."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from django.core.cache import cache
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from keqiao.access.rights import Action
from keqiao.catalog import state
from keqiao.catalog.object_type import Feature
from keqiao.catalog.registry import object_types
from keqiao.ui.object_keys import go_key

if TYPE_CHECKING:
    from django.utils.functional import Promise

    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType

COUNT_KEPT_SECONDS = 24 * 3600
FOOT = ("/settings/", "/auth/")  # what stands below the groups; signing in is set up there, too


@dataclass(frozen=True)
class MenuEntry:
    """A page that a package offers in the left navigation."""

    key: str
    label: str | Promise
    icon: str
    url: str
    group: str | Promise = ""
    order: int = 500
    go_key: str = ""
    is_visible: Callable[[Access], bool] = field(default=lambda access: True)
    # What waits there, as text; asked on every page, so it has to come from memory.
    badge: Callable[[Access], str] | None = None


@dataclass(frozen=True)
class Beginning:
    """Something besides a new record that a person can begin anywhere (log a follow-up)."""

    key: str
    label: str | Promise
    icon: str
    url: str
    order: int = 500
    in_dialog: bool = True
    is_visible: Callable[[Access], bool] = field(default=lambda access: True)


@dataclass
class Shown:
    """An entry as it stands in one person's menu."""

    url: str
    label: str
    icon: str
    current: bool = False
    badge: str = ""
    hot: bool = False
    key: str = ""
    in_dialog: bool = False


@dataclass
class Group:
    label: str
    entries: list[Shown]


_entries: dict[str, MenuEntry] = {}


def register_entry(entry: MenuEntry) -> MenuEntry:
    """Add a page to the navigation; packages above the kit call this once at start-up."""
    _entries[entry.key] = entry
    return entry


_beginnings: dict[str, Beginning] = {}


def register_beginning(beginning: Beginning) -> Beginning:
    """Add something to "New", to the phone's ＋ and to the command box."""
    _beginnings[beginning.key] = beginning
    return beginning


register_entry(MenuEntry("home", gettext_lazy("Today"), "sun-high", "/", order=0, go_key="h"))
register_entry(MenuEntry("todo", gettext_lazy("To do"), "inbox", "/todo/", order=1, go_key="i"))


class Navigation:
    """One person's menus on one page; worked out only when the page shows them."""

    def __init__(self, access: Access, path: str) -> None:
        self.access = access
        self.path = path
        self.types = [
            declared
            for declared in object_types()
            if Feature.SEARCH in declared.features and access.can(Action.VIEW, declared)
        ]

    @cached_property
    def mark(self) -> Hashable:
        """Return all that the menus depend on: whoever has an equal mark gets the same text."""
        return (
            self.here,
            tuple(url for url in self._urls() if self._is_current(url)),
            tuple(one.key for one in self.types),
            tuple(one.key for one in self.creatable),
            tuple((one.key, self.badges.get(one.key)) for one in self.entries),
            tuple(one.key for one in self.beginnings),
            tuple(self.counts.items()),
            state.version(state.CATALOG),
            state.version(state.ACCESS),
        )

    @property
    def here(self) -> str:
        return {"/": "home", "/todo/": "todo", "/me/": "me"}.get(self.path, "")

    @property
    def groups(self) -> list[Group]:
        groups: dict[str, Group] = {"": Group("", [])}
        for declared in self.types:
            label = str(declared.module_label)
            shown = self._object_entry(declared, self.counts)
            groups.setdefault(label, Group(label, [])).entries.append(shown)
        for entry in self.entries:
            label = str(entry.group)
            groups.setdefault(label, Group(label, [])).entries.append(self._entry(entry))
        return [group for group in groups.values() if group.entries]

    def _object_entry(self, declared: ObjectType, counts: dict[str, str]) -> Shown:
        url = f"/{declared.path}/"
        return Shown(
            url,
            sentence(declared.label_plural),
            declared.icon,
            current=self._is_current(url),
            badge=counts.get(declared.key, ""),
            key=go_key(declared.key),
        )

    def _entry(self, entry: MenuEntry) -> Shown:
        current = self._is_current(entry.url)
        badge = self.badges.get(entry.key, "")
        return Shown(entry.url, str(entry.label), entry.icon, current, badge, key=entry.go_key)

    @property
    def foot(self) -> list[Shown]:
        current = any(map(self._is_current, FOOT))
        return [Shown("/settings/", _("Settings"), "settings", current=current)]

    def _urls(self) -> list[str]:
        own = [f"/{declared.path}/" for declared in self.types]
        return own + [entry.url for entry in self.entries] + list(FOOT)

    def _is_current(self, url: str) -> bool:
        return self.path == url if url == "/" else self.path.startswith(url)

    @cached_property
    def counts(self) -> dict[str, str]:
        return _remembered_counts(self.access, self.types)

    @cached_property
    def badges(self) -> dict[str, str]:
        return {one.key: one.badge(self.access) for one in self.entries if one.badge is not None}

    @cached_property
    def entries(self) -> list[MenuEntry]:
        """Return the registered pages this person may open, in order."""
        ordered = sorted(_entries.values(), key=lambda entry: entry.order)
        return [entry for entry in ordered if entry.is_visible(self.access)]

    @cached_property
    def beginnings(self) -> list[Beginning]:
        ordered = sorted(_beginnings.values(), key=lambda one: one.order)
        return [one for one in ordered if one.is_visible(self.access)]

    @cached_property
    def creatable(self) -> list[ObjectType]:
        return [one for one in self.types if self.access.can(Action.CREATE, one)]

    @property
    def create(self) -> list[Shown]:
        """Return what "New" offers: what packages let one begin, then the record types."""
        begun = [
            Shown(one.url, str(one.label), one.icon, in_dialog=one.in_dialog)
            for one in self.beginnings
        ]
        return begun + [
            Shown(f"/{declared.path}/new/", new_label(declared), declared.icon)
            for declared in self.creatable
        ]

    @property
    def first(self) -> Shown | None:
        return self._object_entry(self.types[0], {}) if self.types else None

    @property
    def go_keys(self) -> list[tuple[str, str]]:
        entries = [entry for group in self.groups for entry in group.entries if entry.key]
        return [(entry.key, entry.label) for entry in entries]


def sentence(label: str | Promise) -> str:
    """Return a label as a heading begins: English with a capital, Chinese as it is."""
    text = str(label)
    return text[:1].upper() + text[1:]


def new_label(declared: ObjectType) -> str:
    return _("New %(object)s") % {"object": declared.label}


# --- numbers beside the entries -------------------------------------------------------------------


def remember_count(access: Access, declared: ObjectType, text: str) -> None:
    """Keep the count a list has just worked out, so that the menu can show it without a query."""
    cache.set(_count_key(access, declared), text, COUNT_KEPT_SECONDS)


def _remembered_counts(access: Access, types: list[ObjectType]) -> dict[str, str]:
    keys = {_count_key(access, declared): declared.key for declared in types}
    return {keys[key]: text for key, text in cache.get_many(keys).items()}


def _count_key(access: Access, declared: ObjectType) -> str:
    return f"nav-count:{access.user_id}:{declared.key}"
