"""The look is kept: readable colours in both themes, short files, known icons, no inline styles."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import pytest

import keqiao.ui
from keqiao.catalog.registry import object_types

UI = Path(keqiao.ui.__file__).parent
PACKAGE = UI.parent
STATIC = UI / "static" / "ui"
TEMPLATES = sorted(PACKAGE.rglob("templates/**/*.html"))
OURS = sorted(UI.rglob("templates/**/*.html"))
GROUNDS = ("bg", "surface", "sunken", "hover", "selected")
INKS = ("text", "text-2", "text-3", "late", "today", "planned", "info", "accent-strong")
ON_OWN_GROUND = ("late", "today", "planned", "info", "violet", "teal", "pink")
READABLE = 4.5  # WCAG 2.2 AA for text
VISIBLE = 3.0  # WCAG 2.2 AA for the edge of a control


def blocks() -> dict[str, dict[str, str]]:
    css = (STATIC / "tokens.css").read_text(encoding="utf-8")
    parts = {
        "light": css[css.index(":root {") : css.index('[data-density="compact"]')],
        "dark": css[css.index('[data-theme="dark"]') : css.index("@media (prefers")],
        "auto": css[css.index("@media (prefers") : css.index("@media (min-width: 1920px)")],
    }
    return {
        name: dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", text))
        for name, text in parts.items()
    }


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def luminance(color: str) -> float:
    digits = color.lstrip("#")
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    channels = [int(digits[start : start + 2], 16) / 255 for start in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_is_readable_on_every_ground(theme: str) -> None:
    tokens = blocks()[theme]
    pairs = [*product(INKS, GROUNDS), *((ink, f"{ink}-soft") for ink in ON_OWN_GROUND)]
    pairs += [
        ("on-accent", "accent"),
        ("on-accent", "accent-hover"),
        ("accent-strong", "accent-soft"),
    ]
    weak = {pair: contrast(tokens[pair[0]], tokens[pair[1]]) for pair in pairs}
    assert {pair: ratio for pair, ratio in weak.items() if ratio < READABLE} == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_edges_of_inputs_can_be_seen(theme: str) -> None:
    tokens = blocks()[theme]
    assert contrast(tokens["field"], tokens["surface"]) >= VISIBLE
    assert contrast(tokens["focus"], tokens["surface"]) >= VISIBLE


def test_the_system_theme_is_the_dark_theme() -> None:
    assert blocks()["auto"] == blocks()["dark"]


def test_style_sheets_are_short_calm_and_know_their_tokens() -> None:
    known = set(re.findall(r"--([\w-]+):", (STATIC / "tokens.css").read_text(encoding="utf-8")))
    for sheet in STATIC.glob("*.css"):
        text = sheet.read_text(encoding="utf-8")
        assert len(text.splitlines()) < 500, sheet.name
        # Ruled lines are no decoration: the hours of a day are drawn as a repeated line.
        assert "gradient(" not in text.replace("repeating-linear-gradient(", ""), sheet.name
        assert set(re.findall(r"var\(--([\w-]+)\)", text)) <= known, sheet.name


def test_scripts_are_short_and_make_no_html_from_data() -> None:
    for script in STATIC.glob("*.js"):
        text = script.read_text(encoding="utf-8")
        assert len(text.splitlines()) < 500, script.name
        assert not re.search(r"\beval\(|new Function|insertAdjacentHTML|document\.write", text), (
            script.name
        )


def test_every_icon_in_use_is_in_the_sprite_list() -> None:
    listed = set((UI / "icons.txt").read_text(encoding="utf-8").split())
    used = {declared.icon for declared in object_types()}
    for template in TEMPLATES:
        used |= set(re.findall(r'{% icon "([\w-]+)"', template.read_text(encoding="utf-8")))
    for module in PACKAGE.rglob("*.py"):
        text = module.read_text(encoding="utf-8")
        used |= set(re.findall(r'\bicon\(\s*"([\w-]+)"', text))
        used |= set(re.findall(r'"icon": "([\w-]+)"', text))
    assert used - listed == set()


def test_templates_say_what_they_take() -> None:
    silent = [
        str(template.relative_to(PACKAGE))
        for template in OURS
        if "allauth" not in template.parts
        and template.name not in {"base.html", "shell.html"}
        and not template.read_text(encoding="utf-8").startswith("{#")
    ]
    assert silent == []


def test_templates_carry_no_inline_style_or_script() -> None:
    for template in TEMPLATES:
        text = template.read_text(encoding="utf-8")
        assert not re.search(
            r"""\sstyle=["']|\son\w+=["']|<style|<script(?![^>]*\ssrc=)""", text
        ), template
