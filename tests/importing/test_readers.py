"""Lists of every form are read alike; hostile and broken files are refused with a sentence."""

from __future__ import annotations

import datetime
import resource
import struct
import time
import zipfile
from pathlib import Path

import pytest

from keqiao.importing.file_problem import SENTENCES, FileProblem
from keqiao.importing.limits import MEGABYTE, Limits
from keqiao.importing.readers import ReadSettings, check_unchanged, detect, iter_rows
from tests.importing.files import raw_workbook, sheet_xml, workbook
from tests.importing.old_excel import old_workbook

ROWS = [
    ["客户名称", "手机", "备注"],
    ["苏州博远精密机械有限公司", "13800138000", "老客户,重要"],
    ["上海远图", "", "a\nb"],
]
CSV = (
    '客户名称,手机,备注\r\n苏州博远精密机械有限公司,13800138000,"老客户,重要"\r\n'
    '上海远图,,"a\nb"\r\n'
)


def write(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def code_of(path: Path, name: str | None = None, limits: Limits | None = None) -> str:
    with pytest.raises(FileProblem) as problem:
        found = detect(path, name or path.name, limits=limits or Limits())
        for _ in iter_rows(path, found.settings, limits or Limits()):
            pass
    assert len(problem.value.message) > 12
    assert "%(" not in problem.value.message
    return problem.value.code


@pytest.mark.parametrize(
    ("encoding", "mark", "expected"),
    [
        ("utf-8", b"", "utf-8"),
        ("utf-8", b"\xef\xbb\xbf", "utf-8"),
        ("gbk", b"", "gb18030"),
        ("gb18030", b"", "gb18030"),
        ("utf-16-le", b"", "utf-16-le"),
        ("utf-16-le", b"\xff\xfe", "utf-16-le"),
        ("utf-16-be", b"", "utf-16-be"),
        ("utf-16-be", b"\xfe\xff", "utf-16-be"),
    ],
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_text_reads_alike_in_every_encoding_and_separator(
    tmp_path: Path, encoding: str, mark: bytes, expected: str, delimiter: str
) -> None:
    text = "".join(
        delimiter.join(f'"{cell}"' if cell else "" for cell in row) + "\r\n" for row in ROWS
    )
    path = write(tmp_path, "list.csv", mark + text.encode(encoding))
    found = detect(path, path.name)
    assert (found.settings.encoding, found.settings.delimiter) == (expected, delimiter)
    assert [column.name for column in found.columns] == ROWS[0]
    assert list(iter_rows(path, found.settings)) == [
        (2, ROWS[1]),
        (3, ["上海远图", None, "a\nb"]),
    ]


def test_ascii_for_a_megabyte_then_chinese_is_still_told_right(tmp_path: Path) -> None:
    ascii_rows = b"name,phone\n" + b"Acme,123\n" * 150_000
    for encoding, expected in (("gbk", "gb18030"), ("utf-8", "utf-8")):
        path = write(tmp_path, "long.csv", ascii_rows + "苏州博远,1\n".encode(encoding))
        found = detect(path, path.name)
        assert found.settings.encoding == expected
        assert list(iter_rows(path, found.settings))[-1] == (150_002, ["苏州博远", "1"])


def test_damaged_bytes_and_nul_stay_in_their_cell(tmp_path: Path) -> None:
    text = "名称,电话\n" + "苏州博远精密,0512-62881234\n" * 40
    data = text.encode() + b"\xed\xa0\x80\xe5\xae\xa2,1\n" + "含\0空,2\n".encode()
    path = write(tmp_path, "list.csv", data)
    rows = list(iter_rows(path, detect(path, path.name).settings))
    assert len(rows) == 42
    assert "\ufffd" in rows[-2][1][0]
    assert rows[-2][1][0].endswith("客")
    assert rows[-1][1] == ["含\0空", "2"]


def test_workbook_with_titles_and_sheets_is_proposed_right(tmp_path: Path) -> None:
    day = datetime.date(2026, 1, 5)
    rows = [
        ["2026年客户名单"],
        [],
        [None, "客户名称*", "手机", "建档日期", "员工数"],
        [None, "苏州博远", 13800138000, day, 120],
        [],
        [None, "上海远图", "139 0013 9000", "2026年1月5日", 1.5],
    ]
    path = workbook(tmp_path / "客户.xlsx", {"封面": [], "客户": rows, "说明": [["填表说明"]]})
    found = detect(path, path.name)
    assert found.sheets == ("封面", "客户", "说明")
    assert (found.settings.sheet, found.settings.header_row) == ("客户", 3)
    assert [(c.letter, c.name) for c in found.columns] == [
        ("B", "客户名称"), ("C", "手机"), ("D", "建档日期"), ("E", "员工数"),
    ]  # fmt: skip
    first, second = iter_rows(path, found.settings)
    at = found.columns[0].index
    assert (first[0], first[1][at:]) == (4, ["苏州博远", 13800138000, day, 120])
    assert (second[0], second[1][at:]) == (6, ["上海远图", "139 0013 9000", "2026年1月5日", 1.5])
    assert type(first[1][at + 1]) is int


def test_numbers_beyond_fifteen_digits_stay_visibly_rounded(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", {"S": [["身份证"], [320501199001011234]]})
    found = detect(path, path.name)
    assert isinstance(next(iter_rows(path, found.settings))[1][0], float)


def test_chosen_settings_override_what_was_detected(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "a.xlsx", {"A": [["x"], ["1"]], "B": [["t"], ["h", "k"], ["v", "w"]]}
    )
    found = detect(path, path.name, asked=ReadSettings(".xlsx", sheet="B", header_row=2))
    assert [column.name for column in found.columns] == ["h", "k"]
    assert [row for _, row in iter_rows(path, found.settings)] == [["v", "w"]]
    with pytest.raises(FileProblem) as problem:
        detect(path, path.name, asked=ReadSettings(".xlsx", sheet="C"))
    assert problem.value.code == "unknown_sheet"
    assert "A, B" in problem.value.message


def test_repeated_and_empty_headers_stay_choosable(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "名称,电话,电话,,电话\n甲,1,2,3,4\n".encode())
    found = detect(path, path.name)
    assert [c.name for c in found.columns] == ["名称", "电话", "电话 (2)", "D", "电话 (3)"]
    assert found.repeated_headers == ("电话",)


def test_three_hundred_columns_are_read_and_one_more_is_refused(tmp_path: Path) -> None:
    for count in (300, 301):
        lines = ",".join(f"c{n}" for n in range(count)) + "\n" + ",".join(["v"] * count) + "\n"
        text = write(tmp_path, f"{count}.csv", lines.encode())
        book = workbook(
            tmp_path / f"{count}.xlsx", {"S": [[f"c{n}" for n in range(count)], ["v"] * count]}
        )
        for path in (text, book):
            if count == 300:
                assert len(detect(path, path.name).columns) == 300
            else:
                assert code_of(path) == "too_many_columns"


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("a.csv", b"", "empty"),
        ("a.xlsx", b"", "empty"),
        ("a.csv", b"\xef\xbb\xbf\r\n\r\n", "empty"),
        ("a.csv", "名称,电话\r\n".encode(), "no_rows"),
        ("a.csv", "名称,电话\r\n,\r\n  ,\r\n".encode(), "no_rows"),
        ("a.doc", b"x", "unknown_extension"),
        ("noending", b"x", "unknown_extension"),
        ("list.exe.csv", b"a,b\n1,2\n", "double_extension"),
        ("a.xlsx", b"name,phone\n1,2\n", "content_mismatch"),
        ("a.xls", b"<html><table><tr><td>1</td></tr></table>", "content_mismatch"),
        ("a.xlsx", b"%PDF-1.7 rest", "content_mismatch"),
        ("a.csv", b"PK\x03\x04rest", "content_mismatch"),
        ("a.csv", b"\x89PNG\r\n\x1a\n", "content_mismatch"),
        ("a.csv", b"<!DOCTYPE html><p>1", "content_mismatch"),
        ("a.xlsx", b"PK\x03\x04" + b"broken" * 50, "corrupt"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 2000, "content_mismatch"),
        ("a.csv", '名称,备注\n甲,"开\n'.encode() + "乙,1\n".encode() * 50, "unclosed_quote"),
        ("a.csv", '名称,备注\n甲,"开\n'.encode() + b"y,1\n" * 90_000, "unclosed_quote"),
    ],
)  # fmt: skip
def test_unusable_file_is_refused_with_a_sentence(
    tmp_path: Path, name: str, data: bytes, code: str
) -> None:
    assert code_of(write(tmp_path, name, data)) == code


def test_real_workbook_under_a_wrong_name_is_refused(tmp_path: Path) -> None:
    book = workbook(tmp_path / "a.xlsx", {"S": [["x", "y"], ["1", "2"]]})
    for name in ("a.csv", "a.xls"):
        assert code_of(write(tmp_path, name, book.read_bytes())) == "content_mismatch"


def test_unclosed_quote_names_the_line_where_it_opens(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", b'a,b\n1,2\n3,"open\n' + b"5,6\n" * 10)
    with pytest.raises(FileProblem) as problem:
        list(iter_rows(path, detect(path, path.name).settings))
    assert " 3 " in problem.value.message


def test_header_only_and_empty_workbooks_are_refused(tmp_path: Path) -> None:
    assert code_of(workbook(tmp_path / "a.xlsx", {"S": [["名称", "电话"]]})) == "no_rows"
    assert code_of(workbook(tmp_path / "b.xlsx", {"S": []})) == "empty"


def test_password_protected_workbook_is_told_apart(tmp_path: Path) -> None:
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 1016
    locked = ole + "EncryptedPackage".encode("utf-16-le") + b"\0" * 500
    assert code_of(write(tmp_path, "a.xlsx", locked)) == "password"
    word = ole + "WordDocument".encode("utf-16-le") + b"\0" * 500
    assert code_of(write(tmp_path, "a.xls", word)) == "content_mismatch"


def test_truncated_workbook_is_corrupt_at_every_length(tmp_path: Path) -> None:
    data = workbook(tmp_path / "a.xlsx", {"S": [["名", "电"], ["甲", "1"]] * 50}).read_bytes()
    for cut in range(10, len(data) - 1, len(data) // 25):
        assert code_of(write(tmp_path, "cut.xlsx", data[:cut])) == "corrupt"


def test_flipped_bytes_never_escape_as_another_error(tmp_path: Path) -> None:
    data = workbook(tmp_path / "a.xlsx", {"S": [["名", "电"], ["甲", "1"]] * 50}).read_bytes()
    for at in range(40, len(data), len(data) // 20):
        path = write(tmp_path, "f.xlsx", data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :])
        try:
            list(iter_rows(path, detect(path, path.name).settings))
        except FileProblem as problem:
            assert problem.code in SENTENCES


# --- F1: bombs ------------------------------------------------------------------------------------


def children_peak() -> int:
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024


def test_zip_bomb_is_refused_unread(tmp_path: Path) -> None:
    path = raw_workbook(tmp_path / "a.xlsx", b" " * (300 * MEGABYTE))
    begun = time.monotonic()
    assert code_of(path) == "bomb"
    assert time.monotonic() - begun < 1


def test_zip_with_a_hundred_thousand_entries_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(65_000):
            archive.writestr(f"e{number}", b"")
    assert code_of(path) == "bomb"
    data = bytearray(path.read_bytes())
    at = data.rfind(b"PK\x05\x06")
    data[at + 8 : at + 12] = struct.pack(
        "<HH", 3, 3
    )  # the count lies, the directory's size does not
    assert code_of(write(tmp_path, "lie.xlsx", bytes(data))) == "bomb"


@pytest.mark.parametrize("name", ["../evil.xml", "/etc/passwd", "a\\..\\b.xml", "inner.zip"])
def test_foreign_parts_in_the_archive_are_refused(tmp_path: Path, name: str) -> None:
    path = raw_workbook(tmp_path / "a.xlsx", sheet_xml({"A1": "x", "A2": "1"}), {name: b"x"})
    assert code_of(path) == "archive_entries"


def test_symbolic_link_in_the_archive_is_refused(tmp_path: Path) -> None:
    path = raw_workbook(tmp_path / "a.xlsx", sheet_xml({"A1": "x", "A2": "1"}))
    with zipfile.ZipFile(path, "a") as archive:
        link = zipfile.ZipInfo("xl/media/link")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    assert code_of(path) == "archive_entries"


def test_other_office_files_are_named(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", "<x/>")
    with pytest.raises(FileProblem, match="Word"):
        detect(path, path.name)


def test_document_type_in_a_part_is_refused(tmp_path: Path) -> None:
    laughs = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;">]><worksheet/>'
    assert code_of(raw_workbook(tmp_path / "a.xlsx", laughs)) == "forbidden_xml"


def test_declared_dimension_of_seventeen_billion_cells_costs_nothing(tmp_path: Path) -> None:
    xml = sheet_xml({"A1": "名称", "A2": "甲"}, dimension="A1:XFD1048576")
    path = raw_workbook(tmp_path / "a.xlsx", xml)
    assert [row for _, row in iter_rows(path, detect(path, path.name).settings)] == [["甲"]]


def test_real_cells_at_the_far_corner_stay_under_the_memory_limit(tmp_path: Path) -> None:
    path = raw_workbook(tmp_path / "a.xlsx", sheet_xml({"A1": "x", "XFD1048576": "y"}))
    assert code_of(path) == "too_many_cells"
    narrow = raw_workbook(tmp_path / "b.xlsx", sheet_xml({"A1": "x", "IV1048576": "y"}))
    assert code_of(narrow) == "too_many_cells"
    assert children_peak() < 2_100 * MEGABYTE


def test_shared_strings_over_the_limit_are_refused_unread(tmp_path: Path) -> None:
    path = raw_workbook(
        tmp_path / "a.xlsx",
        sheet_xml({"A1": "x", "A2": "1"}),
        {"xl/sharedStrings.xml": bytes(range(256)) * 4096},
    )
    assert code_of(path, limits=Limits(shared_strings=MEGABYTE // 2)) == "too_much_text"


def test_one_endless_line_is_refused_after_a_megabyte(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with path.open("wb") as file:
        file.write(b"name,phone\n")
        file.truncate(500 * MEGABYTE)  # sparse: 500 MB of NUL without a line end
    begun = time.monotonic()
    assert code_of(path, limits=Limits(text_size=600 * MEGABYTE)) == "line_too_long"
    assert time.monotonic() - begun < 10
    assert code_of(path) == "too_large"


def test_slow_child_is_stopped(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", {"S": [["x", "y"]] + [["1", "2"]] * 10})
    assert code_of(path, limits=Limits(child_seconds=0)) == "too_slow"


def test_file_changed_after_its_preview_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", CSV.encode())
    found = detect(path, path.name)
    check_unchanged(path, found.settings.sha256)
    path.write_bytes(CSV.replace("13800138000", "13800138001").encode())
    with pytest.raises(FileProblem) as problem:
        check_unchanged(path, found.settings.sha256)
    assert problem.value.code == "changed"
    path.unlink()
    with pytest.raises(FileProblem) as problem:
        check_unchanged(path, found.settings.sha256)
    assert problem.value.code == "missing"


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_reading_is_fast_enough(tmp_path: Path, kind: str) -> None:
    rows = [["名称", "手机", "地址", "数量"]] + [
        [f"苏州博远精密机械{n}有限公司", 13800138000 + n, "江苏省苏州市工业园区星湖街328号", n]
        for n in range(30_000)
    ]
    if kind == "xlsx":
        path = workbook(tmp_path / "a.xlsx", {"S": rows})
    else:
        text = "\n".join(",".join(str(cell) for cell in row) for row in rows)
        path = write(tmp_path, "a.csv", text.encode())
    found = detect(path, path.name)
    begun = time.perf_counter()
    count = sum(1 for _ in iter_rows(path, found.settings))
    rate = count / (time.perf_counter() - begun)
    assert count == 30_000
    assert rate > 30_000


def test_old_excel_workbook_is_read(tmp_path: Path) -> None:
    path = old_workbook(
        tmp_path / "老名单.xls",
        "客户",
        [["客户名称", "手机", "员工数"], ["苏州博远", 13800138000, 1.5], ["上海远图", "", 3]],
    )
    found = detect(path, path.name)
    assert (found.settings.sheet, found.settings.extension) == ("客户", ".xls")
    assert [column.name for column in found.columns] == ["客户名称", "手机", "员工数"]
    assert [row for _number, row in iter_rows(path, found.settings)] == [
        ["苏州博远", 13800138000, 1.5],
        ["上海远图", None, 3],
    ]
    assert code_of(path, "a.xlsx") == "content_mismatch"
    path.write_bytes(path.read_bytes()[:1500])
    assert code_of(path) == "corrupt"
