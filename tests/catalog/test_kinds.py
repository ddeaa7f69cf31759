"""What each kind of field accepts, repairs and refuses, in the forms people really type."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from keqiao.catalog.field import Field
from keqiao.catalog.kinds import KINDS
from keqiao.catalog.kinds.base import REPAIRS
from keqiao.catalog.problems import FieldProblem
from keqiao.catalog.registry import object_type, object_types

pytestmark = pytest.mark.django_db


def field(path: str) -> Field:
    key, _dot, name = path.partition(".")
    return object_type(key).field(name)


@pytest.mark.parametrize(
    ("path", "raw", "value", "repair"),
    [
        ("account.industry", "technolgy", "software", "choice_name"),
        ("account.industry", "软件", "software", "choice_name"),
        ("account.level", "A级", "A", "choice_name"),
        ("account.level", "Ａ", "A", None),
        ("account.phone", "０５１２－６２８８１２３４", "+8651262881234", "phone_form"),
        ("account.phone", "13800138000", "+8613800138000", None),
        ("account.phone", 13800138000.0, "+8613800138000", None),
        ("account.email", "Zhang.San@Boyuan.CN", "Zhang.San@boyuan.cn", "case"),
        ("account.email", "ｚｈａｎｇ＠ｂｙ．ｃｎ", "zhang@by.cn", "width"),
        ("account.website", "www.boyuan.cn", "https://www.boyuan.cn", None),
        ("account.employees", "1,200", 1200, None),
        ("account.employees", "１２００", 1200, "number_form"),
        ("account.annual_revenue", "￥1.2亿", 12_000_000_000, "number_form"),
        ("account.annual_revenue", "1234.5", 123_450, None),
        ("account.region", "江苏省苏州市", "320500", None),
        ("account.name", " 苏州博远(集团)有限公司 ", "苏州博远（集团）有限公司", "width"),
        ("account.tags", "重点，展会;重点", ["重点", "展会"], None),
        ("contact.birthday", "1990年5月1日", "1990-05-01", "date_form"),
        ("contact.birthday", 44927, "2023-01-01", "from_serial"),
        ("contact.do_not_contact", "是", True, None),
        ("contact.more_phones", "13800138000、0512-62881234", ["+8613800138000", "+8651262881234"], None),
    ],
)  # fmt: skip
def test_typed_forms_become_one(path: str, raw: Any, value: Any, repair: str | None) -> None:
    its = field(path)
    cleaned = its.kind.clean(raw, its)
    assert its.kind.dump(cleaned) == value
    assert (its.kind.repair(raw, cleaned, its) or None) == repair or (
        path == "account.name" and its.kind.repair(raw, cleaned, its) in REPAIRS
    )


@pytest.mark.parametrize(
    ("path", "raw", "code"),
    [
        ("account.level", "E", "choice"),
        ("account.industry", "tehcnolgy", "choice"),
        ("account.email", "zhang.san@@example", "email"),
        ("account.website", "javascript:alert(1)", "url"),
        ("account.website", "data:text/html,x", "url"),
        ("account.employees", "很多", None),
        ("account.employees", 10**18, "too_large"),
        ("account.employees", float("nan"), None),
        ("account.employees", float("inf"), None),
        ("account.employees", True, "type"),
        ("account.name", "长" * 201, "too_long"),
        ("account.name", "x" * 200_000, "too_long"),
        ("account.name", ["a"], "type"),
        ("account.name", {"a": 1}, "type"),
        ("account.region", "阿特兰蒂斯", "region"),
        ("account.uscc", "91320594MA1X7K2R3A", None),
        ("contact.birthday", "2026/2/30", None),
        ("contact.birthday", "0001-01-01", None),
        ("contact.do_not_contact", "也许", "boolean"),
        ("contact.account", -5, "reference"),
        ("contact.account", 10**30, "reference"),
        ("account.tags", ["x" * 41], "too_long"),
        ("account.tags", [str(number) for number in range(60)], "too_many"),
    ],
)
def test_what_cannot_be_right_is_refused_in_words(path: str, raw: Any, code: str | None) -> None:
    its = field(path)
    with pytest.raises(FieldProblem) as caught:
        its.kind.clean(raw, its)
    assert str(caught.value.message)
    assert code is None or caught.value.code == code


@pytest.mark.parametrize("key", sorted(KINDS))
def test_every_kind_keeps_its_promises(key: str) -> None:
    """Samples are accepted, cleaning twice changes nothing, masks hide, alike is like itself."""
    rng = Random(3)
    examples = [
        one
        for declared in object_types()
        for one in declared.fields().values()
        if one.kind.key == key
    ]
    for its in examples:
        raw = its.kind.sample(rng, its)
        if raw is None:
            continue
        value = its.kind.clean(raw, its)
        again = its.kind.wire(value, its) if its.kind.numeric else value
        assert its.kind.clean(again, its) == value
        assert its.kind.load(its.kind.store(value, its), its) == value
        assert its.kind.likeness(value, value) == 1.0
        mask = its.kind.mask(value, its)
        assert mask != its.kind.text(value, its) or key in {"boolean"}
        assert its.kind.schema(its)["type"]


@pytest.mark.parametrize("key", sorted(KINDS))
def test_no_kind_breaks_on_anything(key: str) -> None:
    """A salesperson gets a sentence, never a crash, whatever a file or program sends."""
    awkward: list[Any] = [
        None, "", " ", "\x00", "\ud800", "😀", "‮gnp", "x" * 10_000, -1, 0, 1e308, float("nan"), True,
        [], [None], {},
        b"x", "９" * 50, "=1+1", "'", "2026-13-45", "1/0", 2**70,
    ]  # fmt: skip
    examples = [
        one
        for declared in object_types()
        for one in declared.fields().values()
        if one.kind.key == key
    ]
    for its in examples:
        for raw in awkward:
            try:
                value = its.kind.clean(raw, its)
            except FieldProblem as problem:
                assert str(problem.message)
            else:
                assert "\x00" not in str(value)
                assert "\ud800" not in str(value)
