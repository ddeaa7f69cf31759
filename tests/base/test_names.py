"""Two spellings of one company meet; two companies do not."""

from __future__ import annotations

import pytest

from keqiao.base.names import company_core, fold_company, fold_person, surname


@pytest.mark.parametrize(
    "spelling",
    [
        "苏州博远精密机械有限公司",
        "苏州博远精密机械（集团）股份有限公司",
        "博远精密机械（苏州）有限公司",
        "江苏省苏州市博远精密机械有限责任公司",
        "蘇州博遠精密機械有限公司",
        "苏州 博远精密机械 有限公司",
        "博远精密机械",
        "苏州市博远精密机械集团",
        "苏州博远精密机械有限公司 ",
        "【苏州】博远·精密机械公司",
    ],
)
def test_spellings_of_one_company(spelling: str) -> None:
    assert fold_company(spelling) == "博远精密机械"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("北京银行股份有限公司", "南京银行股份有限公司"),
        ("北京地铁运营有限公司", "上海地铁运营有限公司"),
        ("苏州博远有限公司", "苏州博远有限公司上海分公司"),
        ("苏州博远有限公司北京分公司", "苏州博远有限公司上海分公司"),
        ("苏州科技有限公司", "无锡科技有限公司"),
        ("苏州博远精密机械有限公司", "苏州博远精密模具有限公司"),
        ("IBM China", "Intel China"),
    ],
)
def test_different_companies_stay_different(one: str, other: str) -> None:
    assert fold_company(one) != fold_company(other)


def test_an_accent_left_alone_by_a_dropped_sign_joins_its_letter() -> None:
    assert fold_company("A#\u0300") == fold_company("\u00e0")


def test_latin_names() -> None:
    assert fold_company("Acme Tools Co., Ltd.") == fold_company("ACME TOOLS")
    assert fold_company("Ｂosch GmbH") == "bosch"
    assert company_core("Acme Tools Co., Ltd.") == "Acme Tools"


@pytest.mark.parametrize(
    ("name", "core"),
    [
        ("苏州博远精密机械有限公司", "博远精密机械"),
        ("蘇州博遠精密機械有限公司", "蘇州博遠精密機械"),
        ("华为技术有限公司", "华为技术"),
        ("北京银行股份有限公司", "北京银行"),
        ("招商银行上海分行", "招商银行上海分行"),
        ("公司", "公司"),
        ("", ""),
    ],
)
def test_company_core(name: str, core: str) -> None:
    assert company_core(name) == core


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("张 三", "张三"),
        ("张三先生", "张三"),
        ("歐陽娜娜", "欧阳娜娜"),
        ("王总", "王"),
        ("总", "总"),
        ("John  SMITH", "john smith"),
        ("阿不都·热合曼", "阿不都热合曼"),
    ],
)
def test_fold_person(name: str, key: str) -> None:
    assert fold_person(name) == key


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("张三", "张"),
        ("欧阳娜娜", "欧阳"),
        ("司马", "司"),
        ("John Smith", "Smith"),
        ("Smith, John", "Smith"),
        ("Zhang Xiaoming", "Zhang"),
        ("Madonna", "Madonna"),
        ("阿不都·热合曼", ""),
        ("", ""),
    ],
)
def test_surname(name: str, family: str) -> None:
    assert surname(name) == family
