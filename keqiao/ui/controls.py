"""Lets a person enter one value: the control of each kind of field, usable without JavaScript."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from keqiao.catalog.registry import object_type
from keqiao.ui.icons import icon

if TYPE_CHECKING:
    from keqiao.catalog.field import Field

MOST_RADIOS = 6
NOTHING = SafeString("")
CURRENCY_SIGNS = {"CNY": "¥", "USD": "$", "EUR": "€", "GBP": "£", "HKD": "HK$", "JPY": "¥"}


@dataclass(frozen=True)
class Picked:
    """A link to something else: the id that is stored and the name that people read."""

    id: str
    text: str


@dataclass(frozen=True)
class Control:
    """What a control function needs: the field, what is in it now, and its place on the page."""

    field: Field
    raw: Any
    id: str
    errors: tuple[str, ...]
    attrs: Mapping[str, str]
    name: str
    required: bool
    suggests: str = ""  # the address of suggestions, where it is not that of the kind

    def common(self, *, css: str = "in", named: bool = True) -> SafeString:
        """Return the attributes every control shares: id, name, state and what describes it."""
        pairs: dict[str, str] = {"id": self.id, "class": css}
        if named:
            pairs["name"] = self.name
        if self.required:
            pairs["required"] = "required"
        if self.errors:
            pairs["aria-invalid"] = "true"
        described = [f"{self.id}-std"] if self.field.standard else []
        if self.errors:
            described.append(f"{self.id}-err")
        if described:
            pairs["aria-describedby"] = " ".join(described)
        pairs.update(self.attrs)
        return format_html_join("", ' {}="{}"', pairs.items())

    @property
    def text(self) -> str:
        return "" if self.raw is None else str(self.raw)

    @property
    def several(self) -> list[str]:
        if isinstance(self.raw, (list, tuple)):
            return [str(one) for one in self.raw]
        return [self.raw] if isinstance(self.raw, str) and self.raw else []


def control_html(
    field: Field,
    raw_value: Any,
    *,
    id: str,
    errors: tuple[str, ...] | list[str] = (),
    attrs: Mapping[str, str] | None = None,
    name: str = "",
    required: bool | None = None,
    suggests: str = "",
) -> SafeString:
    """Return the control for `field` holding what was stored or what was typed."""
    must = field.required if required is None else required
    control = Control(
        field, raw_value, id, tuple(errors), attrs or {}, name or field.name, must, suggests
    )
    return CONTROLS.get(field.kind.key, _text)(control)


def _input(control: Control, kind: str = "text", **more: str) -> SafeString:
    extra = format_html_join("", ' {}="{}"', ((k.replace("_", "-"), v) for k, v in more.items()))
    return format_html(
        '<input type="{}" value="{}"{}{}>', kind, control.text, control.common(), extra
    )


def _text(control: Control) -> SafeString:
    limit = control.field.max_length
    more = {"maxlength": str(limit)} if limit else {}
    return _input(control, autocomplete="off", **more)


def _serial(control: Control) -> SafeString:
    if control.name != control.field.name:
        return _text(control)  # in a filter people look for a number they know
    return _input(control, readonly="readonly", placeholder=_("Given when saved"))


def _textarea(control: Control) -> SafeString:
    # The line break keeps a first empty line of the value from being swallowed.
    return format_html('<textarea rows="3"{}>\n{}</textarea>', control.common(), control.text)


def _integer(control: Control) -> SafeString:
    return _input(control, inputmode="numeric", autocomplete="off")


def _coordinate(control: Control) -> SafeString:
    box = _input(control, inputmode="decimal", autocomplete="off")
    return format_html('<div class="withunit">{}<span class="u post">°</span></div>', box)


def _percent(control: Control) -> SafeString:
    box = _input(control, inputmode="decimal", autocomplete="off")
    return format_html('<div class="withunit">{}<span class="u post">%</span></div>', box)


def _money(control: Control) -> SafeString:
    sign = CURRENCY_SIGNS.get(control.field.currency, control.field.currency)
    box = _input(control, inputmode="decimal", autocomplete="off")
    return format_html('<div class="withunit"><span class="u pre">{}</span>{}</div>', sign, box)


def _choice(control: Control) -> SafeString:
    if len(control.field.choices) <= MOST_RADIOS:
        return _radios(control)
    options = [("", "—"), *((one.key, one.label) for one in control.field.choices)]
    return _select(control, options)


def _select(control: Control, options: list[tuple[str, Any]]) -> SafeString:
    made = format_html_join(
        "",
        '<option value="{}"{}>{}</option>',
        ((key, _on("selected", key == control.text), label) for key, label in options),
    )
    return format_html("<select{}>{}</select>", control.common(), made)


def _radios(control: Control) -> SafeString:
    options: list[tuple[str, Any]] = [(one.key, one.label) for one in control.field.choices]
    if not control.required:
        options.insert(0, ("", _("Not set")))
    return _group(control, "radio", options, {control.text})


def _several_choices(control: Control) -> SafeString:
    options = [(one.key, one.label) for one in control.field.choices]
    return _group(control, "checkbox", options, set(control.several))


def _group(
    control: Control, kind: str, options: list[tuple[str, Any]], chosen: set[str]
) -> SafeString:
    role = "radiogroup" if kind == "radio" else "group"
    made = format_html_join(
        "",
        '<label class="opt"><input type="{}" name="{}" value="{}"{}>{}</label>',
        ((kind, control.name, key, _on("checked", key in chosen), label) for key, label in options),
    )
    return format_html(
        '<div role="{}" aria-labelledby="{}-label"{}>{}</div>',
        role,
        control.id,
        control.common(css="opts", named=False),
        made,
    )


def _boolean(control: Control) -> SafeString:
    yes = control.raw is True or control.text.lower() in {"true", "on", "1", "yes", "是"}
    return format_html(
        '<label class="switch"><input type="checkbox" value="true"{}{}><i></i>'
        '<span class="sr">{}</span></label>',
        control.common(css="tick"),
        _on("checked", yes),
        control.field.label,
    )


def _date(control: Control) -> SafeString:
    return _input(control, "date" if _is_day(control.text) else "text")


def _datetime(control: Control) -> SafeString:
    day, _blank, clock = control.text.replace("T", " ").partition(" ")
    if control.text and not (_is_day(day) and len(clock) in {5, 8}):
        return _input(control)
    shown = f"{day}T{clock[:5]}" if control.text else ""
    return _input(replace(control, raw=shown), "datetime-local")


def _is_day(text: str) -> bool:
    """Tell whether the browser's date control can show `text`; if not, the typed text must stay."""
    if not text:
        return True
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _phone(control: Control) -> SafeString:
    return _input(control, "tel", autocomplete="off", inputmode="tel")


def _email(control: Control) -> SafeString:
    return _input(control, "text", autocomplete="off", inputmode="email")


def _url(control: Control) -> SafeString:
    return _input(control, "text", autocomplete="off", inputmode="url", placeholder="https://")


def _several(kind: str, mode: str) -> Callable[[Control], SafeString]:
    """Return a control of one line per value with an empty line to add another."""

    def control_of(control: Control) -> SafeString:
        values = [*control.several, ""]
        lines = format_html_join(
            "",
            '<div class="one"><input type="{}" class="in" name="{}" value="{}" inputmode="{}"'
            ' autocomplete="off" aria-label="{} {}"></div>',
            (
                (kind, control.name, value, mode, control.field.label, index)
                for index, value in enumerate(values, start=1)
            ),
        )
        css = control.common(css="several", named=False)
        return format_html('<div data-several role="group"{}>{}</div>', css, lines)

    return control_of


def _uscc(control: Control) -> SafeString:
    return _input(
        control, maxlength="30", autocomplete="off", autocapitalize="characters", spellcheck="false"
    )


def _secret(control: Control) -> SafeString:
    note = format_html(
        '<span class="secretnote">{}{}</span>', icon("shield-lock", "xs"), _("Stored encrypted")
    )
    return format_html("{}{}", _input(control, autocomplete="off", spellcheck="false"), note)


def _combobox(address: Callable[[Field], str]) -> Callable[[Control], SafeString]:
    """Return a text box with suggestions; the name typed out works as well as one picked."""

    def control_of(control: Control) -> SafeString:
        picked = control.raw if isinstance(control.raw, Picked) else Picked("", control.text)
        remembered = f"{picked.id}|{picked.text}" if picked.id else ""
        return format_html(
            '<div class="combo" data-combo="{}"><input type="text" value="{}" autocomplete="off"'
            ' spellcheck="false"{}><input type="hidden" name="{}__pick" value="{}">{}</div>',
            control.suggests or address(control.field),
            picked.text,
            control.common(),
            control.name,
            remembered,
            icon("chevron-down", "s"),
        )

    return control_of


def _target_address(field: Field) -> str:
    return f"/{object_type(field.target).path}/pick/" if field.target else "/records/pick/"


def _several_picked(address: Callable[[Field], str]) -> Callable[[Control], SafeString]:
    """Return a box with suggestions for each value and an empty one to add another."""

    def control_of(control: Control) -> SafeString:
        values = control.raw if isinstance(control.raw, (list, tuple)) else [control.raw]
        picked = [one if isinstance(one, Picked) else Picked("", str(one)) for one in values if one]
        lines = format_html_join(
            "",
            '<div class="one"><div class="combo" data-combo="{}"><input type="text" class="in"'
            ' name="{}" value="{}" autocomplete="off" spellcheck="false" aria-label="{} {}">'
            '<input type="hidden" name="{}__pick" value="{}">{}</div></div>',
            (
                (
                    address(control.field), control.name, one.text, control.field.label, index,
                    control.name, f"{one.id}|{one.text}" if one.id else "",
                    icon("chevron-down", "s"),
                )
                for index, one in enumerate([*picked, Picked("", "")], start=1)
            ),
        )  # fmt: skip
        css = control.common(css="several", named=False)
        return format_html('<div data-several role="group"{}>{}</div>', css, lines)

    return control_of


def _tags(control: Control) -> SafeString:
    joined = replace(control, raw=", ".join(control.several))
    box = _input(joined, autocomplete="off", placeholder=_("Separate tags with commas"))
    return format_html("<div data-tags>{}</div>", box)


def _on(word: str, is_on: bool) -> SafeString:  # noqa: FBT001
    return format_html(" {}", word) if is_on else NOTHING


CONTROLS: dict[str, Callable[[Control], SafeString]] = {
    "text": _text,
    "long_text": _textarea,
    "person_name": _text,
    "company_name": _text,
    "address": _text,
    "serial": _serial,
    "integer": _integer,
    "percent": _percent,
    "score": _integer,
    "money": _money,
    "coordinate": _coordinate,
    "choice": _choice,
    "multi_choice": _several_choices,
    "boolean": _boolean,
    "tags": _tags,
    "date": _date,
    "datetime": _datetime,
    "phone": _phone,
    "phones": _several("tel", "tel"),
    "email": _email,
    "emails": _several("text", "email"),
    "url": _url,
    "uscc": _uscc,
    "resident_id": _secret,
    "region": _combobox(lambda _field: "/regions/pick/"),
    "reference": _combobox(_target_address),
    "references": _several_picked(_target_address),
    "any_reference": _combobox(lambda _field: "/records/pick/"),
    "users": _several_picked(lambda _field: "/people/pick/"),
    "user": _combobox(lambda _field: "/people/pick/"),
    "department": _combobox(lambda _field: "/departments/pick/"),
}
