"""A hundred thousand records formed at once have the very forms that each has alone."""

from __future__ import annotations

import random

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from keqiao.base.identifiers import with_check_character
from keqiao.base.names import BRANCH_WORDS, LEGAL_FORMS
from keqiao.base.regions import region_path, regions
from keqiao.quality.forms import PARTS, Normaliser, Role, form

ROLES = {role.value: role for role in Role if role is not Role.NONE}
NORMALISER = Normaliser(ROLES)
WORDS = (
    "博远 云启 山海 科技 贸易 银行 地铁 机械设备 人民 第一 重庆 厦门 行业 商行 大厦 中国 集团 "  # noqa: SIM905
    "沙市 吴江 乾元 華為".split()
)


def same_on_every_row(rows: list[dict[str, object]]) -> None:
    frame = pl.DataFrame(rows, schema=dict.fromkeys(ROLES, pl.String))
    bulk = NORMALISER.many(frame)
    assert tuple(bulk.columns) == NORMALISER.names
    for row, found in zip(rows, bulk.iter_rows(named=True), strict=True):
        assert found == NORMALISER.one(row), row


def place(rng: random.Random) -> str:
    names = [name for _code, name in region_path(rng.choice(list(regions())))]
    start = rng.randrange(len(names))
    short = [name[:-1] if rng.random() < 0.2 else name for name in names[start:]]
    return rng.choice(("", " ", "")).join(short) if rng.random() < 0.9 else ""


def company(rng: random.Random) -> str:
    core = "".join(rng.choices(WORDS, k=rng.randrange(4)))
    form_word = "".join(rng.choices(LEGAL_FORMS, k=rng.choice((0, 1, 1, 1, 2))))
    branch = place(rng)[:3] + rng.choice(BRANCH_WORDS) if rng.random() < 0.1 else ""
    name = place(rng)[: rng.choice((0, 2, 3, 9))] + core + form_word + branch
    return name.replace("有限", "（有限）") if rng.random() < 0.05 else name


def address(rng: random.Random) -> str:
    street = rng.choice(
        "人民路 五一路 中山三路 解放路 城区路 南京东路 沙市路 三元里大街 市府路 吴中大道 "  # noqa: SIM905
        "二十一街 中山市场路".split()
    )
    number = (
        f"{rng.randrange(999)}{rng.choice(('号', '弄', '-', '#', '－', ''))}{rng.randrange(99)}"
    )
    return (
        place(rng)
        + rng.choice(("", "", " ", "，"))
        + street
        + number
        + rng.choice(("室", "A座", "幢", "Ｂ"))
    )


def phone(rng: random.Random) -> str:
    digits = f"{rng.randrange(10**8):08}"
    parts = digits[:4], digits[4:]
    kinds = (
        f"138{digits}", f"+86 159-{parts[0]}-{parts[1]}", f"0512-{digits}", f"010 {digits}",
        f"(021){digits}", f"0371{digits}", f"400-{digits[:3]}-{parts[1]}", f"149{digits}",
        f"8613{digits}1", f"0512-{digits}-8", f"+86512{digits}", digits,
    )  # fmt: skip
    return rng.choice(kinds)


def code(rng: random.Random) -> str:
    body = rng.choice(("91320500MA", "9132050012", "5132050012")) + "".join(
        rng.choices("0123456789ABCDEFG", k=7)
    )
    whole = with_check_character(body)
    return rng.choice(
        (
            whole,
            whole,
            whole.lower(),
            whole[:-1],
            whole.replace("0", "O"),
            whole[:4] + " " + whole[4:],
        )
    )


def mail(rng: random.Random) -> str:
    return rng.choice(
        ("li.wei@Example.com", "INFO@boyuan.cn", "a＠b。cn", "mailto:x@y.cn", "x@@y", "no mail")
    )


def test_bulk_gives_the_forms_of_single_records() -> None:
    rng = random.Random(20261127)
    made = {
        "company": company,
        "address": address,
        "phone": phone,
        "uscc": code,
        "email": mail,
        "region": place,
    }
    rows = [{name: make(rng) for name, make in made.items()} for _row in range(6000)]
    same_on_every_row([{**dict.fromkeys(ROLES), **row} for row in rows])


TEXT = st.text(max_size=30) | st.text(
    alphabet="苏州市江省上海浦东新区有限责任公司集团股份总分办事处科技"
    "贸易银行（）() 一二三十百号路王先生0１1-+86３8转乾縣",
    max_size=20,
)


@settings(max_examples=30, deadline=None)
@given(st.lists(TEXT, min_size=1, max_size=40))
def test_bulk_gives_the_forms_of_single_records_for_any_text(texts) -> None:
    same_on_every_row([dict.fromkeys(ROLES, text) for text in texts])


def test_columns_of_other_types_and_missing_ones_have_forms() -> None:
    normaliser = Normaliser({"phones": Role.PHONE, "amount": Role.NUMBER, "absent": Role.TEXT})
    frame = pl.DataFrame({"phones": [["13800138000", "01088886666"], []], "amount": [1.5, None]})
    found = normaliser.many(frame)
    assert found.row(0) == (*form(Role.PHONE, ["13800138000", "01088886666"]), "1.5", "")
    assert found.row(1) == ("",) * (len(PARTS[Role.PHONE]) + 2)


def test_an_empty_frame_has_all_columns() -> None:
    assert (
        tuple(NORMALISER.many(pl.DataFrame({"company": []}, schema={"company": pl.String})).columns)
        == NORMALISER.names
    )
