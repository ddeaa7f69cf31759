"""`keqiao clean` gives back the whole list repaired, tells every change, and touches no record."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pytest

from keqiao.config.commands.clean import CleanFailed, as_text, clean_list

HEADER = "公司名称,电话,邮箱,统一社会信用代码,地址,地区,客户编码"
ROWS = (
    "博远 科技有限 公司,138OO138l11,“li@163，com”,,江苏省苏州市吴中区人民路1号,,A1",
    "云启科技有限公师,li.wei@qq.com,13812341234,无,,苏州,A2",
    "=cmd|calc,0512-62881234,x@gmial.com,,杭州市西湖区文三路1号,苏州,0000123456789012",
    "山海贸易有限公司,1381234,,,,,",
)


def sheets(path: Path) -> dict[str, list[tuple]]:
    return {
        sheet.title: list(sheet.iter_rows(values_only=True))
        for sheet in openpyxl.load_workbook(path)
    }


@pytest.fixture
def cleaned(tmp_path: Path):
    source = tmp_path / "list.csv"
    source.write_text(
        "\n".join((HEADER, *ROWS)).replace("“", '"').replace("”", '"'), encoding="gb18030"
    )
    out, report = tmp_path / "clean.xlsx", tmp_path / "report.xlsx"
    data = clean_list(str(source), "account", out=str(out), report=str(report))
    [lines] = sheets(out).values()
    return data, lines, sheets(report)


def test_the_list_comes_back_whole_with_its_columns_and_sure_repairs(cleaned) -> None:
    _data, lines, _report = cleaned
    assert lines[0] == tuple(HEADER.split(","))
    assert lines[1] == (
        "博远科技有限公司", "138 0013 8111", "li@163.com", None,
        "江苏省苏州市吴中区人民路1号", "江苏省苏州市吴中区", "A1",
    )  # fmt: skip
    assert lines[2][1:4] == ("13812341234", "li.wei@qq.com", None)
    assert len(lines) == 1 + len(ROWS)


def test_what_is_only_probable_or_in_no_field_stays_as_it_was(cleaned) -> None:
    _data, lines, _report = cleaned
    assert lines[2][0] == "云启科技有限公师"
    assert lines[3][2] == "x@gmial.com"
    assert lines[3][6] == "0000123456789012"


def test_a_text_that_looks_like_a_formula_stays_a_text(cleaned) -> None:
    _data, lines, _report = cleaned
    assert lines[3][0] == "=cmd|calc"


def test_the_report_names_every_change_with_row_reason_and_confidence(cleaned) -> None:
    data, _lines, report = cleaned
    summary, changes, proposals, problems = report.values()
    assert len(changes) - 1 == data["changes"] == 7
    first = next(line for line in changes if line[2] == "138OO138l11")
    assert first[0] == 2 and first[3] == "138 0013 8111" and first[5] and 0.995 <= first[6] < 1
    assert {line[3] for line in proposals[1:]} == {"云启科技有限公司", "x@gmail.com"}
    assert {(line[0], line[2]) for line in problems[1:]} == {
        (4, "杭州市西湖区文三路1号"),
        (5, "1381234"),
    }
    assert (summary[1][1], data["rows"], data["rows_without_problem"]) == (4, 4, 2)
    assert "7" in as_text(data)


def test_a_map_says_which_column_is_what(tmp_path: Path) -> None:
    source, mapping = tmp_path / "list.csv", tmp_path / "map.json"
    source.write_text("a,b\n１３８１２３４１２３４,13812341234 \n", encoding="utf-8")
    mapping.write_text(json.dumps({"a": "phone", "b": None}), encoding="utf-8")
    out, report = tmp_path / "o.xlsx", tmp_path / "r.xlsx"
    data = clean_list(
        str(source), "contact", out=str(out), report=str(report), mapping=str(mapping)
    )
    assert data["columns"] == {"a": "phone", "b": None}
    [lines] = sheets(out).values()
    assert lines[1] == ("138 1234 1234", "13812341234 ")


@pytest.mark.parametrize(
    ("content", "changes"),
    [
        ("公司名称\n博远", {"object_key": "planet"}),
        ("公司名称\n博远", {"out": "clean.csv"}),
        ("甲,乙\n1,2\n", {}),
        ("", {}),
    ],
)
def test_what_cannot_be_done_is_said_and_leaves_no_file(tmp_path: Path, content, changes) -> None:
    source = tmp_path / "list.csv"
    source.write_text(content, encoding="utf-8")
    options = {"object_key": "account", "out": "clean.xlsx", "report": "report.xlsx", **changes}
    targets = {name: str(tmp_path / options[name]) for name in ("out", "report")}
    with pytest.raises(CleanFailed) as found:
        clean_list(str(source), options["object_key"], **targets)
    assert len(str(found.value)) > 10
    assert [path.name for path in tmp_path.iterdir()] == ["list.csv"]


def test_the_list_is_never_overwritten(tmp_path: Path) -> None:
    source = tmp_path / "list.xlsx"
    source.write_bytes(b"x")
    with pytest.raises(CleanFailed):
        clean_list(str(source), "account", out=str(source), report=str(tmp_path / "r.xlsx"))
    assert source.read_bytes() == b"x"
