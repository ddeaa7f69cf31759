"""Puts the entries of a timeline into the words and parts that its page shows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _

from keqiao.access.rights import Action, Level
from keqiao.activities.activity import CANCELLED, COMMENT
from keqiao.activities.settling import first_line
from keqiao.activities.streams import CHANGE
from keqiao.activities.told import timeline_source
from keqiao.catalog.registry import object_type
from keqiao.ui.cells import cell_html, near_moment
from keqiao.ui.history_page import ACTIONS, note_of
from keqiao.ui.navigation import sentence

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from django.utils.safestring import SafeString

    from keqiao.access.access import Access
    from keqiao.activities.streams import TimelineItem
    from keqiao.activities.told import Told
    from keqiao.records.audit import HistoryLine
    from keqiao.records.present import Row

LONG_TEXT = 420
LONG_LINES = 8
PREVIEW = 260
CHANGES_SHOWN = 3
NOTED = ("result", "direction", "place", "priority")
WRITTEN_BY_PEOPLE = frozenset({"form", "bulk", "rule"})
USUAL = ("normal", "outgoing")  # goes without saying


def shown_items(
    access: Access,
    items: Sequence[TimelineItem],
    about: str,
    *,
    search: str = "",
    files: Mapping[str, list[dict[str, Any]]] | None = None,
) -> list[dict[str, Any]]:
    """Return the entries as the template shows them, on the page of the record `about`."""
    known = files or {}
    return [
        _changes(item)
        if item.kind == CHANGE
        else _told(item, item.told)
        if item.told is not None
        else _dealing(access, item, about, search, known)
        for item in items
    ]


def _dealing(
    access: Access,
    item: TimelineItem,
    about: str,
    search: str,
    files: Mapping[str, list[dict[str, Any]]],
) -> dict[str, Any]:
    row, declared = item.row, object_type(item.kind)
    assert row is not None  # noqa: S101 (entries without a row are skipped before)
    body, subject = _text(row, "body"), row.title
    label = sentence(declared.label)
    names = [one.strip() for one in _text(row, "mentions").split(str(_(", "))) if one.strip()]
    own = access.user_id is not None and row.owner_id == access.user_id
    may = own or (item.kind != COMMENT and access.level(Action.CHANGE, declared) is Level.ALL)
    pointer = f"{item.kind}:{item.id}"
    return {
        "id": item.id,
        "kind": item.kind,
        "pointer": pointer,
        "icon": declared.icon,
        "label": label,
        "who": access.person_name(row.owner_id) or _("nobody"),
        "subject": subject if subject not in (first_line(body), label, str(declared.label)) else "",
        **_moment(item),
        "text": marked(body, names, search),
        "preview": marked(_shortened(body), names, search) if _is_long(body) else "",
        "notes": _notes(row, declared),
        "contacts": _cell_html(row, declared, "contacts"),
        "about": _about(row, declared, about),
        "urgency": item.urgency,
        "is_open": item.is_open,
        "is_cancelled": "state" in row.cells and row.cells["state"].value == CANCELLED,
        "is_pinned": item.is_pinned,
        "is_comment": item.kind == COMMENT,
        "may_edit": may and "body" in row.cells and not row.cells["body"].masked,
        "may_pin": may and item.kind != COMMENT and not item.is_open,
        "may_complete": may and item.is_open,
        "base": f"/activities/{item.kind}/{item.id}/",
        "url": f"/{declared.path}/{item.id}/",
        "version": row.version,
        "files": files.get(pointer, []),
        "comments": [_dealing(access, one, about, search, files) for one in item.comments],
    }


def _moment(item: TimelineItem) -> dict[str, str]:
    return {
        "when": near_moment(item.at),
        "exact": timezone.localtime(item.at).strftime("%Y-%m-%d %H:%M"),
        "iso": item.at.isoformat(),
    }


def _told(item: TimelineItem, told: Told) -> dict[str, Any]:
    return {
        "id": item.id,
        "kind": item.kind,
        "icon": timeline_source(item.kind).icon,
        "label": told.label,
        "who": told.who,
        **_moment(item),
        "about": format_html('<a href="{}">{}</a>', told.url, told.title) if told.title else "",
        "notes": list(told.facts),
        "told_html": told.html,
    }


def _text(row: Row, name: str) -> str:
    return row.cells[name].text if name in row.cells else ""


def _cell_html(row: Row, declared: Any, name: str) -> SafeString | str:
    if name not in row.cells or not row.cells[name].text:
        return ""
    return cell_html(row.cells[name], declared.field(name), wide=True)


def _notes(row: Row, declared: Any) -> list[SafeString | str]:
    found: list[SafeString | str] = [
        html
        for name in NOTED
        if name in row.cells
        and row.cells[name].value not in USUAL
        and (html := _cell_html(row, declared, name))
    ]
    minutes = row.cells["duration_minutes"].value if "duration_minutes" in row.cells else None
    if minutes:
        found.append(_("%(count)s min") % {"count": minutes})
    return found


def _about(row: Row, declared: Any, about: str) -> SafeString | str:
    """Return whom it was about, when that is another record than the one whose page it is."""
    cell = row.cells.get("about")
    if cell is None or not cell.text or cell.value == about:
        return ""
    return cell_html(cell, declared.field("about"))


# --- texts ------------------------------------------------------------------------------------------


def _is_long(text: str) -> bool:
    return len(text) > LONG_TEXT or text.count("\n") >= LONG_LINES


def _shortened(text: str) -> str:
    lines = "\n".join(text.split("\n")[: LONG_LINES - 2])
    return f"{lines[:PREVIEW].rstrip()}…"


def marked(text: str, names: Sequence[str], search: str) -> SafeString:
    """Return the text with mentioned colleagues and what was searched for brought out."""
    patterns = [f"[@＠]{re.escape(name)}" for name in sorted(names, key=len, reverse=True)]
    if search:
        patterns.append(re.escape(search))
    if not patterns:
        return format_html("{}", text)
    parts = re.split(f"({'|'.join(patterns)})", text, flags=re.IGNORECASE)
    return format_html_join("", "{}", ((_piece(part, search),) for part in parts if part))


def _piece(part: str, search: str) -> SafeString:
    if search and part.casefold() == search.casefold():
        return format_html("<mark>{}</mark>", part)
    is_name = part[:1] in "@＠" and len(part) > 1
    return format_html('<b class="at">{}</b>' if is_name else "{}", part)


# --- changes of the system -------------------------------------------------------------------------


def _changes(item: TimelineItem) -> dict[str, Any]:
    """Fold lines of the change log into one entry; what a new record began with is not listed."""
    later = [line for line in item.changes if line.action != "create"]
    told = [one for line in later for one in line.fields if one.before or one.after]
    is_made = len(later) < len(item.changes)
    title, icon = _("%(count)s fields changed") % {"count": len(told)}, "adjustments-horizontal"
    if is_made and not told:
        title, icon = _("Created"), "plus"
    elif len(told) <= 1:
        words, icon = ACTIONS.get(later[0].action, (later[0].action, "history"))
        title = str(words)
    if is_made and told:
        title = _("Created, then %(count)s fields changed") % {"count": len(told)}
    people = dict.fromkeys(
        line.actor if line.actor_id else _("the system") for line in item.changes
    )
    return {
        "id": item.id,
        "kind": CHANGE,
        "icon": icon,
        "label": title,
        "who": _(", ").join(people),
        **_moment(item),
        "changes": [_change(one) for one in told[:CHANGES_SHOWN]],
        "rest": [_change(one) for one in told[CHANGES_SHOWN:]],
        "said": list(dict.fromkeys(filter(None, map(_said, item.changes)))),
        "lines": len(item.changes),
    }


def _said(line: HistoryLine) -> str:
    """Return the note that stands with a change; names of files and programs are no notes."""
    return note_of(line) if line.source in WRITTEN_BY_PEOPLE else ""


def _change(one: Any) -> dict[str, str]:
    return {
        "label": sentence(one.label),
        "before": _short(one.before),
        "after": _short(one.after),
    }


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:59]}…"
