"""Writes the list a newcomer tries the import with: as untidy as lists from real offices are."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import xlsxwriter

from keqiao.base.regions import region_path
from keqiao.customers.choices import INDUSTRIES
from keqiao.customers.demo import CustomerMaker, odd_phone, people

TITLE = "2026年客户名单（销售一部汇总，请勿外传）"
HEADER = (
    "序号", "客户名称*", "联系电话 / Mobile", "统一社会信用代码", "所属行业", "客户等级",
    "省市区", "Address 详细地址", "E-mail", "员工人数", "年营业额", "建档日期", "备注",
)  # fmt: skip
LEAD_HEADER = ("线索名称", "联系人", "手机", "线索来源", "预计金额", "下次联系时间", "需求")
FORM = re.compile("(股份|集团|科技)?有限公司$")
FULL_WIDTH = {48 + digit: 0xFF10 + digit for digit in range(10)}


@dataclass
class Expected:
    """What an import of the first sheet into an empty Keqiao must report."""

    rows_read: int = 0
    duplicates: int = 0
    rejected: int = 0
    reasons: dict[str, int] = field(default_factory=dict)

    @property
    def created(self) -> int:
        return self.rows_read - self.duplicates - self.rejected

    def count(self, reason: str) -> None:
        self.reasons[reason] = self.reasons.get(reason, 0) + 1


def sample_file(path: Path, rows: int = 500, seed: int = 7) -> Expected:
    """Write `rows` customers and some leads to `path`; return what an import must find."""
    rng = Random(seed)  # noqa: S311 - invented customers, no secret
    maker = CustomerMaker(seed, datetime(2026, 11, 20), people())
    book = xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False})
    day = book.add_format({"num_format": "yyyy/m/d"})
    sheet = book.add_worksheet("客户")
    sheet.write(0, 1, TITLE, book.add_format({"bold": True, "font_size": 14}))
    sheet.write(1, 1, "制表：行政部    日期：2026-11-20")
    for column, text in enumerate(HEADER):
        sheet.write(3, column, text, book.add_format({"bold": True}))
    kept: list[list[Any]] = []
    expected, line = Expected(), 4
    for number in range(1, rows + 1):
        cells = _account_row(maker, rng, number, kept, expected)
        for column, value in enumerate([number, *cells]):
            if isinstance(value, date):
                sheet.write_datetime(line, column, value, day)
            elif value is not None:
                sheet.write(line, column, value)
        line += 1 + (rng.random() < 0.02)  # people leave rows empty
    expected.rows_read = rows
    _lead_sheet(book, maker, rng, max(10, rows // 10))
    book.add_worksheet("说明").write(0, 0, "带 * 的列必填；电话请填一个。")
    book.close()
    return expected


def _account_row(
    maker: CustomerMaker, rng: Random, number: int, kept: list[list[Any]], expected: Expected
) -> list[Any]:
    draw = rng.random()
    if kept and draw < 0.04:
        expected.duplicates += 1
        return _repeated(rng, rng.choice(kept))
    cells = _tidy_row(maker, rng, number)
    if draw < 0.10:
        expected.rejected += 1
        _spoil(rng, cells, expected)
        return cells
    kept.append(list(cells))
    _untidy(rng, cells)
    return cells


def _tidy_row(maker: CustomerMaker, rng: Random, number: int) -> list[Any]:
    maker.recent.clear()  # this file repeats customers by its own, counted rule
    made = maker.account(number)
    values = made["values"]
    names = [name for _code, name in region_path(values["region"])]
    industry = next(choice for choice in INDUSTRIES if choice.key == values["industry"])
    phone = f"{13_800_000_000 + number * 7_919 + rng.randrange(7_000)}"
    return [
        # The number keeps names apart, so that only the intended rows are duplicates.
        FORM.sub("", values["name"]) + f"{number}厂有限公司",
        phone,
        values.get("uscc"),
        industry.synonyms[0],
        values["level"],
        "".join(names),
        values.get("address"),
        values["email"].replace("@", f".{number}@") if values.get("email") else None,
        values["employees"],
        values["annual_revenue"],
        made["created_at"].date(),
        values.get("note"),
    ]


def _untidy(rng: Random, cells: list[Any]) -> None:
    """Write good values the way people do; all of this an import repairs."""
    for chance, at, change in (
        (0.25, 1, lambda v: odd_phone(v, rng)),
        (0.25, 1, lambda v: int(v) if v.isascii() and v.isdigit() else v),
        (0.20, 2, lambda v: f" {v} " if v else v),
        (0.10, 2, lambda v: v.lower() if v else v),
        (0.20, 4, lambda v: f"{v}类"),
        (0.30, 5, lambda v: v.replace("省", " ", 1).replace("市", " ", 1)),
        (0.15, 8, lambda v: str(v).translate(FULL_WIDTH)),
        (0.30, 9, _written_amount),
        (0.20, 9, lambda v: int(v) if isinstance(v, str) and v.isdigit() else v),
        (0.25, 10, lambda v: f"{v.year}年{v.month}月{v.day}日"),
        (0.10, 0, lambda v: f"　{v}"),
        (0.05, 11, lambda v: "=1+1 老板的电话：见名片"),
    ):
        if rng.random() < chance and (at not in {10} or isinstance(cells[at], date)):
            cells[at] = change(cells[at])  # type: ignore[no-untyped-call]


def _written_amount(value: str) -> str:
    amount = int(value)
    if amount >= 100_000_000:
        return f"{amount / 100_000_000:g}亿"
    return f"{amount / 10_000:g}万" if amount % 1_000 == 0 else f"￥{amount:,}"


def _spoil(rng: Random, cells: list[Any], expected: Expected) -> None:
    """Put in one error that nobody can repair without asking the customer."""
    spoilt = rng.randrange(5)
    if spoilt == 0:
        cells[0] = None
        expected.count("name")
    elif spoilt == 1:
        cells[1] = cells[1][:10]
        expected.count("phone")
    elif spoilt == 2:
        cells[2] = "91320505MA1MABCD1X"
        expected.count("uscc")
    elif spoilt == 3:
        cells[7] = "zhang.san＠@example"
        expected.count("email")
    else:
        cells[8] = "约两百"
        expected.count("employees")


def _repeated(rng: Random, before: list[Any]) -> list[Any]:
    cells = list(before)
    if rng.random() < 0.5:
        cells[1] = odd_phone(before[1], rng)
        cells[0] = before[0].replace("有限公司", "公司")
    cells[11] = "重复录入？"
    return cells


def _lead_sheet(book: Any, maker: CustomerMaker, rng: Random, rows: int) -> None:
    """Write leads whose dates come in every form, among them a day that does not exist."""
    sheet = book.add_worksheet("线索")
    for column, text in enumerate(LEAD_HEADER):
        sheet.write(0, column, text)
    for number in range(1, rows + 1):
        values = maker.lead(number)["values"]
        day = date(2026, 11, 23) + timedelta(days=rng.randrange(30))
        written: list[Any] = [
            day.isoformat(), f"{day.year}年{day.month}月{day.day}日", f"{day:%Y.%m.%d}",
            (day - date(1899, 12, 30)).days, f"民国{day.year - 1911}年{day.month}月{day.day}日",
            "2026/2/30",
        ]  # fmt: skip
        cells = (
            f"{values['name']}{number}", values["contact_name"], values["phone"], "展会",
            values.get("expected_amount"), written[number % len(written)], values["note"],
        )  # fmt: skip
        for column, value in enumerate(cells):
            if value is not None:
                sheet.write(number, column, value)
