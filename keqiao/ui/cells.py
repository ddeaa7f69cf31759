"""Shows one value of a record to a person: how each kind of field looks in a list and on a page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from keqiao.access.matrix import matrix
from keqiao.base.clock import now
from keqiao.base.names import company_core
from keqiao.base.phone import format_phone
from keqiao.catalog.field import Color
from keqiao.catalog.registry import object_type
from keqiao.ui.icons import icon
from keqiao.ui.markup import joined, markup

if TYPE_CHECKING:
    from keqiao.catalog.field import Field
    from keqiao.records.present import Cell

EMPTY = SafeString('<span class="dim">—</span>')
# The colours by their own names and by those that people type for them.
TAG_COLORS = {
    **{color.value: color for color in Color},
    "green": Color.JADE, "yellow": Color.AMBER, "orange": Color.AMBER, "purple": Color.VIOLET,
    "cyan": Color.TEAL,
}  # fmt: skip
AVATAR_COLORS = ("", "jade", "amber")
# Kinds whose value says little without its name: on a phone the card shows the name beside it.
NAMED_ON_CARDS = frozenset(
    {"date", "datetime", "integer", "percent", "money", "score", "boolean", "text"}
)
RIGHT_ALIGNED = frozenset({"integer", "percent", "money", "score"})
LIST_PHONES = 1
# A score from here on is good, or fair; below it the record needs work.
GOOD_FROM, FAIR_FROM = 95, 70
LIST_TAGS = 2

Show = Callable[["Cell", "Field", bool], SafeString]


def cell_html(cell: Cell, field: Field, *, wide: bool = False) -> SafeString:
    """Return the value as HTML; `wide` is the record page, otherwise one line of a list."""
    if cell.hidden or not cell.text:
        return EMPTY
    if cell.masked:
        return masked_html(cell)
    return SHOWS.get(field.kind.key, _show_text)(cell, field, wide)


def masked_html(cell: Cell) -> SafeString:
    """Return what stands for a value out of reach, and leads to where it can be found, if anywhere."""
    if cell.url:
        return markup('<a class="ref soft" href="{}">{}</a>', cell.url, cell.text)
    return markup('<span class="soft">{}</span>', cell.text)


# --- avatars and small parts ------------------------------------------------------------------


@lru_cache(maxsize=8192)
def title_avatar(title: str, classes: str = "s") -> SafeString:
    """Return the square with the first character of a name's core ("苏州博远…" shows 博)."""
    letter = (company_core(title) or title or "·")[:1].upper()
    return _avatar(letter, f"sq {classes}".strip())


@lru_cache(maxsize=2048)
def person_avatar(name: str, classes: str = "s") -> SafeString:
    return _avatar((name or "·")[:1].upper(), classes)


def _avatar(letter: str, classes: str) -> SafeString:
    color = AVATAR_COLORS[ord(letter[0]) % len(AVATAR_COLORS)]
    css = " ".join(part for part in ("av", classes, color) if part)
    return markup('<i class="{}" aria-hidden="true">{}</i>', css, letter)


@lru_cache(maxsize=4096)
def tag_html(label: str, color: str = "") -> SafeString:
    css = f"tag {TAG_COLORS.get(color, '')}".strip()
    return markup('<span class="{}">{}</span>', css, label)


def copy_button(text: str) -> SafeString:
    return markup(
        '<button class="cp" type="button" data-copy="{}" aria-label="{}">{}</button>',
        text,
        _("Copy"),
        icon("copy"),
    )


def record_url(object_key: str, record_id: int) -> str:
    return f"/{object_type(object_key).path}/{record_id}/"


# --- near dates ---------------------------------------------------------------------------------


class NearTimes:
    """Says times as colleagues do, seen from one moment: "3 minutes ago", "yesterday 15:20"."""

    def __init__(self) -> None:
        self.zone = timezone.get_current_timezone()
        self.now = now().astimezone(self.zone)
        self.today = self.now.date()

    def moment(self, moment: datetime) -> str:
        local = moment.astimezone(self.zone)
        seconds = (self.now - local).total_seconds()
        if 0 <= seconds < 60:
            return _("just now")
        if 0 <= seconds < 3600:
            return _("%(count)s minutes ago") % {"count": int(seconds // 60)}
        day = local.date()
        named = self._named(day)
        return f"{named} {local.hour:02}:{local.minute:02}" if named else self._short(day)

    def day(self, day: date) -> str:
        """Return a date without what is obvious: no year when it is this one."""
        return self._named(day) or self._short(day)

    def _named(self, day: date) -> str:
        days_ago = (self.today - day).days
        if days_ago == 0:
            return _("today")
        if days_ago == 1:
            return _("yesterday")
        return _("tomorrow") if days_ago == -1 else ""

    def _short(self, day: date) -> str:
        return day.isoformat()[5:] if day.year == self.today.year else day.isoformat()

    def moment_html(self, moment: datetime) -> SafeString:
        exact = moment.astimezone(self.zone).isoformat(" ", "minutes")[:16]
        return SafeString(f'<time title="{exact}">{escape(self.moment(moment))}</time>')


def near_moment(moment: datetime) -> str:
    """Return a moment as colleagues say it: "3 minutes ago", "yesterday 15:20", "11-18"."""
    return NearTimes().moment(moment)


def near_date(day: date) -> str:
    """Return a date without what is obvious: no year when it is this one."""
    return NearTimes().day(day)


def moment_html(moment: datetime | None) -> SafeString:
    return NearTimes().moment_html(moment) if moment else EMPTY


# --- one function per kind ---------------------------------------------------------------------


def _show_text(cell: Cell, field: Field, wide: bool) -> SafeString:  # noqa: FBT001
    return markup("{}", cell.text)


def _show_long_text(cell: Cell, field: Field, wide: bool) -> SafeString:  # noqa: FBT001
    if wide:
        return markup('<div class="pre">{}</div>', cell.text)
    return markup("{}", " ".join(cell.text[:80].split()))


def _show_choice(cell: Cell, field: Field, wide: bool) -> SafeString:  # noqa: FBT001
    choice = field.choice(cell.value)
    return tag_html(cell.text, choice.color if choice else "")


def _show_choices(cell: Cell, field: Field, wide: bool) -> SafeString:  # noqa: FBT001
    chosen = [field.choice(key) for key in cell.value or []]
    return _tags([tag_html(str(one.label), one.color) for one in chosen if one], wide)


def _show_tags(cell: Cell, field: Field, wide: bool) -> SafeString:  # noqa: FBT001
    return _tags([tag_html(word) for word in cell.value or []], wide)


def _tags(parts: list[SafeString], wide: bool) -> SafeString:  # noqa: FBT001
    shown = parts if wide else parts[:LIST_TAGS]
    more = len(parts) - len(shown)
    rest = [markup('<span class="dim">+{}</span>', more)] if more else []
    return markup('<span class="tags">{}</span>', joined([*shown, *rest]))


def _show_boolean(cell: Cell, field: Field, wide: bool) -> SafeString:  # noqa: FBT001
    return tag_html(cell.text, "jade" if cell.value else "")


def _show_date(cell: Cell, field: Field, wide: bool) -> SafeString:  # noqa: FBT001
    if wide or not isinstance(cell.value, date):
        return markup("{}", cell.text)
    return markup('<time title="{}">{}</time>', cell.text, near_date(cell.value))


def _show_moment(cell: Cell, field: Field, wide: bool) -> SafeString:  # noqa: FBT001
    if isinstance(cell.value, datetime):
        return moment_html(cell.value)
    return markup("{}", cell.text)


def _show_phone(cell: Cell, field: Field, wide: bool) -> SafeString:  # noqa: FBT001
    return _phone(str(cell.value))


def _phone(stored: str) -> SafeString:
    text = format_phone(stored)
    # RFC 3966 writes the extension the way it is stored.
    return markup('<a href="tel:{}">{}</a>{}', stored, text, copy_button(text))


def _show_phones(cell: Cell, field: Field, wide: bool) -> SafeString:  # noqa: FBT001
    numbers = list(cell.value or [])
    if wide:
        return joined(markup("<div>{}</div>", _phone(number)) for number in numbers)
    more = len(numbers) - LIST_PHONES
    rest = markup(' <span class="dim">+{}</span>', more) if more > 0 else ""
    return joined([*(_phone(number) for number in numbers[:LIST_PHONES]), rest])


def _show_email(cell: Cell, field: Field, wide: bool) -> SafeString:  # noqa: FBT001
    return _mail(str(cell.value))


def _mail(address: str) -> SafeString:
    return markup('<a class="ref" href="mailto:{}">{}</a>', address, address)


def _show_emails(cell: Cell, field: Field, wide: bool) -> SafeString:  # noqa: FBT001
    found = [str(one) for one in cell.value or []]
    shown = found if wide else found[:1]
    links = joined((_mail(one) for one in shown), "<br>")
    more = len(found) - len(shown)
    return markup('{} <span class="dim">+{}</span>', links, more) if more else links


def _show_url(cell: Cell, field: Field, wide: bool) -> SafeString:  # noqa: FBT001
    parts = urlsplit(str(cell.value))
    if parts.scheme not in {"http", "https"}:
        return markup("{}", cell.text)
    shown = (parts.netloc + parts.path).rstrip("/").removeprefix("www.")
    return markup(
        '<a class="ref planned" href="{}" target="_blank" rel="noopener noreferrer">{}</a>',
        cell.value,
        shown,
    )


def _show_code(cell: Cell, field: Field, wide: bool) -> SafeString:  # noqa: FBT001
    if not wide:
        return markup("{}", cell.text)
    grouped = " ".join(cell.text[start : start + 4] for start in range(0, len(cell.text), 4))
    return markup("{} {}", grouped, copy_button(cell.text))


def _show_reference(cell: Cell, field: Field, wide: bool) -> SafeString:  # noqa: FBT001
    if not cell.link:
        return markup("{}", cell.text)
    return markup('<a class="ref" href="{}">{}</a>', record_url(*cell.link), cell.text)


def _show_any_reference(cell: Cell, field: Field, wide: bool) -> SafeString:  # noqa: FBT001
    if not cell.link:
        return markup("{}", cell.text)
    kind = object_type(cell.link[0])
    shown = markup('<a class="ref" href="{}">{}</a>', record_url(*cell.link), cell.text)
    return markup('{} <span class="dim">{}</span>', shown, kind.label) if wide else shown


def _show_references(cell: Cell, field: Field, wide: bool) -> SafeString:  # noqa: FBT001
    if not cell.links:
        return markup("{}", cell.text)
    shown = cell.links if wide else cell.links[:LIST_TAGS]
    links = [
        markup('<a class="ref" href="{}">{}</a>', record_url(key, pk), title)
        for key, pk, title in shown
    ]
    more = len(cell.links) - len(shown)
    rest = markup(' <span class="dim">+{}</span>', more) if more else ""
    return joined([joined(links, _(", ")), rest])


def _show_score(cell: Cell, field: Field, wide: bool) -> SafeString:  # noqa: FBT001
    tone = score_tone(cell.value) if isinstance(cell.value, int) else ""
    return markup('<span class="score {}">{}</span>', tone, cell.text)


def score_tone(score: int) -> str:
    """Return the state a score stands for, as the style sheet knows it."""
    if score >= GOOD_FROM:
        return "good"
    return "fair" if score >= FAIR_FROM else "poor"


def _show_users(cell: Cell, field: Field, wide: bool) -> SafeString:  # noqa: FBT001
    return markup("{}", cell.text)


@lru_cache(maxsize=2048)
def _who(name: str, left: str = "") -> SafeString:
    shown = markup('{}<small class="dim left">{}</small>', name, left) if left else name
    return markup('<span class="who">{}{}</span>', person_avatar(name), shown)


def _show_user(cell: Cell, field: Field, wide: bool) -> SafeString:  # noqa: FBT001
    person = matrix().people.get(cell.value) if isinstance(cell.value, int) else None
    return _who(cell.text, "" if person is None or person.is_active else _("has left"))


SHOWS: dict[str, Show] = {
    "text": _show_text,
    "long_text": _show_long_text,
    "person_name": _show_text,
    "company_name": _show_text,
    "address": _show_text,
    "integer": _show_text,
    "percent": _show_text,
    "score": _show_score,
    "money": _show_text,
    "serial": _show_text,
    "coordinate": _show_text,
    "region": _show_text,
    "department": _show_text,
    "choice": _show_choice,
    "multi_choice": _show_choices,
    "boolean": _show_boolean,
    "tags": _show_tags,
    "date": _show_date,
    "datetime": _show_moment,
    "phone": _show_phone,
    "phones": _show_phones,
    "email": _show_email,
    "emails": _show_emails,
    "url": _show_url,
    "uscc": _show_code,
    "resident_id": _show_code,
    "reference": _show_reference,
    "references": _show_references,
    "any_reference": _show_any_reference,
    "users": _show_users,
    "user": _show_user,
}


# Kinds of which the same few values come again in most rows: each is written once for a list.
REPEATED = frozenset({"choice", "region", "user", "department", "boolean"})


def list_writer(field: Field, times: NearTimes) -> Callable[[Cell], str]:
    """Return what writes the filled cells of one column of a list, as `cell_html` does for one."""
    kind = field.kind.key
    show = SHOWS.get(kind, _show_text)
    if show is _show_text:
        return lambda cell: escape(cell.text)
    if kind == "datetime":
        return lambda cell: (
            times.moment_html(cell.value) if isinstance(cell.value, datetime) else escape(cell.text)
        )
    if kind == "phone":
        return _phone_writer()
    if kind not in REPEATED:
        return lambda cell: show(cell, field, False)
    known: dict[Cell, SafeString] = {}

    def repeated(cell: Cell) -> SafeString:
        html = known.get(cell)
        if html is None:
            html = known[cell] = show(cell, field, False)
        return html

    return repeated


def _phone_writer() -> Callable[[Cell], str]:
    before, after = copy_button("\0").split("\0")

    def write(cell: Cell) -> str:
        text = escape(cell.text)
        return f'<a href="tel:{escape(cell.value)}">{text}</a>{before}{text}{after}'

    return write


def named_on_cards(field: Field) -> bool:
    return field.kind.key in NAMED_ON_CARDS


def is_right_aligned(field: Field) -> bool:
    return field.kind.key in RIGHT_ALIGNED
