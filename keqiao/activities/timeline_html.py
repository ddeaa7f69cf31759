"""Writes the entries of a timeline: in Python, for they are most of a record's page."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from keqiao.ui.cells import person_avatar
from keqiao.ui.icons import icon
from keqiao.ui.markup import joined, markup

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

NOTHING = SafeString("")
IN_DIALOG = '<a href="{}{}/" hx-get="{}{}/" hx-target="#dialog">{}</a>'


def entries_html(items: Iterable[dict[str, Any]]) -> SafeString:
    """Return the entries, each as `shown_items` describes it."""
    words = _words(get_language() or "")
    return joined(_entry(item, words) for item in items)


def months_html(months: Sequence[dict[str, Any]]) -> SafeString:
    """Return a stretch of the timeline, month by month."""
    return joined(
        markup(
            '{}<div class="events">{}</div>',
            markup('<p class="sec">{}</p>', month["label"]) if month["label"] else NOTHING,
            entries_html(month["items"]),
        )
        for month in months
    )


def chips_html(chips: Sequence[dict[str, Any]]) -> SafeString:
    """Return what narrows the timeline to one kind, with counts where they are known."""
    return joined(
        markup(
            '<a class="chip{}" href="{}" hx-get="{}" hx-target="#timeline" hx-swap="outerHTML"{}>'
            "{}{}</a>",
            " on" if chip["on"] else "",
            chip["url"],
            chip["part_url"],
            SafeString(' aria-current="true"') if chip["on"] else NOTHING,
            chip["label"],
            markup(" <small>{}</small>", chip["count"]) if chip.get("count") else NOTHING,
        )
        for chip in chips
    )


@lru_cache(maxsize=8)
def _words(_language: str) -> dict[str, SafeString]:
    """Return the buttons of entries, which are the same on each."""

    def button(name: str, label: str) -> SafeString:
        return joined([icon(name, "xs"), markup("{}", label)])

    return {
        "complete": button("check", _("Complete")),
        "comment": button("message", _("Comment")),
        "pin": button("pin", _("Pin")),
        "unpin": button("pinned-off", _("Unpin")),
        "text": button("pencil", _("Edit")),
        "remove": button("trash", _("Delete")),
        "person": icon("user", "xs"),
        "cancelled": markup('<span class="tag">{}</span>', _("Cancelled")),
        "whole": markup('<span class="link small">{}</span>', _("Show all of it")),
    }


def _entry(item: dict[str, Any], words: dict[str, SafeString]) -> SafeString:
    subject = item.get("subject")
    head = [markup("<b>{}</b>", item["label"])]
    if subject:
        shown = '<b dir="auto">{}</b><span class="sr">{}</span>'
        head = [markup(shown, subject, item["label"])]
    if item["who"]:
        head.append(markup('<span class="mut">· {}</span>', item["who"]))
    if item.get("is_cancelled"):
        head.append(words["cancelled"])
    if item.get("about"):
        head.append(markup('<span class="mut clip">· {}</span>', item["about"]))
    urgency = item.get("urgency")
    return markup(
        '<article class="ev{}"{}><span class="d">{}</span><div class="w"><p class="h">{}{}</p>{}'
        "</div></article>",
        " off" if item.get("is_cancelled") else "",
        markup(' data-due="{}"', urgency) if urgency else NOTHING,
        icon(item["icon"], "s"),
        joined(head),
        _moment(item),
        _body(item, words),
    )


def _body(item: dict[str, Any], words: dict[str, SafeString]) -> SafeString:
    if "told_html" in item:
        return joined([_facts(item["notes"]), item["told_html"]])
    return _changes(item) if item["kind"] == "change" else _dealing(item, words)


def _facts(notes: Iterable[SafeString | str]) -> SafeString:
    shown = [markup("<span>{}</span>", note) for note in notes]
    return markup('<p class="meta">{}</p>', joined(shown)) if shown else NOTHING


def _moment(item: dict[str, Any]) -> SafeString:
    return markup(
        '<time datetime="{}" title="{}">{}</time>', item["iso"], item["exact"], item["when"]
    )


# --- changes of the system ------------------------------------------------------------------------


def _changes(item: dict[str, Any]) -> SafeString:
    shown = [markup('<div class="pre" dir="auto">{}</div>', said) for said in item["said"]]
    if item["changes"]:
        shown.append(markup('<p class="chg">{}</p>', _lines(item["changes"])))
    if rest := item["rest"]:
        more = _("%(count)s more") % {"count": len(rest)}
        shown.append(
            markup(
                '<details class="rest"><summary class="link small">{}</summary>'
                '<p class="chg">{}</p></details>',
                more,
                _lines(rest),
            )
        )
    return joined(shown)


def _lines(changes: Sequence[dict[str, str]]) -> SafeString:
    return joined(
        markup(
            "<span><i>{}</i> {}<ins>{}</ins></span>",
            one["label"],
            markup("<del>{}</del> → ", one["before"]) if one["before"] else NOTHING,
            one["after"] or "—",
        )
        for one in changes
    )


# --- what was done ---------------------------------------------------------------------------------


def _dealing(item: dict[str, Any], words: dict[str, SafeString]) -> SafeString:
    shown: list[SafeString] = []
    if item["preview"]:
        shown.append(
            markup(
                '<details class="long"><summary><span class="pre" dir="auto">{}</span> {}</summary>'
                '<div class="pre" dir="auto">{}</div></details>',
                item["preview"],
                words["whole"],
                item["text"],
            )
        )
    elif item["text"]:
        shown.append(markup('<div class="pre" dir="auto">{}</div>', item["text"]))
    people = [joined([words["person"], item["contacts"]])] if item["contacts"] else []
    shown.append(_facts([*people, *item["notes"]]))
    if item["files"]:
        template = "activities/parts/entry_files.html"
        shown.append(render_to_string(template, {"files": item["files"]}))
    if item["comments"]:
        said = joined(_comment(one, words) for one in item["comments"])
        shown.append(markup('<div class="said">{}</div>', said))
    return joined([*shown, _buttons(item, words)])


def _buttons(item: dict[str, Any], words: dict[str, SafeString]) -> SafeString:
    base = item["base"]

    def dialog(name: str) -> SafeString:
        return markup(IN_DIALOG, base, name, base, name, words[name])

    found = []
    if item["may_complete"]:
        found.append(dialog("complete"))
    if not item["is_comment"]:
        found.append(dialog("comment"))
    if item["may_pin"]:
        found.append(
            markup(
                '<button type="button" hx-post="{}pin/" hx-swap="none"'
                ' hx-vals=\'{{"pinned": "{}"}}\'>{}</button>',
                base,
                "0" if item["is_pinned"] else "1",
                words["unpin" if item["is_pinned"] else "pin"],
            )
        )
    if item["may_edit"]:
        found += [dialog("text"), dialog("remove")]
    return markup('<p class="do">{}</p>', joined(found))


def _comment(item: dict[str, Any], words: dict[str, SafeString]) -> SafeString:
    """Return a remark, as it stands below the entry it is about."""
    base = item["base"]
    buttons = NOTHING
    if item["may_edit"]:
        made = [
            markup(IN_DIALOG, base, name, base, name, words[name]) for name in ("text", "remove")
        ]
        buttons = markup('<p class="do">{}</p>', joined(made))
    return markup(
        '<div class="say">{}<div class="w"><p class="h"><b>{}</b>{}</p>'
        '<div class="pre" dir="auto">{}</div>{}</div></div>',
        person_avatar(item["who"], "s"),
        item["who"],
        _moment(item),
        item["text"],
        buttons,
    )
