"""Two spellings of one thing have one key form, and no text of any script breaks a form."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keqiao.base.identifiers import with_check_character
from keqiao.catalog.kinds import KINDS
from keqiao.quality.forms import PARTS, Normaliser, Role, form, normal

LICENCE = with_check_character("91320594MA1MX6R08")
SAME = [
    (Role.COMPANY, "苏州博远精密机械有限公司", "蘇州博遠精密機械（有限公司）"),
    (Role.COMPANY, "苏州博远精密机械有限公司", "博远精密机械（苏州）股份有限公司"),
    (Role.COMPANY, "Boyuan Machinery Co., Ltd.", "ＢＯＹＵＡＮ　Machinery"),
    (Role.PERSON, "王 小明", "王小明先生"),
    (Role.PERSON, "歐陽修", "欧阳修"),
    (Role.PHONE, "138-0013-8000", "+86 138 0013 8000"),
    (Role.PHONE, "0512-62881234转806", "(0512)62881234"),
    (Role.EMAIL, "Li.Wei@Example.COM", "ｌｉ.wei@example。com"),
    (Role.WEB, "https://www.Example.com/", "example.com"),
    (Role.USCC, LICENCE, LICENCE.replace("0", "O").replace("1", "I").lower()),
    (Role.REGION, "江苏省苏州市", "苏州"),
    (Role.ADDRESS, "江苏省苏州市人民路一百二十号", "人民路 120 号"),
    (Role.DATE, "2026年11月2日", "2026-11-02"),
    (Role.NUMBER, "1,234.50", "1234.5"),
    (Role.CODE, "ab-12 c", "AB12C"),
    (Role.TEXT, "Main  Street, 5", "main street 5"),
]


@pytest.mark.parametrize(("role", "left", "right"), SAME)
def test_two_spellings_of_one_value_have_the_same_form(role, left, right) -> None:
    assert normal(role, left) == normal(role, right) != ""


DIFFERENT = [
    (Role.COMPANY, "苏州银行", "杭州银行"),
    (Role.PHONE, "13800138000", "13800138001"),
    (Role.ADDRESS, "人民路12号", "人民路21号"),
    (Role.PERSON, "王明", "王敏"),
]


@pytest.mark.parametrize(("role", "left", "right"), DIFFERENT)
def test_two_values_keep_different_forms(role, left, right) -> None:
    assert normal(role, left) != normal(role, right)


def test_parts_of_a_company_name_stand_apart() -> None:
    parts = dict(
        zip(PARTS[Role.COMPANY], form(Role.COMPANY, "苏州博远科技有限公司上海分公司"), strict=True)
    )
    assert parts["core"] == "博远科技"
    assert parts["legal"] == "有限公司"
    assert parts["branch"] == "上海分公司"
    assert parts["pinyin"] == "boyuankeji"
    assert parts["initials"] == "bykj"


def test_parts_of_an_address_stand_apart() -> None:
    street, numbers, region = form(Role.ADDRESS, "江苏省苏州市吴中区人民东路１２号３幢")
    assert (street, numbers, region) == ("人民东路12号3幢", "12 3", "320506")


def test_a_shared_mailbox_tells_no_person() -> None:
    assert form(Role.EMAIL, "info@boyuan.cn") == ("info@boyuan.cn", "", "boyuan.cn")


def test_several_values_give_the_forms_of_each() -> None:
    assert normal(Role.PHONE, ["13800138000", "0512-62881234"]) == "+8613800138000 +8651262881234"


def test_every_kind_says_how_its_values_are_compared() -> None:
    compared = {key: kind.matches_as for key, kind in KINDS.items()}
    assert compared["company_name"] is Role.COMPANY
    assert compared["phones"] is compared["phone"] is Role.PHONE
    assert compared["user"] is Role.NONE
    assert set(compared.values()) <= set(PARTS)


ROLES = [role for role in Role if role is not Role.NONE]


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(ROLES), st.text(max_size=60))
def test_any_text_has_a_form_that_stays_the_same(role, text) -> None:
    parts = form(role, text)
    assert len(parts) == len(PARTS[role])
    assert normal(role, parts[0]) == parts[0]


CHINESE = st.text(
    alphabet="苏州市江省上海浦东新区有限责任公司集团股份总分办事处科技贸易"
    "（）() 一二十百号路王先生经理总0Ａ1-+86３8转乾縣",
    max_size=24,
)


@settings(max_examples=600, deadline=None)
@given(st.sampled_from(ROLES), CHINESE)
def test_chinese_business_text_has_a_form_that_stays_the_same(role, text) -> None:
    main = normal(role, text)
    assert normal(role, main) == main


@pytest.mark.parametrize(
    "raw", [None, True, 13800138000, 1.5, 10**40, float("nan"), float("inf"), b"x", {}, []]
)
@pytest.mark.parametrize("role", ROLES)
def test_values_of_any_type_have_a_form(role, raw) -> None:
    assert len(form(role, raw)) == len(PARTS[role])


def test_a_record_gives_every_part_even_of_columns_it_lacks() -> None:
    normaliser = Normaliser({"name": Role.COMPANY, "phone": Role.PHONE})
    found = normaliser.one({"name": "博远科技"})
    assert tuple(found) == normaliser.names
    assert found["phone__tail"] == ""
