"""The command box: go somewhere, start something, find anybody, all from the keyboard."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from keqiao.access.rights import Action
from keqiao.base.pinyin import full_pinyin, initials
from keqiao.catalog.problems import UnknownObject
from keqiao.catalog.registry import object_type_at
from keqiao.records.query import ListQuery, run_list
from keqiao.records.search import search
from keqiao.ui.cells import title_avatar
from keqiao.ui.converters import whole_number
from keqiao.ui.gate import access_of, signed_in
from keqiao.ui.icons import icon
from keqiao.ui.navigation import Navigation, sentence
from keqiao.ui.search_page import asked, marked

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from django.utils.functional import Promise

    from keqiao.access.access import Access

HITS_PER_TYPE = 6
RECENT = 5
# What a first character narrows the search to; ">" leaves only commands.
PREFIXES = {"@": ("contact",), "#": ("account",), "$": ("opportunity",), "!": ("task",)}


@dataclass(frozen=True)
class Command:
    """Something the command box can open; packages register theirs."""

    label: str | Promise
    url: str
    icon: str
    synonyms: str = ""
    is_visible: Callable[[Access], bool] = lambda access: True


_commands: list[Command] = []


def register_command(command: Command) -> Command:
    _commands.append(command)
    return command


for _command in (
    Command(gettext_lazy("Search page"), "/search/", "search", "find 查找"),
    Command(gettext_lazy("Background work"), "/jobs/", "refresh", "jobs tasks 任务 进度"),
    Command(gettext_lazy("My profile"), "/settings/profile/", "user-circle", "theme language 主题 语言"),
    Command(gettext_lazy("Change password"), "/auth/password/change/", "key", "密码"),
    Command(gettext_lazy("Two-factor sign-in"), "/settings/security/", "shield-lock", "totp 两步"),
    Command(gettext_lazy("My sessions"), "/settings/sessions/", "device-mobile", "登录设备"),
    Command(gettext_lazy("API tokens"), "/settings/tokens/", "key", "接口 令牌"),
    Command(
        gettext_lazy("Custom fields"), "/settings/fields/", "forms", "字段",
        lambda access: access.is_administrator,
    ),
    Command(
        gettext_lazy("Roles and rights"), "/settings/roles/", "shield-check", "权限 角色",
        lambda access: access.is_administrator,
    ),
    Command(
        gettext_lazy("People and departments"), "/settings/people/", "users-group", "用户 部门",
        lambda access: access.is_administrator,
    ),
    Command(gettext_lazy("Keyboard shortcuts"), "/help/keys/", "keyboard", "快捷键"),
):  # fmt: skip
    register_command(_command)


@signed_in
def commands(request: HttpRequest) -> HttpResponse:
    access, text = access_of(request), asked(request)
    navigation = Navigation(access, request.GET.get("at", "/")[:200])
    groups = list(_groups(access, navigation, text))
    return render(
        request, "ui/commands.html", {"q": text, "groups": [one for one in groups if one["items"]]}
    )


def _groups(access: Access, navigation: Navigation, text: str) -> Iterator[dict[str, Any]]:
    first, rest = text[:1], text[1:].strip()
    if first == ">":
        yield _group(_("Commands"), _matching(_all_commands(access, navigation), rest))
        return
    if first in PREFIXES:
        yield from _found(access, rest, PREFIXES[first])
        return
    yield _group(_("This record"), _of_this_record(access, navigation.path, text))
    if not text:
        yield from _recent(access, navigation)
        yield _group(_("New"), _creations(navigation))
        yield _group(_("Go to"), _places(navigation))
        return
    yield from _found(access, text, ())
    yield _group(_("Commands"), _matching(_all_commands(access, navigation), text)[:RECENT])


def _group(label: str, items: list[dict[str, Any]]) -> dict[str, Any]:
    return {"label": label, "items": items}


def _item(label: str, url: str, icon_name: str, note: str = "", words: str = "") -> dict[str, Any]:
    return {
        "label": label,
        "label_html": label,
        "url": url,
        "icon_html": icon(icon_name),
        "note": note,
        "words": words,
    }


def _found(access: Access, text: str, only: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    for group in search(access, text, per_type=HITS_PER_TYPE, only=only) if text else []:
        items = [
            {
                "url": f"/{group.object_type.path}/{hit.id}/",
                "label_html": marked(hit.title, text),
                "icon_html": title_avatar(hit.title),
                "note": hit.subtitle,
            }
            for hit in group.hits
        ]
        yield _group(sentence(group.object_type.label_plural), items)


def _recent(access: Access, navigation: Navigation) -> Iterator[dict[str, Any]]:
    if not navigation.types:
        return
    declared = navigation.types[0]
    page = run_list(access, ListQuery(object_type=declared, limit=RECENT, count=False))
    items = [
        {
            "url": f"/{declared.path}/{row.id}/",
            "label_html": row.title,
            "icon_html": title_avatar(row.title),
            "note": "",
        }
        for row in page.rows
    ]
    yield _group(_("Changed lately"), items)


def _of_this_record(access: Access, path: str, text: str) -> list[dict[str, Any]]:
    """Return what can be done with the record whose page is open."""
    parts = path.strip("/").split("/")
    if len(parts) != 2 or whole_number(parts[1]) is None:
        return []
    try:
        declared = object_type_at(parts[0])
    except UnknownObject:
        return []
    base = f"/{declared.path}/{parts[1]}/"
    offered = [
        (Action.CHANGE, _item(_("Edit"), f"{base}edit/", "edit", words="edit 编辑")),
        (Action.TRANSFER, _item(_("Transfer"), f"{base}transfer/", "user-share", words="转移")),
        (Action.VIEW, _item(_("Change log"), f"{base}?tab=history", "history", words="操作记录")),
        (Action.DELETE, _item(_("Delete"), f"{base}delete/", "trash", words="删除")),
    ]
    return _matching([item for action, item in offered if access.can(action, declared)], text)


def _creations(navigation: Navigation) -> list[dict[str, Any]]:
    return [_item(one.label, one.url, one.icon) for one in navigation.create]


def _places(navigation: Navigation) -> list[dict[str, Any]]:
    entries = [entry for group in navigation.groups for entry in group.entries]
    return [
        _item(one.label, one.url, one.icon, f"G {one.key.upper()}" if one.key else "")
        for one in (*entries, *navigation.foot)
    ]


def _all_commands(access: Access, navigation: Navigation) -> list[dict[str, Any]]:
    own = [
        _item(str(one.label), one.url, one.icon, words=one.synonyms)
        for one in _commands
        if one.is_visible(access)
    ]
    return [*_creations(navigation), *_places(navigation), *own]


def _matching(items: list[dict[str, Any]], text: str) -> list[dict[str, Any]]:
    """Keep what fits the typed text: by name, pinyin, initials or another word for it."""
    wanted = text.casefold().replace(" ", "")
    return [item for item in items if not wanted or _fits(item, wanted)]


def _fits(item: dict[str, Any], wanted: str) -> bool:
    label = str(item["label"])
    if wanted in f"{label} {item['words']}".casefold().replace(" ", ""):
        return True
    return wanted in initials(label) or wanted in "".join(full_pinyin(label))
