"""The command box: go somewhere, start something, find anybody, all from the keyboard."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from keqiao.access.rights import Action
from keqiao.catalog.problems import UnknownObject
from keqiao.catalog.registry import object_type
from keqiao.records.search import search
from keqiao.ui.cells import title_avatar
from keqiao.ui.favourites import favourites_of
from keqiao.ui.gate import access_of, signed_in
from keqiao.ui.icons import icon
from keqiao.ui.matching import FAIR, fit, spoken
from keqiao.ui.navigation import Navigation, new_label, sentence
from keqiao.ui.object_keys import go_key, prefixes
from keqiao.ui.pointers import Pointer
from keqiao.ui.recents import opened
from keqiao.ui.record_commands import open_record, record_commands
from keqiao.ui.search_page import asked, marked
from keqiao.ui.settings.menu import settings_entries

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from django.utils.functional import Promise

    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType

HITS_PER_TYPE = 6
LATELY, OFTEN, STARRED = 7, 4, 6
PLACES_BESIDE_HITS, OWN_BESIDE_HITS = 5, 4


@dataclass(frozen=True)
class Command:
    """Something the command box can open; packages register theirs."""

    label: str | Promise
    url: str
    icon: str
    synonyms: str = ""
    is_visible: Callable[[Access], bool] = lambda access: True
    in_dialog: bool = False


_commands: list[Command] = []


def register_command(command: Command) -> Command:
    _commands.append(command)
    return command


for _command in (
    Command(gettext_lazy("Search page"), "/search/", "search", "find 查找"),
    Command(gettext_lazy("Favourites"), "/favourites/", "star", "star 星标"),
    Command(gettext_lazy("Help"), "/help/", "book", "guide manual 指南 手册 使用说明"),
    Command(gettext_lazy("Change password"), "/auth/password/change/", "key", "密码"),
    Command(
        gettext_lazy("Keyboard shortcuts"), "/help/keys/", "keyboard", "keys 按键", in_dialog=True
    ),
):  # fmt: skip
    register_command(_command)


@dataclass(frozen=True)
class Item:
    """One line of the command box."""

    label: str
    url: str
    icon_html: str
    label_html: str = ""
    note: str = ""
    key: str = ""
    in_dialog: bool = False
    press: str = ""
    names: tuple[str, ...] = ()
    synonyms: str = ""

    @property
    def shown(self) -> str:
        return self.label_html or self.label


@signed_in
def commands(request: HttpRequest) -> HttpResponse:
    access, text = access_of(request), asked(request)
    navigation = Navigation(access, request.GET.get("at", "/")[:200])
    found = [(label, items) for label, items in _groups(access, navigation, text) if items]
    context = {
        "q": text,
        "groups": [{"label": label, "items": items} for label, items in found],
        "prefixes": [] if text else _offered_prefixes(access),
    }
    return render(request, "ui/commands.html", context)


Group = tuple[str, list[Item]]


def _groups(access: Access, navigation: Navigation, text: str) -> Iterator[Group]:
    first, rest = text[:1], text[1:].strip()
    if first == ">":
        yield _("This record"), _fitting(_of_this_record(access, navigation.path), rest)
        yield _("New"), _fitting(_creations(navigation), rest)
        yield _("Go to"), _fitting(_places(access, navigation), rest)
    elif first in prefixes():
        only = prefixes()[first]
        if rest:
            yield from _found(access, rest, (only,))
        else:
            yield from _own(access, navigation.path, only)
    elif text:
        yield from _everything(access, navigation, text)
    else:
        yield _("This record"), _of_this_record(access, navigation.path)
        yield from _own(access, navigation.path)
        yield _("New"), _creations(navigation)
        yield _("Go to"), _places(access, navigation, with_settings=False)


def _everything(access: Access, navigation: Navigation, text: str) -> Iterator[Group]:
    """Answer a question without a prefix: what is called like it, records, what merely contains it."""
    yield _("This record"), _fitting(_of_this_record(access, navigation.path), text)
    places = _ranked(_places(access, navigation), text)
    creations = _fitting(_creations(navigation), text)
    yield _("Go to"), [one for rank, one in places if rank < FAIR][:PLACES_BESIDE_HITS]
    yield _("New"), creations
    records = list(_found(access, text, ()))
    if not records:
        yield _("Recent"), _fitting(_pointer_items(opened(access).lately), text)[:OWN_BESIDE_HITS]
    yield from records
    yield _("Go to"), [one for rank, one in places if rank >= FAIR][:PLACES_BESIDE_HITS]
    if not records and not places and not creations:
        yield _("New"), _named_creations(navigation, text)


# --- records --------------------------------------------------------------------------------------


def _found(access: Access, text: str, only: tuple[str, ...]) -> Iterator[Group]:
    for group in search(access, text, per_type=HITS_PER_TYPE, only=only):
        path = group.object_type.path
        items = [
            Item(
                hit.title,
                f"/{path}/{hit.id}/",
                title_avatar(hit.title),
                label_html=marked(hit.title, text),
                note=hit.subtitle,
            )
            for hit in group.hits
        ]
        if group.more:
            url = f"/{path}/?search={quote(text)}"
            items.append(Item(_("Show all"), url, icon("list-details")))
        yield sentence(group.object_type.label_plural), items


def _own(access: Access, path: str, only: str = "") -> Iterator[Group]:
    """Give what this person opened lately, works with often, and starred."""
    seen = opened(access, lately=LATELY, often=OFTEN, but=path)
    starred = favourites_of(access)
    groups = (
        (_("Recent"), seen.lately), (_("Frequent"), seen.often), (_("Favourites"), starred[:STARRED]),
    )  # fmt: skip
    for label, found in groups:
        yield label, _pointer_items(one for one in found if only in {"", one.declared.key})


def _pointer_items(found: Iterable[Pointer]) -> list[Item]:
    return [
        Item(
            one.title, one.url, title_avatar(one.title), names=(one.title,),
            note=sentence(one.declared.label),
        )
        for one in found
    ]  # fmt: skip


def _of_this_record(access: Access, path: str) -> list[Item]:
    record = open_record(access, path)
    if record is None:
        return []
    return [
        Item(
            str(one.label), record.url + one.path, icon(one.icon), names=spoken(one.label),
            synonyms=one.synonyms, key=one.letter, in_dialog=one.in_dialog, press=one.press,
        )
        for one in record_commands(record)
    ]  # fmt: skip


# --- pages and commands -----------------------------------------------------------------------------


def _creations(navigation: Navigation) -> list[Item]:
    """Return the records this person may create, and what else packages let one begin."""
    begun = [
        Item(
            str(one.label),
            one.url,
            icon(one.icon),
            names=spoken(one.label),
            in_dialog=one.in_dialog,
        )
        for one in navigation.beginnings
    ]
    return begun + [_creation(one) for one in navigation.creatable]


def _creation(declared: ObjectType) -> Item:
    words = " ".join(f"新建{name} new {name}" for name in spoken(declared.label))
    return Item(
        new_label(declared), f"/{declared.path}/new/", icon(declared.icon),
        names=spoken(declared.label), synonyms=words,
    )  # fmt: skip


def _named_creations(navigation: Navigation, text: str) -> list[Item]:
    """Offer to begin a record of that name when there is none."""
    return [
        Item(
            _("%(new)s “%(name)s”") % {"new": new_label(one), "name": text},
            f"/{one.path}/new/?{quote(one.title)}={quote(text)}",
            icon("plus"),
        )
        for one in navigation.creatable
        if navigation.access.fields(one).is_writable(one.title)
    ]


def _places(access: Access, navigation: Navigation, *, with_settings: bool = True) -> list[Item]:
    """Return every page of the menus, then what packages registered, then the settings."""
    lists = [
        _place(one.label_plural, f"/{one.path}/", one.icon, go_key(one.key))
        for one in navigation.types
    ]
    entries = [_place(one.label, one.url, one.icon, one.go_key) for one in navigation.entries]
    if not with_settings:
        return lists + entries
    own = [
        Item(
            str(one.label), one.url, icon(one.icon), names=spoken(one.label), synonyms=one.synonyms,
            in_dialog=one.in_dialog,
        )
        for one in _commands
        if one.is_visible(access)
    ]  # fmt: skip
    settings = [
        Item(
            sentence(one.label), one.address, icon(one.icon), names=spoken(one.label),
            synonyms="settings 设置", note=_("Settings"),
        )
        for one in settings_entries(access)
    ]  # fmt: skip
    return list({one.url: one for one in reversed(lists + entries + own + settings)}.values())[::-1]


def _place(label: str | Promise, url: str, icon_name: str, letter: str) -> Item:
    return Item(
        sentence(label),
        url,
        icon(icon_name),
        names=spoken(label),
        key=f"G {letter.upper()}" if letter else "",
    )


def _fitting(items: list[Item], text: str) -> list[Item]:
    """Keep what fits the typed text, the best first."""
    return [one for _rank, one in _ranked(items, text)]


def _ranked(items: list[Item], text: str) -> list[tuple[int, Item]]:
    ranked = [(fit(one.names, one.synonyms, text), one) for one in items]
    fitting = [(rank, one) for rank, one in ranked if rank is not None]
    return sorted(fitting, key=lambda found: found[0])


def _offered_prefixes(access: Access) -> list[tuple[str, str]]:
    found = []
    for letter, key in sorted(prefixes().items()):
        try:
            declared = object_type(key)
        except UnknownObject:
            continue
        if access.can(Action.VIEW, declared):
            found.append((letter, str(declared.label)))
    return [*found, (">", _("Commands"))]
