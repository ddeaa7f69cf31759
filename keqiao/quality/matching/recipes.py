"""The day-one model: degrees of agreement for each role, with weights set by hand.

The shares m say what true pairs look like in customer lists (typing, moved offices, new numbers); u
are shares of pairs drawn at random. Learning replaces both where the data allow; a level the data
never show keeps the value from here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from keqiao.quality.forms import Role
from keqiao.quality.matching.columns import Compared, Style
from keqiao.quality.matching.conditions import Condition
from keqiao.quality.matching.model import Comparison, Frequencies, Level, Model, Veto

ELSE: Condition = ()
# A column alone says "the same" only where one value belongs to one customer.
IDENTIFYING = frozenset({Role.PHONE, Role.EMAIL, Role.USCC, Role.RESIDENT_ID})
GROUPS = {Role.REGION: "place", Role.ADDRESS: "place"}
CROSSED_LIKENESS = 0.9001
# The weight of a pair nobody knows anything of, before learning: one true pair in a thousand seen.
DAY_ONE_PRIOR = -10.0

Rows = list[tuple[Condition, float, float, str]]


def _levels(rows: Rows) -> tuple[Level, ...]:
    """Make levels of (condition, m, u, words); the first one weighs by how frequent the value is."""
    return tuple(
        Level(asked, m, u, words, frequent=at == 0) for at, (asked, m, u, words) in enumerate(rows)
    )


def _company(name: str) -> Rows:
    core, pinyin = f"{name}__core", f"{name}__pinyin"
    return [
        (("equal", core), 0.70, 0.00005, "same"),
        (("equal", pinyin), 0.06, 0.00001, "sounds"),
        (("any", ("jaro_winkler", core, 0.9201), ("edits", pinyin, 2)), 0.10, 0.0002, "similar"),
        (("any", ("starts", core, 2), ("jaro_winkler", core, 0.8201)), 0.08, 0.002, "alike"),
        (ELSE, 0.06, 0.998, "different"),
    ]


def _person(name: str) -> Rows:
    full, pinyin = f"{name}__name", f"{name}__pinyin"
    return [
        (("equal", full), 0.80, 0.0002, "same"),
        (("equal", pinyin), 0.06, 0.0003, "sounds"),
        (("any", ("jaro_winkler", full, 0.9201), ("edits", pinyin, 1)), 0.05, 0.001, "similar"),
        (("any", ("starts", full, 1), ("jaro_winkler", pinyin, 0.8801)), 0.05, 0.02, "alike"),
        (ELSE, 0.04, 0.98, "different"),
    ]


def _phone(name: str) -> Rows:
    return [
        (("equal", f"{name}__phone"), 0.75, 0.00001, "same"),
        (("equal", f"{name}__tail"), 0.04, 0.00001, "tail"),
        (("edits", f"{name}__phone", 1), 0.06, 0.00002, "similar"),
        (ELSE, 0.15, 0.99996, "different"),
    ]


def _email(name: str) -> Rows:
    email, local = f"{name}__email", f"{name}__local"
    return [
        (("equal", email), 0.75, 0.00001, "same"),
        (("equal", local), 0.04, 0.0002, "local"),
        (("edits", email, 2), 0.06, 0.00002, "similar"),
        (("jaro_winkler", email, 0.8801), 0.03, 0.002, "alike"),
        (("equal", f"{name}__domain"), 0.04, 0.02, "domain"),
        (ELSE, 0.08, 0.977, "different"),
    ]


def _uscc(name: str) -> Rows:
    return [
        (("equal", f"{name}__uscc"), 0.93, 0.000001, "same"),
        (("edits", f"{name}__uscc", 1), 0.05, 0.000001, "similar"),
        (ELSE, 0.02, 0.999998, "different"),
    ]


def _resident(name: str) -> Rows:
    return [
        (("equal", f"{name}__number"), 0.93, 0.000001, "same"),
        (("edits", f"{name}__number", 1), 0.05, 0.00001, "similar"),
        (ELSE, 0.02, 0.99998, "different"),
    ]


def _region(name: str) -> Rows:
    return [
        (("equal", f"{name}__region"), 0.80, 0.01, "same"),
        (("equal", f"{name}__city"), 0.12, 0.02, "city"),
        (("equal", f"{name}__province"), 0.03, 0.05, "province"),
        (ELSE, 0.05, 0.92, "different"),
    ]


def _address(name: str) -> Rows:
    street, numbers = f"{name}__street", f"{name}__numbers"
    return [
        (("equal", street), 0.55, 0.00002, "same"),
        (
            ("all", ("equal", numbers), ("jaro_winkler", street, 0.8001)),
            0.15, 0.00003, "similar",
        ),
        (("starts", street, 4), 0.05, 0.00005, "starts"),
        (("equal", numbers), 0.05, 0.003, "numbers"),
        (("jaro_winkler", street, 0.8801), 0.08, 0.002, "alike"),
        (ELSE, 0.12, 0.995, "different"),
    ]  # fmt: skip


def _date(name: str) -> Rows:
    day = f"{name}__date"
    return [
        (("equal", day), 0.80, 0.0002, "same"),
        (("edits", day, 1), 0.10, 0.003, "similar"),
        (("edits", day, 2), 0.04, 0.03, "alike"),
        (("equal", f"{name}__year"), 0.02, 0.03, "year"),
        (ELSE, 0.04, 0.94, "different"),
    ]


def _number(name: str) -> Rows:
    value = f"{name}__value"
    return [
        (("equal", f"{name}__number"), 0.70, 0.005, "same"),
        (("near", value, 0.0201), 0.08, 0.01, "near"),
        (("near", value, 0.1001), 0.08, 0.04, "near"),
        (("near", value, 0.3001), 0.06, 0.10, "alike"),
        (ELSE, 0.08, 0.845, "different"),
    ]


def _code(name: str) -> Rows:
    code = f"{name}__code"
    return [
        (("equal", code), 0.80, 0.001, "same"),
        (("edits", code, 1), 0.10, 0.005, "similar"),
        (("edits", code, 2), 0.03, 0.02, "alike"),
        (ELSE, 0.07, 0.974, "different"),
    ]


def _phrase(name: str) -> Rows:
    text = f"{name}__text"
    return [
        (("equal", text), 0.75, 0.003, "same"),
        (("any", ("edits", text, 1), ("jaro_winkler", text, 0.9301)), 0.10, 0.003, "similar"),
        (("any", ("starts", text, 3), ("jaro_winkler", text, 0.8701)), 0.05, 0.005, "alike"),
        (("any", ("starts", text, 1), ("jaro_winkler", text, 0.7801)), 0.03, 0.03, "remote"),
        (ELSE, 0.07, 0.959, "different"),
    ]


def _text(name: str) -> Rows:
    text, words = f"{name}__text", f"{name}__tokens"
    return [
        (("equal", text), 0.50, 0.0005, "same"),
        (
            ("any", ("tokens", words, 0.8501), ("jaro_winkler", text, 0.9501)),
            0.2,
            0.0005,
            "similar",
        ),
        (("any", ("tokens", words, 0.6501), ("jaro_winkler", text, 0.9001)), 0.12, 0.001, "alike"),
        (("any", ("tokens", words, 0.4501), ("contained", words, 0.8001)), 0.08, 0.003, "words"),
        (("tokens", words, 0.2501), 0.04, 0.02, "remote"),
        (ELSE, 0.06, 0.975, "different"),
    ]


def _web(name: str) -> Rows:
    return [
        (("equal", f"{name}__host"), 0.85, 0.0005, "same"),
        (("edits", f"{name}__host", 1), 0.05, 0.0005, "similar"),
        (ELSE, 0.10, 0.999, "different"),
    ]


def _category(form: str) -> Rows:
    return [(("equal", form), 0.85, 0.15, "same"), (ELSE, 0.15, 0.85, "different")]


_RECIPES: dict[Role, Callable[[str], Rows]] = {
    Role.COMPANY: _company,
    Role.PERSON: _person,
    Role.PHONE: _phone,
    Role.EMAIL: _email,
    Role.WEB: _web,
    Role.USCC: _uscc,
    Role.RESIDENT_ID: _resident,
    Role.REGION: _region,
    Role.ADDRESS: _address,
    Role.DATE: _date,
    Role.NUMBER: _number,
    Role.CODE: _code,
    Role.TEXT: _phrase,
}


def main_form(column: Compared) -> str:
    """Return the key form that must be there for a column to say anything."""
    rows = _rows(column)
    return str(_first_equal(rows[0][0]))


def _first_equal(asked: Condition) -> str:
    return asked[1]


def _rows(column: Compared) -> Rows:
    if column.style is Style.CATEGORY and column.role in {Role.TEXT, Role.CODE, Role.REGION}:
        forms = {Role.TEXT: "text", Role.CODE: "code", Role.REGION: "region"}
        return _category(f"{column.name}__{forms[column.role]}")
    if column.role is Role.TEXT and column.style is Style.TEXT:
        return _text(column.name)
    return _RECIPES[column.role](column.name)


def hand_model(columns: Sequence[Compared], crossing: Sequence[tuple[str, str]] = ()) -> Model:
    """Return the hand-set model; `crossing` names columns whose values change places."""
    comparisons = [
        Comparison(
            one.name,
            main_form(one),
            _levels(_rows(one)),
            one.label,
            one.role in IDENTIFYING,
            GROUPS.get(one.role, ""),
        )
        for one in columns
    ]
    for first, second in crossing:
        comparisons = _with_crossing(comparisons, first, second)
    return Model(
        roles={one.name: str(one.role) for one in columns},
        comparisons=tuple(comparisons),
        prior=DAY_ONE_PRIOR,
        vetoes=tuple(_vetoes(columns)),
        frequencies={
            one.form: Frequencies({}, one.levels[0].u, one.levels[0].u) for one in comparisons
        },
        least_agreeing=min(2, sum(one.fill > 0.3 for one in columns)) or 1,
    )


def _with_crossing(comparisons: list[Comparison], first: str, second: str) -> list[Comparison]:
    """Let the first column tell that two columns changed places, and the second stay silent then."""
    forms = {one.name: one.form for one in comparisons}
    asked = ("crossed", forms[first], forms[second], CROSSED_LIKENESS)
    made = []
    for one in comparisons:
        if one.name == first:
            level = Level(asked, 0.03, 0.00001, "crossed")
        elif one.name == second:
            level = Level(asked, 1.0, 1.0, "", fixed=True)
        else:
            made.append(one)
            continue
        levels = (one.levels[0], level, *one.levels[1:])
        made.append(Comparison(one.name, one.form, levels, one.label, one.identifies, one.group))
    return made


def _vetoes(columns: Sequence[Compared]) -> list[Veto]:
    """What makes two records related and not the same; see the measurements in decision 6."""
    found: list[Veto] = []
    by_role: dict[Role, list[str]] = {}
    for one in columns:
        by_role.setdefault(one.role, []).append(one.name)
    for name in by_role.get(Role.USCC, []):
        found.append(
            Veto("registration", "related_company", ("all", ("equal", f"{name}__valid"),
                 ("differ", f"{name}__uscc"), ("far", f"{name}__uscc", 1)))
        )  # fmt: skip
    for name in by_role.get(Role.RESIDENT_ID, []):
        found.append(
            Veto("resident", "household", ("all", ("equal", f"{name}__valid"),
                 ("far", f"{name}__number", 1)))
        )  # fmt: skip
    # A branch stands elsewhere; at the same street "…有限公司" is the branch, its name cut short.
    elsewhere: tuple[Condition, ...] = ()
    if streets := by_role.get(Role.ADDRESS, [])[:1]:
        street = f"{streets[0]}__street"
        elsewhere = (("any", ("differ", street), ("one_has", street), ("neither", street)),)
    for name in by_role.get(Role.COMPANY, []):
        branch = f"{name}__branch"
        found.append(Veto("branch", "branch", ("all", ("one_has", branch), *elsewhere)))
        found.append(Veto("branches", "branch", ("all", ("differ", branch), *elsewhere)))
        short = (("short", f"{name}__core", 4), ("neither", f"{name}__legal"))
        found.append(
            Veto("family", "household", _others(f"{name}__core", f"{name}__pinyin", short))
        )
    if not by_role.get(Role.COMPANY):
        for name in by_role.get(Role.PERSON, [])[:1]:
            found.append(Veto("family", "household", _others(f"{name}__name", f"{name}__pinyin")))
    return found


def _others(full: str, pinyin: str, further: tuple[Condition, ...] = ()) -> Condition:
    """Names of two people that neither look nor sound alike: at one telephone they are a family."""
    return (
        "all",
        *further,
        ("far", pinyin, 1),
        ("apart", full),
        ("unlike", full, 0.8501),
    )
