"""A shipped set of judged pairs for every type: invented customers, always the same, for comparing versions.

It keeps a version from being published that has learned something odd from few records. Nothing is
ever learned from it.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

from keqiao.base.identifiers import with_check_character
from keqiao.base.regions import region_path, regions
from keqiao.quality.forms import Role
from keqiao.quality.match_models.day_one import day_one_model, single_fields
from keqiao.quality.match_models.judged import Judged
from keqiao.quality.matching.scorer import Scorer
from keqiao.quality.matching.statements import SILENT

if TYPE_CHECKING:
    from keqiao.quality.candidates.comparing import Comparing

SEED = 74_203
PAIRS = 1_200
_BRANDS = "锦恒鑫瑞博远启辰泰康宏达信诚光华利民金源德邦佳禾卓立天成和顺"
_TRADES = ("贸易", "科技", "机械", "食品", "物流", "建材", "电子", "服饰", "化工", "包装")
_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂英华文辉玲建国"
_ROADS = ("人民路", "中山路", "解放路", "建设路", "滨江路", "和平路", "新华路", "长江路")
_MAIL = ("qq.com", "163.com", "126.com", "sina.com")
Values = dict[str, str]


@lru_cache(maxsize=32)
def _made(plan_key: str, mark: int) -> tuple[Judged, ...]:
    from keqiao.quality.candidates.comparing import plans

    return tuple(_pairs(plans()[plan_key]))


def shipped_pairs(plan: Comparing) -> tuple[Judged, ...]:
    """Return the invented pairs of a type, by the fields that are compared today."""
    return _made(plan.object_type.key, plan.mark)


def _pairs(plan: Comparing) -> list[Judged]:
    rng = random.Random(SEED)  # noqa: S311 the same set everywhere, no secret
    names = [name for name in single_fields(plan) if plan.roles[name] in _MAKERS]
    scorer = Scorer(day_one_model(plan))
    found = []
    for at in range(PAIRS):
        first = {name: _MAKERS[plan.roles[name]](rng) for name in names}
        is_same = at % 2 == 0
        second = (_again if is_same else _another)(rng, plan, first)
        a, b = (plan.forms(_with_gaps(rng, plan, one)) for one in (first, second))
        if scorer.veto(a, b) is not None:
            continue
        told = zip(scorer.levels(a, b), scorer.model.comparisons, strict=True)
        words = {one.name: one.levels[level].words for level, one in told if level != SILENT}
        found.append(Judged(words, is_same, is_frozen=True))
    return found


def _with_gaps(rng: random.Random, plan: Comparing, values: Values) -> Values:
    """Leave fields empty as people do: hardly anybody types the eighteen characters of a licence."""
    title = plan.object_type.title
    kept = {name: rng.random() < (0.3 if plan.roles[name] is Role.USCC else 0.7) for name in values}
    return {name: value for name, value in values.items() if kept[name] or name == title}


def _again(rng: random.Random, plan: Comparing, values: Values) -> Values:
    """Enter the same customer once more: some fields mistyped, some out of date."""
    made = dict(values)
    for name, value in values.items():
        role, dice = plan.roles[name], rng.random()
        is_title = name == plan.object_type.title
        if dice < 0.08 and not is_title:
            made[name] = _MAKERS[role](rng)
        elif dice < 0.23:
            made[name] = _mistyped(rng, role, value)
    return made


def _another(rng: random.Random, plan: Comparing, values: Values) -> Values:
    """Make another customer who has one or two things in common with the first by chance."""
    made = {name: _MAKERS[plan.roles[name]](rng) for name in values}
    alone = {Role.USCC, Role.RESIDENT_ID, Role.EMAIL}
    shareable = [name for name in values if plan.roles[name] not in alone]
    for name in rng.sample(shareable, k=min(len(shareable), rng.choice((0, 1, 1, 2)))):
        made[name] = values[name]
    return made


def _mistyped(rng: random.Random, role: Role, value: str) -> str:
    if role is Role.COMPANY:
        return rng.choice((value.removesuffix("有限公司"), value.replace("市", ""), value[2:]))
    if role is Role.PERSON:
        return f"{value}{rng.choice(('先生', '女士', '总'))}"
    if role in {Role.PHONE, Role.EMAIL, Role.USCC} and len(value) > 4:
        at = rng.randrange(2, len(value) - 1)
        return value[:at] + value[at + 1] + value[at] + value[at + 2 :]
    return value


def _region(rng: random.Random) -> str:
    return rng.choice([code for code in regions() if not code.endswith("00")])


def _company(rng: random.Random) -> str:
    place = region_path(_region(rng))[-1][1]
    brand = "".join(rng.choices(_BRANDS, k=rng.choice((2, 2, 3))))
    return f"{place}{brand}{rng.choice(_TRADES)}有限公司"


def _person(rng: random.Random) -> str:
    return rng.choice(_SURNAMES) + "".join(rng.choices(_GIVEN, k=rng.choice((1, 2, 2))))


def _phone(rng: random.Random) -> str:
    return f"1{rng.choice(('38', '39', '86', '59', '77'))}{rng.randrange(10**8):08}"


def _email(rng: random.Random) -> str:
    local = "".join(rng.choices("abcdefghjklmnpqrstwxyz", k=6))
    return f"{local}{rng.randrange(1000)}@{rng.choice(_MAIL)}"


def _web(rng: random.Random) -> str:
    return f"www.{''.join(rng.choices('abcdefghjklmnpqrstwxyz', k=7))}.com"


def _uscc(rng: random.Random) -> str:
    tail = "".join(rng.choices("0123456789ABCDEFGHJKLMNPQRTUWXY", k=7))
    return with_check_character(f"91{_region(rng)}MA{tail}")


def _address(rng: random.Random) -> str:
    place = "".join(name for _code, name in region_path(_region(rng)))
    return f"{place}{rng.choice(_ROADS)}{rng.randrange(1, 900)}号{rng.randrange(1, 30)}幢"


_MAKERS: dict[Role, Callable[[random.Random], str]] = {
    Role.COMPANY: _company,
    Role.PERSON: _person,
    Role.PHONE: _phone,
    Role.EMAIL: _email,
    Role.WEB: _web,
    Role.USCC: _uscc,
    Role.REGION: _region,
    Role.ADDRESS: _address,
}
