"""Regions by code, name, sound and inside addresses."""

from __future__ import annotations

import pytest

from keqiao.base.address import split_address
from keqiao.base.regions import (
    children,
    nearest_region,
    parse_region,
    region_name,
    region_path,
    region_range,
    regions,
    search_regions,
)


def test_the_whole_country_is_there() -> None:
    assert len(children()) == 34
    assert ("710000", "台湾省") in children()
    assert len(regions()) > 3300
    for region in regions().values():
        assert not region.parent or region.parent in regions(), region.code
        assert region.short and region.pinyin and region.english


def test_names_and_paths() -> None:
    assert region_name("320576") == "江苏 · 苏州 · 工业园区"
    assert region_name("320500", "en") == "Jiangsu · Suzhou"
    assert region_name("610100", "en") == "Shaanxi · Xi'an"
    assert region_name("110105") == "北京 · 朝阳"
    assert region_name("999999") == "999999"
    assert region_path("419001") == [("410000", "河南省"), ("419001", "济源市")]
    assert ("320505", "虎丘区") in children("320500")
    assert ("500103", "渝中区") in children("500000")


@pytest.mark.parametrize("code", ["320000", "320500", "320505", "820000", "419001"])
def test_a_range_covers_exactly_what_lies_inside(code: str) -> None:
    low, high = region_range(code)
    for region in regions().values():
        inside = code in dict(region_path(region.code))
        # Directly administered counties lie in the province's range too, and in no city's.
        assert (low <= region.code < high) is inside, region.code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("江苏省苏州市虎丘区", "320505"),
        ("江苏 苏州", "320500"),
        ("江苏/苏州/虎丘", "320505"),
        ("苏州", "320500"),
        ("320500", "320500"),
        ("３２０５００", "320500"),
        ("江蘇省蘇州市", "320500"),
        ("苏州市工业园区", "320576"),
        ("北京市朝阳区", "110105"),
        ("北京市市辖区东城区", "110101"),
        ("110100", "110000"),
        ("朝阳", "211300"),
        ("吉林", "220000"),
        ("吉林市", "220200"),
        ("吉林省吉林市", "220200"),
        ("吴江市", "320509"),
        ("昆山", "320583"),
        ("内蒙古", "150000"),
        ("香港", "810000"),
        ("长沙县", "430121"),
        ("鼓楼区", None),
        ("朝阳区", None),
        ("火星", None),
        ("苏州科技路", None),
        ("999999", None),
        ("", None),
    ],
)
def test_parse_region(text: str, code: str | None) -> None:
    assert parse_region(text) == code


def test_every_region_is_found_by_its_full_path() -> None:
    wrong = [
        region.code
        for region in regions().values()
        if parse_region("".join(name for _code, name in region_path(region.code))) != region.code
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("text", "code", "detail"),
    [
        ("江苏省苏州市虎丘区科技路18号", "320505", "科技路18号"),
        ("苏州工业园区星湖街328号", "320576", "星湖街328号"),
        ("中国上海市浦东新区世纪大道1号", "310115", "世纪大道1号"),
        ("江苏 苏州 虎丘 科技路", "320505", "科技路"),
        ("蘇州市虎丘區科技路18號", "320505", "科技路18號"),
        ("上海市南京东路100号", "310000", "南京东路100号"),
        ("南京东路100号", None, "南京东路100号"),
        ("河北省邯郸市磁县路村营乡", "130427", "路村营乡"),
        ("东莞市长安镇", "441900", "长安镇"),
        ("科技路1号", None, "科技路1号"),
        ("", None, ""),
    ],
)
def test_split_address(text: str, code: str | None, detail: str) -> None:
    assert split_address(text) == (code, detail)


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("su", "320500"), ("suzhou", "320500"), ("苏州", "320500"), ("js sz", "320500"),
        ("minhang", "310112"), ("mh", "310112"), ("chongqing", "500000"), ("江苏 虎丘", "320505"),
        ("320505", "320505"), ("gyyq", "320576"),
    ],
)  # fmt: skip
def test_search_by_name_sound_and_letters(typed: str, first: str) -> None:
    found = [code for code, _name in search_regions(typed, 5)]
    assert first in found
    assert len(found) <= 5


def test_abolished_codes_answer_with_the_city() -> None:
    assert nearest_region("320504") == "320500"
    assert nearest_region("990000") is None
