"""Customers with errors put in on purpose, and what they were before: the truth of the correction tests.

Seeds and mixes are frozen. The first mix is what the rules were tuned on; the second has another seed,
other shares and kinds of damage that no rule can repair, so that false repairs show.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from keqiao.base.identifiers import with_check_character
from keqiao.base.phone import AreaCode, area_codes
from keqiao.base.pinyin import readings
from keqiao.base.regions import parse_region, region_path, regions

FIELDS = (
    "name",
    "uscc",
    "phone",
    "more_phones",
    "email",
    "region",
    "address",
    "legal_person",
    "founded_year",
)
SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许邓韩冯曹彭曾肖田董潘袁蔡蒋余查仇单宓佴"
)
GIVEN = (
    "伟芳娜敏静磊强洋艳勇杰涛明超秀英华慧巧美霞平刚桂文辉力健世广志义兴良海山仁波宁贵福生龙元全国胜学祥才发武新利清"
    "飞彬富顺信"
)
BRANDS = "博远云启山海粤通海曙胶东知行光谷鹭岛秦岭泰达华信金鼎恒润嘉禾瑞丰天和鸿宇诚品"
TRADES = (
    "科技",
    "贸易",
    "机械设备",
    "电子",
    "新材料",
    "食品",
    "物流",
    "信息技术",
    "医疗器械",
    "环保工程",
)
FORMS = ("有限公司", "有限公司", "有限公司", "有限责任公司", "股份有限公司")
HOSTS = ("qq.com", "163.com", "126.com", "sina.com", "gmail.com", "foxmail.com", "outlook.com")
STREETS = ("人民路", "中山路", "解放大道", "工业园路", "创新路", "科技大道", "滨江路", "和平街")


@dataclass
class Damaged:
    """A record with its errors; `truth` holds what stood there, `repairable` what must come back."""

    values: dict[str, Any]
    truth: dict[str, Any]
    repairable: set[str] = field(default_factory=set)
    kinds: list[str] = field(default_factory=list)


Injector = Callable[[random.Random, Damaged], bool]


def true_record(rng: random.Random) -> dict[str, Any]:
    districts = [code for code in regions() if not code.endswith("00")]
    district = rng.choice(districts)
    path = region_path(district)
    area = area_of(district)
    length = area.lengths[0] if area else 8
    number = str(rng.randrange(2, 9)) + f"{rng.randrange(10 ** (length - 1)):0{length - 1}}"
    mobile = f"1{rng.choice(('38', '39', '58', '86', '77', '50'))}{rng.randrange(10**8):08}"
    name = path[-2 if len(path) > 1 else -1][1][:2] + "".join(
        rng.sample(BRANDS, rng.randrange(2, 5))
    )
    organisation = "MA" + "".join(rng.choices("0123456789ABCDEFGHJKLMNPQRTUWXY", k=6))
    body = "91" + district + organisation + organisation_check(organisation)
    return {
        "name": name + rng.choice(TRADES) + rng.choice(FORMS),
        "uscc": with_check_character(body),
        "phone": mobile if area is None or rng.random() < 0.6 else f"{area.code}-{number}",
        "more_phones": "",
        "email": f"{rng.choice('abcdefghijkl')}{rng.randrange(10**6)}@{rng.choice(HOSTS)}"
        if rng.random() < 0.6
        else f"sales@{rng.choice('abcdefghij')}{rng.randrange(3000)}-group.com.cn",
        "region": "".join(name for _code, name in path) if rng.random() < 0.8 else district,
        "address": "".join(part for _code, part in path)
        + f"{rng.choice(STREETS)}{rng.randrange(1, 999)}号{rng.randrange(1, 30)}幢",
        "legal_person": rng.choice(SURNAMES) + "".join(rng.sample(GIVEN, rng.choice((1, 2, 2)))),
        "founded_year": str(rng.randrange(1985, 2026)),
    }


@cache
def areas_by_city() -> dict[str, AreaCode]:
    return {region: area for area in area_codes().values() for region in area.regions}


def area_of(district: str) -> AreaCode | None:
    """Return the area code that serves a district's city or province."""
    places = (district, district[:4] + "00", district[:2] + "0000")
    return next((areas_by_city()[place] for place in places if place in areas_by_city()), None)


def organisation_check(organisation: str) -> str:
    """Return the check character of the organisation code inside a credit code (GB 11714-1997)."""
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    check = (
        -sum(int(char, 36) * weight for char, weight in zip(organisation, weights, strict=True))
        % 11
    )
    return "X" if check == 10 else str(check)


def _set(one: Damaged, name: str, value: str) -> bool:
    if value == one.values[name]:
        return False
    one.values[name] = value
    one.repairable.add(name)
    return True


def _wide(text: str) -> str:
    return "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in text)


def full_width(rng: random.Random, one: Damaged) -> bool:
    name = rng.choice(("uscc", "phone", "email"))
    return _set(one, name, _wide(one.values[name]))


def outer_spaces(rng: random.Random, one: Damaged) -> bool:
    name = rng.choice(("name", "uscc", "phone", "email", "legal_person"))
    return _set(one, name, rng.choice((" ", "\u3000", "\t", "\u200b")) + one.values[name] + " ")


def inner_spaces(rng: random.Random, one: Damaged) -> bool:
    text = one.values["name"]
    at = rng.randrange(2, len(text) - 1)
    return _set(one, "name", f"{text[:at]} {text[at:]}")


def spaced_person(rng: random.Random, one: Damaged) -> bool:
    return _set(one, "legal_person", "  ".join(one.values["legal_person"]))


def country_prefix(rng: random.Random, one: Damaged) -> bool:
    text = one.values["phone"]
    if text.startswith("0"):
        return _set(one, "phone", rng.choice(("+86 ", "0086-")) + text[1:])
    return _set(one, "phone", rng.choice(("+86", "0086", "86-", "(+86)")) + text)


def grouped_phone(rng: random.Random, one: Damaged) -> bool:
    text = one.values["phone"]
    if text.startswith("0"):
        return _set(one, "phone", text.replace("-", rng.choice(("—", " ", ")", "/"))))
    return _set(one, "phone", f"{text[:3]}-{text[3:7]}-{text[7:]}")


def mail_case(rng: random.Random, one: Damaged) -> bool:
    local, _at, host = one.values["email"].partition("@")
    return _set(one, "email", f"{local}@{host.upper()}")


def code_letters(rng: random.Random, one: Damaged) -> bool:
    return _set(one, "uscc", one.values["uscc"].replace("0", "O", 2).replace("1", "I", 1))


def code_case(rng: random.Random, one: Damaged) -> bool:
    return _set(one, "uscc", one.values["uscc"].lower())


def phone_letters(rng: random.Random, one: Damaged) -> bool:
    text = one.values["phone"]
    return _set(
        one,
        "phone",
        text.replace("0", "O", 1) if "0" in text[1:] else text[:1] + text[1:].replace("1", "l", 1),
    )


def mail_comma(rng: random.Random, one: Damaged) -> bool:
    local, _at, host = one.values["email"].partition("@")
    return _set(one, "email", f"{local}@{host.replace('.', rng.choice((',', '，', '。', ' .')))}")


def mail_double_at(rng: random.Random, one: Damaged) -> bool:
    return _set(one, "email", one.values["email"].replace("@", rng.choice(("@@", " @ ", "＠"))))


def swapped(rng: random.Random, one: Damaged) -> bool:
    first, second = rng.choice(
        (("phone", "email"), ("uscc", "phone"), ("name", "phone"), ("email", "uscc"))
    )
    if {first, second} & one.repairable:
        return False
    values = one.values
    values[first], values[second] = values[second], values[first]
    one.repairable |= {first, second}
    return True


def two_numbers(rng: random.Random, one: Damaged) -> bool:
    if {"phone", "more_phones"} & one.repairable:
        return False
    other = f"1{rng.choice(('35', '59'))}{rng.randrange(10**8):08}"
    one.truth["more_phones"] = other
    one.values["phone"] += rng.choice(("/", "、", ",", "；")) + other
    one.repairable |= {"phone", "more_phones"}
    return True


def no_region(rng: random.Random, one: Damaged) -> bool:
    return _set(one, "region", "")


def placeholder(rng: random.Random, one: Damaged) -> bool:
    name = rng.choice(("phone", "email", "uscc"))
    if not one.values[name] or name in one.repairable:
        return False
    one.truth[name] = ""
    return _set(
        one,
        name,
        rng.choice(
            ("无", "暂无", "-", "N/A", "test", "未知", "13800000000" if name == "phone" else "无")
        ),
    )


# --- what no rule may repair unasked ------------------------------------------------------------------


def _spoil(one: Damaged, name: str, value: str) -> bool:
    if name in one.repairable:
        return False
    if value == one.values[name]:
        return False
    one.values[name] = value
    return True


def wrong_digit(rng: random.Random, one: Damaged) -> bool:
    text = one.values["phone"]
    at = rng.randrange(3, max(len(text), 4))
    return (
        at < len(text)
        and text[at].isdigit()
        and _spoil(one, "phone", text[:at] + str((int(text[at]) + 3) % 10) + text[at + 1 :])
    )


def lost_digit(rng: random.Random, one: Damaged) -> bool:
    text = one.values["phone"]
    at = rng.randrange(2, max(len(text), 3))
    return _spoil(one, "phone", text[:at] + text[at + 1 :])


def wrong_code_character(rng: random.Random, one: Damaged) -> bool:
    text = one.values["uscc"]
    at = rng.randrange(8, 17)
    return len(text) == 18 and _spoil(
        one, "uscc", text[:at] + rng.choice("0123456789ABCDEFGH") + text[at + 1 :]
    )


def misspelt_host(rng: random.Random, one: Damaged) -> bool:
    local, _at, host = one.values["email"].partition("@")
    if not host:
        return False
    return _spoil(
        one,
        "email",
        f"{local}@{rng.choice((host.replace('.com', '.con'), host[1:], host[0] + host))}",
    )


def misspelt_form(rng: random.Random, one: Damaged) -> bool:
    return _spoil(
        one,
        "name",
        one.values["name"].replace("有限公司", rng.choice(("有限公师", "有限公", "有现公司"))),
    )


def sounds_alike(rng: random.Random, one: Damaged) -> bool:
    """Write one character of the place as another that is read the same."""
    text = one.truth["region"]
    at = rng.randrange(len(text))
    others = [char for char in homophones().get(text[at], ()) if char != text[at]]
    spelt = text[:at] + rng.choice(others) + text[at + 1 :] if others else text
    return parse_region(spelt) is None and _spoil(one, "region", spelt)


@cache
def homophones() -> dict[str, list[str]]:
    by_sound: dict[str, list[str]] = {}
    sounds = {char: sound for char, sound in readings().items() if len(char) == 1}
    for char, sound in sounds.items():
        by_sound.setdefault(sound, []).append(char)
    return {char: by_sound[sound][:12] for char, sound in sounds.items()}


def name_for_person(rng: random.Random, one: Damaged) -> bool:
    if {"name", "legal_person"} & one.repairable:
        return False
    values = one.values
    values["name"], values["legal_person"] = values["legal_person"], values["name"]
    return True


def titled_person(rng: random.Random, one: Damaged) -> bool:
    title = rng.choice(("先生", "女士", "经理", "总监", "主任"))
    return _spoil(one, "legal_person", one.values["legal_person"] + title)


def lost_area_code(rng: random.Random, one: Damaged) -> bool:
    area, dash, number = one.values["phone"].partition("-")
    return bool(dash) and area.startswith("0") and _spoil(one, "phone", number)


def other_column(rng: random.Random, one: Damaged) -> bool:
    if {"phone", "email"} & one.repairable:
        return False
    here, there = rng.choice((("phone", "email"), ("email", "phone")))
    one.truth[there] = ""
    one.values[there], one.values[here] = one.values[here], ""
    return True


def odd_but_right(rng: random.Random, one: Damaged) -> bool:
    """Nothing is wrong: what looks odd must stay."""
    name, value = rng.choice(
        (("name", "蘇州乾元國際有限公司"), ("legal_person", "王总"),
         ("legal_person", "阿不都·热合曼"),
         ("email", "li@qq-group.com"), ("email", "a@163.com.au"), ("phone", "400-820-8820"),
         ("phone", "95588"), ("phone", "+1 650 253 0000"),
         ("name", "O2O科技有限公司"), ("address", "五峰铺镇一号")),
    )  # fmt: skip
    if name in one.repairable:
        return False
    one.values[name] = one.truth[name] = value
    return True


SAFE: tuple[Injector, ...] = (
    full_width, outer_spaces, inner_spaces, spaced_person, country_prefix, grouped_phone,
    mail_case, code_letters, code_case, phone_letters, mail_comma, mail_double_at, swapped,
    two_numbers, no_region, placeholder,
)  # fmt: skip
UNSURE: tuple[Injector, ...] = (
    wrong_digit, wrong_code_character, misspelt_host, misspelt_form, sounds_alike,
    name_for_person, titled_person, lost_area_code, other_column,
)  # fmt: skip


@dataclass(frozen=True)
class Mix:
    """How a set is damaged: its seed, the weights of what can be repaired, and how much cannot."""

    seed: int
    weights: tuple[int, ...]
    unsure: tuple[Injector, ...]
    unsure_share: float
    most: int


TUNED = Mix(20260411, (4, 4, 2, 2, 4, 4, 2, 2, 2, 2, 2, 2, 2, 2, 4, 2), UNSURE, 0.3, 2)
HELD_OUT = Mix(
    31_415_926,
    (2, 1, 3, 1, 2, 1, 1, 4, 1, 4, 4, 4, 5, 4, 3, 4),
    (*UNSURE, lost_digit, odd_but_right),
    0.5,
    3,
)


def damaged_records(mix: Mix, count: int) -> list[Damaged]:
    """Return `count` records of a mix, the same at every call."""
    rng = random.Random(mix.seed)
    found = []
    for _number in range(count):
        truth = true_record(rng)
        one = Damaged(dict(truth), dict(truth))
        touched: set[str] = set()
        for _error in range(rng.randrange(mix.most + 1)):
            injector = rng.choices(SAFE, weights=mix.weights)[0]
            before, truth_before, repairable_before = (
                dict(one.values),
                dict(one.truth),
                set(one.repairable),
            )
            if injector(rng, one):
                changed = {
                    name
                    for name in FIELDS
                    if (one.values[name], one.truth[name]) != (before[name], truth_before[name])
                }
                if changed & touched:
                    # Two errors on one value are another kind of error; each value gets one.
                    one.values, one.truth, one.repairable = before, truth_before, repairable_before
                    continue
                touched |= changed
                one.kinds.append(injector.__name__)
        if rng.random() < mix.unsure_share:
            injector = rng.choice(mix.unsure)
            if injector(rng, one):
                one.kinds.append(injector.__name__)
        found.append(one)
    return found
