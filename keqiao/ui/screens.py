"""Which page of the guide, and which tour, belongs to the screen a person is on.

The one place where the kit says so; packages above it add their screens with `register_guide` and
`register_tour`. A screen is named by the beginning of its route in the URL conf.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.urls import Resolver404, resolve
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import Promise

LIST = "<object:declared>/"
RECORD = "<object:declared>/<record:record_id>/"


@dataclass(frozen=True)
class Screen:
    """Where a person is: the route, and the object type whose page it is."""

    route: str
    object_key: str = ""


def screen_at(path: str) -> Screen | None:
    try:
        match = resolve(path)
    except Resolver404:
        return None
    return Screen(match.route, getattr(match.kwargs.get("declared"), "key", ""))


# --- guide ---------------------------------------------------------------------------------------

_guides: dict[tuple[str, str], str] = {}


def register_guide(page: str, route: str, object_key: str = "") -> None:
    """Let the help of screens that begin with `route` open the guide's `page`."""
    _guides[(route, object_key)] = page


def guide_of(screen: Screen | None) -> str:
    """Return the name of the guide page for a screen; the nearest declaration wins."""
    if screen is None:
        return ""
    fitting = [
        (bool(key), len(route), page)
        for (route, key), page in _guides.items()
        if key in {"", screen.object_key}
        and (screen.route.startswith(route) if route else not screen.route)
    ]
    return max(fitting)[2] if fitting else ""


for _route, _page in (
    ("", "a-day"),
    ("todo/", "a-day"),
    ("start/", "a-day"),
    ("favourites/", "search"),
    ("search/", "search"),
    ("me/", "keyboard-help-and-phone"),
    ("settings/profile/", "keyboard-help-and-phone"),
    ("help/keys/", "keyboard-help-and-phone"),
    ("jobs/", "background-jobs"),
    (LIST, "customers-and-lists"),
    (f"{LIST}new/", "record-page"),
    (f"{LIST}export/", "export"),
    (RECORD, "record-page"),
    (f"{RECORD}transfer/", "handing-over"),
    ("settings/fields/", "custom-fields"),
    ("settings/numbering/", "custom-fields"),
    ("settings/people/", "roles-and-rights"),
    ("settings/people/<record:user_id>/leaving/", "handing-over"),
    ("settings/departments/", "roles-and-rights"),
    ("settings/roles/", "roles-and-rights"),
    ("settings/tokens/", "api"),
):
    register_guide(_page, _route)


# --- tours ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """One stop of a tour, at the element with this `data-tour`."""

    target: str
    title: str | Promise
    text: str | Promise


@dataclass(frozen=True)
class Tour:
    """A walk around one screen; stops whose element is not there are left out."""

    key: str
    route: str
    label: str | Promise
    steps: tuple[Step, ...]
    for_newcomers: bool = False


_tours: dict[str, Tour] = {}


def register_tour(tour: Tour) -> Tour:
    _tours[tour.key] = tour
    return tour


def tour_named(key: str) -> Tour | None:
    return _tours.get(key)


def tour_of(route: str | None) -> Tour | None:
    return next((one for one in _tours.values() if one.route == route), None)


COMMANDS = Step(
    "commands",
    _("Find anything"),
    _(
        "Ctrl+K opens it anywhere. A name, pinyin initials or the last digits of a phone number are enough."
    ),
)
HELP = Step(
    "help",
    _("Help for every page"),
    _("Opens the page of the guide that belongs to what you see, and this tour again."),
)
for _tour in (
    Tour(
        "home",
        "",
        _("The start page"),
        (
            Step(
                "navigation",
                _("Your areas"),
                _("Only what you may use. Fold it with the button at the bottom."),
            ),
            COMMANDS,
            Step(
                "new", _("New"), _("Begin a customer, a contact or another record from any page.")
            ),
            Step("day", _("Your day"), _("What changed lately and what waits for you.")),
            HELP,
        ),
        for_newcomers=True,
    ),
    Tour(
        "list",
        LIST,
        _("The list"),
        (
            Step("views", _("Views"), _("Ready-made questions to the list, one click each.")),
            Step(
                "filters",
                _("Filters"),
                _(
                    "Narrow the list by any field. The address keeps them: send it on or bookmark it."
                ),
            ),
            Step(
                "find",
                _("Search in the list"),
                _("Pinyin and phone digits work here as well. The key / brings you here."),
            ),
            Step(
                "rows",
                _("Rows"),
                _(
                    "A click opens the record at the side, Enter the whole page; J and K move on, X selects."
                ),
            ),
            Step("columns", _("Columns"), _("Choose which columns you see.")),
            HELP,
        ),
    ),
    Tour(
        "record",
        RECORD,
        _("The record"),
        (
            Step(
                "identity",
                _("Who it is"),
                _("The name, and one click to call, write or hand over."),
            ),
            Step(
                "star",
                _("Favourite"),
                _("A star keeps the record at hand in the navigation and in the command box."),
            ),
            Step(
                "fields",
                _("All fields"),
                _("The question mark at a name tells what belongs into the field."),
            ),
            Step(
                "related",
                _("What belongs to it"),
                _("Contacts and other records linked here; the plus adds one."),
            ),
            Step("edit", _("Edit"), _("Or press E. Ctrl+S saves.")),
        ),
    ),
):
    register_tour(_tour)
