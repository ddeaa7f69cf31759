"""The few words the templates of the kit add to Django's language: icons, avatars, near times."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import template

from keqiao.ui import cells, icons

if TYPE_CHECKING:
    from datetime import datetime

    from django.forms import BoundField
    from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def icon(name: str, classes: str = "") -> SafeString:
    return icons.icon(name, classes)


@register.simple_tag
def avatar(name: str, classes: str = "") -> SafeString:
    """Return a person's round avatar with the first character of the name."""
    return cells.person_avatar(str(name), classes)


@register.simple_tag
def square(name: str, classes: str = "") -> SafeString:
    """Return a record's square avatar with the first character of the name's core."""
    return cells.title_avatar(str(name), classes)


@register.filter
def near(moment: datetime | None) -> SafeString:
    """Return the moment as people say it ("3 minutes ago"), with the exact time on hover."""
    return cells.moment_html(moment)


@register.filter
def dressed(bound: BoundField) -> SafeString:
    """Return a Django form's input in the kit's dress, with its state told to screen readers."""
    is_box = getattr(bound.field.widget, "input_type", "") in {"checkbox", "radio"}
    attrs: dict[str, str | bool] = {"class": "tick" if is_box else "in"}
    if bound.errors:
        attrs |= {"aria-invalid": "true", "aria-describedby": f"{bound.id_for_label}-err"}
    return bound.as_widget(attrs=attrs)
