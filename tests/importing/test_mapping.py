"""Columns are matched to fields by name in two languages, by synonym and by what they hold."""

from __future__ import annotations

from typing import Any

import pytest

from keqiao.catalog.registry import object_type
from keqiao.importing.header import Column, folded, name_columns, propose_header
from keqiao.importing.mapping import Why, known_headers, propose, source_signature


def columns(*headers: str) -> tuple[Column, ...]:
    return name_columns(headers, [["x"] * len(headers)])[0]


def mapped(key: str, headers: list[str], rows: list[list[Any]] | None = None) -> dict[str, Any]:
    declared = object_type(key)
    fields = [field for field in declared.builtin_fields.values() if not field.read_only]
    proposals = propose(columns(*headers), rows or [], fields, title=declared.title)
    return {proposal.column.name: proposal.field for proposal in proposals}


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("客户名称*", "name"), ("公司名称", "name"), ("Company", "name"), ("account", "name"),
        ("Account Name", "name"), ("企业名称", "name"), ("手机", "phone"), ("联系电话", "phone"),
        ("Mobile", "phone"), ("TEL", "phone"), ("负责人", "owner"), ("业务员", "owner"),
        ("Sales Rep", "owner"), ("税号", "uscc"),
        ("统一社会信用代码", "uscc"), ("Industry", "industry"),
        ("所属行业", "industry"), ("E-mail", "email"), ("电子邮箱", "email"),
        ("Ｅ－ｍａｉｌ", "email"),
        ("省/市/区", "region"), ("详细地址", "address"), ("Address 详细地址", "address"),
        ("联系电话 / Mobile", "phone"),
        ("员工人数(人)", "employees"), ("年营业额", "annual_revenue"),
        ("备注说明", "note"), ("客户来源：", "source_channel"), ("website", "website"),
        ("手 机", "phone"), ("公司联系电话", "phone"), ("客户\n名称", "name"),
    ],
)  # fmt: skip
def test_header_in_any_usual_wording_finds_its_field(header: str, field: str) -> None:
    assert list(mapped("account", [header]).values()) == [field]


@pytest.mark.parametrize("header", ["序号", "建档日期", "颜色", "", "备用字段17"])
def test_header_that_means_nothing_here_is_left_alone(header: str) -> None:
    assert list(mapped("account", [header], [["甲乙"]] * 5).values()) == [None]


def test_each_field_is_proposed_once_and_the_better_name_wins() -> None:
    found = mapped("contact", ["联系人", "客户名称", "手机", "电话", "职务"])
    assert found["联系人"] == "name"
    assert found["客户名称"] == "account"
    assert sorted(filter(None, (found["手机"], found["电话"]))) == ["more_phones", "phone"] or (
        sorted(filter(None, (found["手机"], found["电话"]))) == ["phone"]
    )
    single = [field for field in found.values() if field not in (None, "more_phones")]
    assert len(single) == len(set(single))


def test_content_finds_a_column_without_a_name() -> None:
    rows = [[f"138001380{n:02}", f"a{n}@example.com", f"{n}"] for n in range(10)]
    found = mapped("account", ["", "栏二", "栏三"], rows)
    assert list(found.values()) == ["phone", "email", None]


def test_content_that_contradicts_the_name_lowers_the_proposal() -> None:
    rows = [[f"说明文字{n}"] for n in range(10)]
    declared = object_type("account")
    fields = list(declared.builtin_fields.values())
    (proposal,) = propose(columns("税号"), rows, fields)
    assert proposal.confidence <= 0.5
    assert proposal.accepted == 0


def test_remembered_choices_come_before_every_guess() -> None:
    declared = object_type("account")
    fields = list(declared.builtin_fields.values())
    remembered = {"客户名称": None, "颜色": "note", "手机": "no_such_field"}
    proposals = propose(columns("客户名称", "颜色", "手机"), [], fields, remembered=remembered)
    assert [p.field for p in proposals] == [None, "note", "phone"]
    assert [p.why for p in proposals[:2]] == [Why.REMEMBERED, Why.REMEMBERED]


def test_header_row_is_found_below_titles_and_by_known_names() -> None:
    known = known_headers(object_type("account").builtin_fields.values())
    rows: list[list[Any]] = [
        ["2026年客户名单", None, None],
        [],
        ["部门：销售一部", None, "日期：2026-11-20"],
        ["公司名称", "手机", "级别"],
        ["苏州博远精密机械有限公司", "13800138000", "A"],
    ]
    assert propose_header(rows, known) == 3
    assert propose_header(rows) == 3
    assert propose_header([[]], known) is None
    assert propose_header([["甲", "乙"], ["丙", "丁"]]) == 0


def test_signature_is_the_same_for_columns_in_another_order() -> None:
    first, second = columns("客户名称", "手机"), columns("手机", "客户名称*")
    assert source_signature("account", first) == source_signature("account", second)
    assert source_signature("lead", first) != source_signature("account", first)
    assert folded(" 客户-名称*：") == "客户名称"
