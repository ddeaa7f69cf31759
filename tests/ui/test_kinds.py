"""Every kind of field has a look: a cell to read it and a control to enter it, both safe."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.http import QueryDict

from keqiao.catalog.field import Choice, Field, JsonKey
from keqiao.catalog.kinds import KINDS
from keqiao.records.present import Cell
from keqiao.ui.cells import SHOWS, cell_html, near_moment, title_avatar
from keqiao.ui.controls import CONTROLS, Picked, control_html
from keqiao.ui.form_values import changed_values, fingerprint, posted_raw, remember

EVIL = "<script>x</script>\"'>"
SHANGHAI = ZoneInfo("Asia/Shanghai")


def field_of(kind: str, **more: Any) -> Field:
    choices = (Choice("A", "甲", "jade"), Choice("B", "乙")) if "choice" in kind else ()
    target = "account" if kind in {"reference", "references"} else ""
    return Field(
        name="x_it", label="它", kind=KINDS[kind], storage=JsonKey("x_it"), object_key="account",
        choices=choices, target=target, **more,
    )  # fmt: skip


def raw_of(kind: str) -> Any:
    return {"phones": [EVIL], "emails": [EVIL], "multi_choice": ["A"], "tags": [EVIL]}.get(
        kind, EVIL
    )


def test_no_kind_is_without_cell_and_control() -> None:
    assert set(SHOWS) == set(KINDS) == set(CONTROLS)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_cells_never_let_markup_through(kind: str) -> None:
    value = {"phones": ["+8613800138000"], "multi_choice": ["A"], "tags": [EVIL], "phone": "+8613800138000",
             "emails": [EVIL], "email": EVIL}.get(kind, EVIL)  # fmt: skip
    for wide in (False, True):
        html = cell_html(Cell(value, EVIL), field_of(kind), wide=wide)
        assert "<script" not in html
        assert html


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_controls_never_let_markup_through_and_carry_their_name(kind: str) -> None:
    html = control_html(field_of(kind), raw_of(kind), id="it", errors=["不对"])
    assert "<script" not in html
    assert 'name="x_it"' in html
    assert re.search(r'id="it"', html)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_masked_cells_show_the_mask_and_nothing_else(kind: str) -> None:
    html = cell_html(Cell(None, "138****8000", masked=True), field_of(kind), wide=True)
    assert "138****8000" in html
    assert "href" not in html and "data-copy" not in html


def test_a_web_address_of_another_scheme_is_no_link() -> None:
    html = cell_html(Cell("javascript:alert(1)", "javascript:alert(1)"), field_of("url"))
    assert "href" not in html


def test_the_avatar_shows_the_core_of_a_company_name() -> None:
    assert ">博</i>" in title_avatar("苏州博远精密机械有限公司")


def test_near_times_read_as_people_say_them() -> None:
    noon = datetime(2026, 11, 21, 12, 0, tzinfo=SHANGHAI)
    with time_machine.travel(noon, tick=False):
        said = [
            near_moment(noon - step)
            for step in (
                timedelta(seconds=5),
                timedelta(minutes=3),
                timedelta(days=1),
                timedelta(days=3),
                timedelta(days=400),
            )
        ]
    assert said[3] == "11-18"
    assert said[4] == "2025-10-17"
    assert "3" in said[1] and "12:00" in said[2]


def test_an_untouched_form_changes_nothing() -> None:
    fields = [field_of("phones"), field_of("region"), field_of("long_text"), field_of("boolean")]
    for field, raw, sent in (
        (fields[0], ["010-8888 6666"], {"x_it": ["010-8888 6666", ""]}),
        (fields[1], Picked("3205", "苏州"), {"x_it": ["苏州"], "x_it__pick": ["3205|苏州"]}),
        (fields[2], "一\n二", {"x_it": ["一\r\n二"]}),
        (fields[3], False, {}),
    ):  # fmt: skip
        given = QueryDict(mutable=True)
        given["was"] = remember([field], {"x_it": raw})
        for name, values in sent.items():
            given.setlist(name, values)
        assert changed_values([field], given) == {}, field.kind.key


def test_a_typed_name_goes_before_an_older_pick() -> None:
    given = QueryDict(mutable=True)
    given["x_it"], given["x_it__pick"] = "李晓", "7|王敏"
    assert posted_raw(field_of("user"), given) == "李晓"
    given["x_it"] = "王敏"
    assert posted_raw(field_of("user"), given) == "7"


def test_fingerprints_tell_different_values_apart() -> None:
    assert fingerprint(field_of("text"), "甲") != fingerprint(field_of("text"), "乙")
    assert fingerprint(field_of("tags"), ["甲", "乙"]) == fingerprint(field_of("tags"), "甲， 乙")
