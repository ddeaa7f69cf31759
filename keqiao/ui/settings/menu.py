"""The menu of the settings; other packages add their pages to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from keqiao.access.refusals import may_read_refusals
from keqiao.ui.gate import access_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse
    from django.utils.functional import Promise

    from keqiao.access.access import Access


@dataclass(frozen=True)
class SettingsEntry:
    """One page of the settings."""

    key: str
    label: str | Promise
    icon: str
    group: str | Promise
    url: str = ""
    for_administrators: bool = True
    order: int = 100
    may_open: Callable[[Access], bool] | None = None  # instead of `for_administrators`

    def is_for(self, access: Access) -> bool:
        if self.may_open is not None:
            return self.may_open(access)
        return access.is_administrator or not self.for_administrators

    @property
    def address(self) -> str:
        return self.url or f"/settings/{self.key}/"


MINE, DATA, COMPANY, SECURITY = _("Mine"), _("Data"), _("Company"), _("Security")
_entries: dict[str, SettingsEntry] = {}


def register_settings(entry: SettingsEntry) -> SettingsEntry:
    """Add a page to the settings menu; packages above the kit call this once at start-up."""
    _entries[entry.key] = entry
    return entry


for _entry in (
    SettingsEntry("profile", _("Profile"), "user-circle", MINE, "", False, 10),
    SettingsEntry(
        "security", _("Password and two-factor sign-in"), "shield-lock", MINE, "", False, 11
    ),
    SettingsEntry("sessions", _("My sessions"), "device-mobile", MINE, "", False, 12),
    SettingsEntry("tokens", _("API tokens"), "key", MINE, "", False, 13),
    SettingsEntry("fields", _("Custom fields"), "forms", DATA, "", True, 20),
    SettingsEntry("numbering", _("Numbering rules"), "hash", DATA, "", True, 21),
    SettingsEntry("bin", _("Recycle bin"), "trash", DATA, "", False, 22),
    SettingsEntry("people", _("People and departments"), "users-group", COMPANY, "", True, 30),
    SettingsEntry("roles", _("Roles and rights"), "shield-check", COMPANY, "", True, 31),
    SettingsEntry(
        "refused", _("Refused access"), "shield-lock", SECURITY, "", True, 40, may_read_refusals
    ),
    SettingsEntry("work", _("Background work"), "refresh", COMPANY, "/jobs/", False, 32),
):
    register_settings(_entry)


def settings_entries(access: Access) -> list[SettingsEntry]:
    """Return the pages of the settings this person may open, in order."""
    ordered = sorted(_entries.values(), key=lambda entry: entry.order)
    return [one for one in ordered if one.is_for(access)]


def settings_menu(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the menu of this person: administrators see what configures the company as well."""
    path = request.path
    groups: dict[str, dict[str, Any]] = {}
    for entry in settings_entries(access_of(request)):
        label = str(entry.group)
        group = groups.setdefault(label, {"label": label, "entries": []})
        group["entries"].append(
            {
                "url": entry.address,
                "label": entry.label,
                "icon": entry.icon,
                "current": path.startswith(entry.address)
                or (entry.key == "security" and path.startswith("/auth/")),
            }
        )
    return list(groups.values())


def settings_page(
    request: HttpRequest, template: str, heading: object, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """Show one page of the settings inside their frame."""
    everything = {**context, "heading": heading, "page_title": heading}
    return render(request, f"ui/settings/{template}.html", everything, status=status)
