"""The few words the templates of the kit add to Django's language: icons, avatars, near times."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from keqiao.ui import cells, icons, record_parts

if TYPE_CHECKING:
    from datetime import datetime

    from django.forms import BoundField
    from django.template.base import FilterExpression, NodeList, Parser, Token
    from django.template.context import Context

    from keqiao.catalog.object_type import ObjectType

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


@register.inclusion_tag("ui/parts/row_actions.html", takes_context=True)
def row_actions(context: Context, declared: ObjectType) -> dict[str, Any]:
    """Return what can be done with the current row of a list without opening it."""
    request = context.get("request")
    access = getattr(request, "access", None)
    return {
        "actions": record_parts.row_actions(access, declared) if access else [],
        "key": declared.key,
    }


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


# --- parts of the page that are written once ----------------------------------------------------

MOST_KEPT = 256


class Kept(template.Node):
    """`{% kept a b %}…{% endkept %}`: written once per language and values of `a` and `b`.

    The values must settle all that the part shows, rights included, so that whoever gets a kept part
    would have got the very same text. What differs from request to request (tokens, addresses,
    typed words) stands inside in `{% fresh %}…{% endfresh %}` and is written each time.
    """

    child_nodelists = ("nodelist",)

    def __init__(self, nodelist: NodeList, arguments: list[FilterExpression]) -> None:
        self.nodelist = nodelist
        self.arguments = arguments
        self.kept: dict[tuple[Any, ...], list[str | Fresh]] = {}

    def render(self, context: Context) -> SafeString:
        key = (get_language(), *[argument.resolve(context) for argument in self.arguments])
        parts = self.kept.get(key)
        if parts is None:
            if len(self.kept) >= MOST_KEPT:
                self.kept.clear()
            parts = self.kept[key] = self.written(context)
        return SafeString(
            "".join([part if isinstance(part, str) else part.write(context) for part in parts])
        )

    def written(self, context: Context) -> list[str | Fresh]:
        parts: list[str | Fresh] = []
        for is_fresh, nodes in groupby(self.nodelist, lambda node: isinstance(node, Fresh)):
            if is_fresh:
                parts += nodes  # type: ignore[arg-type]
            else:
                parts.append("".join([str(node.render_annotated(context)) for node in nodes]))
        return parts


class Fresh(template.Node):
    """A piece of a kept part that is written anew for every request."""

    child_nodelists = ("nodelist",)

    def __init__(self, nodelist: NodeList) -> None:
        self.nodelist = nodelist

    def write(self, context: Context) -> str:
        return self.nodelist.render(context)

    def render(self, context: Context) -> str:
        # Reached only inside an `if` or `for` of a kept part, where it would be kept as well.
        msg = "{% fresh %} stands directly inside {% kept %}, not inside another tag of it."
        raise template.TemplateSyntaxError(msg)


@register.tag
def kept(parser: Parser, token: Token) -> Kept:
    arguments = [parser.compile_filter(bit) for bit in token.split_contents()[1:]]
    nodelist = parser.parse(("endkept",))
    parser.delete_first_token()
    return Kept(nodelist, arguments)


@register.tag
def fresh(parser: Parser, token: Token) -> Fresh:
    nodelist = parser.parse(("endfresh",))
    parser.delete_first_token()
    return Fresh(nodelist)
