"""A choice's tag has one of the declared colours, or none; anything else is refused at start-up."""

from __future__ import annotations

from dataclasses import replace

import pytest

from keqiao.catalog.field import Choice, Color
from keqiao.catalog.object_type import ObjectType
from keqiao.catalog.problems import CatalogError
from keqiao.catalog.registry import object_type
from keqiao.ui.cells import TAG_COLORS, tag_html


def account_with(color: str) -> ObjectType:
    declared = replace(object_type("account"))
    level = replace(declared.builtin_fields["level"], choices=(Choice("A", "A", color),))
    declared.builtin_fields["level"] = level
    return declared


@pytest.mark.parametrize("color", ["", "jade", Color.PINK])
def test_a_declared_color_is_taken(color: str) -> None:
    account_with(color).check()


def test_another_color_is_refused_by_name() -> None:
    with pytest.raises(CatalogError, match="turquoise"):
        account_with("turquoise").check()


def test_every_color_has_its_tag() -> None:
    assert {TAG_COLORS[color] for color in Color} == set(Color)
    assert tag_html("甲", "green") == '<span class="tag jade">甲</span>'
    assert tag_html("甲") == '<span class="tag">甲</span>'
