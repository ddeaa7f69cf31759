"""Writes the parts of a record page that are lists of small things: in Python, for they are many."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from keqiao.ui.cells import title_avatar
from keqiao.ui.icons import icon
from keqiao.ui.markup import joined, markup

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

NOTHING = SafeString("")
CURRENT = SafeString(' aria-current="page"')


def tabs_html(tabs: Sequence[dict[str, Any]]) -> SafeString:
    """Return the tabs of the middle: label, note beside it, address, and which is open."""
    return joined(
        markup(
            '<a class="tab" href="{}" hx-get="{}" hx-target="closest .mid" hx-push-url="true"{}>'
            "{}{}</a>",
            tab["url"],
            tab["url"],
            CURRENT if tab["current"] else NOTHING,
            tab["label"],
            markup(" <small>{}</small>", tab["note"]) if tab["note"] else NOTHING,
        )
        for tab in tabs
    )


def quick_html(actions: Iterable[dict[str, Any]]) -> SafeString:
    """Return the buttons under the name."""
    return joined(map(_quick, actions))


def _quick(action: dict[str, Any]) -> SafeString:
    url = action["url"]
    if not url:
        return markup(
            '<span aria-disabled="true" title="{}">{}{}</span>',
            action["why"],
            icon(action["icon"]),
            action["label"],
        )
    return markup(
        '<a href="{}"{}{}>{}{}</a>',
        url,
        markup(' hx-get="{}" hx-target="#dialog"', url) if action.get("hx") else NOTHING,
        markup(" {}", action["mark"]) if action.get("mark") else NOTHING,
        icon(action["icon"]),
        action["label"],
    )


def properties_html(properties: Sequence[dict[str, Any]], record_url: str) -> SafeString:
    """Return what the left column tells, with the way to change it in place."""
    edit, pencil = _("Edit"), icon("edit", "xs")
    return joined(
        markup(
            '<dt>{}</dt><dd><span class="val" data-f="{}">{}</span>'
            '<a class="edit" href="{}edit/?field={}#f-{}" aria-label="{}: {}">{}</a></dd>',
            item["label"],
            item["name"],
            item["html"],
            record_url,
            item["name"],
            item["name"],
            edit,
            item["label"],
            pencil,
        )
        if item["can_edit"]
        else markup("<dt>{}</dt><dd>{}</dd>", item["label"], item["html"])
        for item in properties
    )


def related_html(cards: Sequence[dict[str, Any]]) -> SafeString:
    """Return what belongs to the record: a card per kind, with its count and the newest few."""
    new, plus = _("New"), icon("plus", "s")
    return joined(
        markup(
            '<section class="assoc" aria-label="{}"><h2>{} <b>{}</b>{}</h2>{}</section>',
            card["label"],
            card["label"],
            card["count"],
            markup(
                '<a href="{}" aria-label="{}: {}">{}</a>', card["add_url"], new, card["label"], plus
            )
            if card["add_url"]
            else NOTHING,
            _rows(card),
        )
        for card in cards
    )


def _rows(card: dict[str, Any]) -> SafeString:
    if not card["rows"]:
        return markup('<p class="none">{}</p>', _("None yet"))
    rows = joined(
        markup(
            '<li>{}<a class="clip" href="{}">{}</a>{}</li>',
            title_avatar(str(row["title"]), "s"),
            row["url"],
            row["title"],
            markup('<small class="clip">{}</small>', row["note"]) if row["note"] else NOTHING,
        )
        for row in card["rows"]
    )
    more = NOTHING
    if card["more"]:
        more = markup('<a class="foot" href="{}">{}</a>', card["all_url"], _("Show all"))
    return markup("<ul>{}</ul>{}", rows, more)
