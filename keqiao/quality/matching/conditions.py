"""The questions a comparison asks of two records, answered alike by Python, DuckDB and Spark.

A condition is plain data (`["edits", "phone__phone", 1]`), so a model can be kept as JSON. It speaks
of the key forms of `keqiao.quality.forms`; a form that is missing on either side answers no.
String distances count characters, not bytes, in every executor (DuckDB 2.0 and rapidfuzz agree).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rapidfuzz.distance import DamerauLevenshtein, JaroWinkler, Levenshtein

Record = Mapping[str, Any]
Condition = tuple[Any, ...]
Answer = Callable[[Record, Record], bool]

# A token is one number: its rarity (1/16 bit) above, 40 bits of its hash below. Rarities then add
# up as whole numbers, the same in every executor, without a look-up for each pair.
RARITY_SHIFT = 40


class UnknownCondition(Exception):
    """A model that asks what this version cannot answer."""


def condition(data: Sequence[Any]) -> Condition:
    """Return a condition read from JSON, checked."""
    kind = data[0]
    if kind not in _PYTHON:
        raise UnknownCondition(kind)
    inner = kind in {"all", "any"}
    return (kind, *(condition(one) if inner else one for one in data[1:]))


def columns_of(asked: Condition) -> list[str]:
    """Return the key forms a condition reads, for loading no more than those."""
    if asked[0] in {"all", "any"}:
        return [name for one in asked[1:] for name in columns_of(one)]
    names = [one for one in asked[1:] if isinstance(one, str)]
    if asked[0] in {"tokens", "contained"}:
        names += [total_of(name) for name in names]
    return names


def total_of(tokens: str) -> str:
    """Return the column that holds the sum of the rarities of a token column."""
    return tokens.replace("__tokens", "__total")


# --- Python ---------------------------------------------------------------------------------------


def answer(asked: Condition) -> Answer:
    """Return the function that answers a condition for two records."""
    return _PYTHON[asked[0]](*asked[1:])


def _equal(column: str) -> Answer:
    return lambda a, b: bool(a[column]) and a[column] == b[column]


def _differ(column: str) -> Answer:
    return lambda a, b: bool(a[column]) and bool(b[column]) and a[column] != b[column]


def _one_has(column: str) -> Answer:
    return lambda a, b: bool(a[column]) != bool(b[column])


def _jaro_winkler(column: str, least: float) -> Answer:
    similarity = JaroWinkler.similarity
    return lambda a, b: (
        bool(a[column]) and bool(b[column]) and similarity(a[column], b[column]) >= least
    )


def _edits(column: str, most: int) -> Answer:
    """At most so many edits, a swap of neighbours counted as one; half of a text may not change."""

    def answered(a: Record, b: Record) -> bool:
        left, right = a[column], b[column]
        if not left or not right:
            return False
        if len(left) <= 2 * most or len(right) <= 2 * most:
            return False
        if abs(len(left) - len(right)) > most:
            return False
        distance = Levenshtein.distance(left, right)
        if distance <= most:
            return True
        return distance <= 2 * most and DamerauLevenshtein.distance(left, right) <= most

    return answered


def _starts(column: str, least: int) -> Answer:
    """One is how the other begins (Rob, Robert), in at least so many characters."""

    def answered(a: Record, b: Record) -> bool:
        left, right = a[column] or "", b[column] or ""
        if len(left) < least or len(right) < least:
            return False
        return left.startswith(right) or right.startswith(left)

    return answered


def _common(left: Sequence[int], right: Sequence[int]) -> int:
    return sum(token >> RARITY_SHIFT for token in set(left) & set(right))


def _tokens(column: str, least: float) -> Answer:
    """The words in common weigh at least this share of all words (Dice, by rarity)."""
    total = total_of(column)

    def answered(a: Record, b: Record) -> bool:
        if not a[column] or not b[column]:
            return False
        return 2.0 * _common(a[column], b[column]) >= least * (a[total] + b[total])

    return answered


def _contained(column: str, least: float) -> Answer:
    """The words in common weigh at least this share of the shorter side."""
    total = total_of(column)

    def answered(a: Record, b: Record) -> bool:
        if not a[column] or not b[column]:
            return False
        return 1.0 * _common(a[column], b[column]) >= least * min(a[total], b[total])

    return answered


def _near(column: str, share: float) -> Answer:
    def answered(a: Record, b: Record) -> bool:
        left, right = a[column], b[column]
        if left is None or right is None:
            return False
        return abs(left - right) <= share * max(abs(left), abs(right))

    return answered


def _crossed(first: str, second: str, least: float) -> Answer:
    """Two columns changed places: first name in the column of the family name, and the reverse."""
    similarity = JaroWinkler.similarity

    def answered(a: Record, b: Record) -> bool:
        if not (a[first] and a[second] and b[first] and b[second]):
            return False
        return similarity(a[first], b[second]) >= least and similarity(a[second], b[first]) >= least

    return answered


def _far(column: str, least: int) -> Answer:
    """Both are there and more than so many edits apart."""
    return lambda a, b: (
        bool(a[column]) and bool(b[column]) and Levenshtein.distance(a[column], b[column]) > least
    )


def _unlike(column: str, least: float) -> Answer:
    similarity = JaroWinkler.similarity
    return lambda a, b: (
        bool(a[column]) and bool(b[column]) and similarity(a[column], b[column]) < least
    )


def _same_start(column: str, count: int) -> Answer:
    return lambda a, b: (
        bool(a[column]) and bool(b[column]) and a[column][:count] == b[column][:count]
    )


def _short(column: str, most: int) -> Answer:
    return lambda a, b: (
        bool(a[column]) and bool(b[column]) and len(a[column]) <= most and len(b[column]) <= most
    )


def _apart(column: str) -> Answer:
    """Each has a sign the other lacks; not so for a name turned round, cut short or with a title."""

    def answered(a: Record, b: Record) -> bool:
        left, right = a[column], b[column]
        if not left or not right:
            return False
        return not set(left) <= set(right) and not set(right) <= set(left)

    return answered


def _neither(column: str) -> Answer:
    return lambda a, b: not a[column] and not b[column]


def _all(*asked: Condition) -> Answer:
    answers = [answer(one) for one in asked]
    return lambda a, b: all(one(a, b) for one in answers)


def _any(*asked: Condition) -> Answer:
    answers = [answer(one) for one in asked]
    return lambda a, b: any(one(a, b) for one in answers)


_PYTHON: dict[str, Callable[..., Answer]] = {
    "equal": _equal,
    "differ": _differ,
    "one_has": _one_has,
    "jaro_winkler": _jaro_winkler,
    "edits": _edits,
    "starts": _starts,
    "tokens": _tokens,
    "contained": _contained,
    "near": _near,
    "crossed": _crossed,
    "far": _far,
    "unlike": _unlike,
    "same_start": _same_start,
    "short": _short,
    "apart": _apart,
    "neither": _neither,
    "all": _all,
    "any": _any,
}


# --- SQL ------------------------------------------------------------------------------------------


class Dialect:
    """DuckDB's words for what the standard has none for."""

    quote = '"'
    jaro_winkler = "jaro_winkler_similarity"
    damerau = "damerau_levenshtein"

    def column(self, side: str, name: str) -> str:
        return f"{side}.{self.quote}{name.replace(self.quote, '')}{self.quote}"

    def common(self, left: str, right: str) -> str:
        shifted = f"list_transform(list_intersect({left}, {right}), lambda x: x >> {RARITY_SHIFT})"
        return f"coalesce(list_sum({shifted}), 0)"

    def starts(self, text: str, start: str) -> str:
        return f"starts_with({text}, {start})"


class SparkDialect(Dialect):
    """Spark's. Its own jaro_winkler_similarity counts swaps otherwise (0.876 where DuckDB, rapidfuzz and
    jellyfish say 0.884), so both distances are registered functions with names of ours."""

    quote = "`"
    jaro_winkler = "keqiao_jaro_winkler"
    damerau = "keqiao_damerau"

    def common(self, left: str, right: str) -> str:
        return (
            f"aggregate(array_intersect({left}, {right}), 0L,"
            f" (total, x) -> total + shiftright(x, {RARITY_SHIFT}))"
        )

    def starts(self, text: str, start: str) -> str:
        return f"startswith({text}, {start})"


def literal(number: float) -> str:
    """Return a number as every SQL reads it: a double, not a decimal that rounds in its own way."""
    return format(float(number), ".17e")


def sql(asked: Condition, dialect: Dialect) -> str:
    """Return the SQL of a condition over the tables `l` and `r`; where a form is NULL it is not true."""
    kind, *args = asked
    if kind in {"all", "any"}:
        return (
            "(" + f" {'AND' if kind == 'all' else 'OR'} ".join(sql(a, dialect) for a in args) + ")"
        )
    left, right = (dialect.column(side, args[0]) for side in "lr")
    return _SQL[kind](dialect, left, right, args)


def _sql_edits(dialect: Dialect, left: str, right: str, args: list[Any]) -> str:
    most = int(args[1])
    return (
        f"(CASE WHEN length({left}) <= {2 * most} OR length({right}) <= {2 * most} THEN false"
        f" WHEN abs(length({left}) - length({right})) > {most} THEN false"
        f" WHEN levenshtein({left}, {right}) <= {most} THEN true"
        f" WHEN levenshtein({left}, {right}) <= {2 * most}"
        f" THEN {dialect.damerau}({left}, {right}) <= {most} ELSE false END)"
    )


def _sql_starts(dialect: Dialect, left: str, right: str, args: list[Any]) -> str:
    either = f"{dialect.starts(left, right)} OR {dialect.starts(right, left)}"
    return f"(length({left}) >= {args[1]} AND length({right}) >= {args[1]} AND ({either}))"


def _sql_tokens(dialect: Dialect, left: str, right: str, args: list[Any]) -> str:
    totals = [dialect.column(side, total_of(args[0])) for side in "lr"]
    return (
        f"(2.0 * {dialect.common(left, right)} >= {literal(args[1])} * ({totals[0]} + {totals[1]}))"
    )


def _sql_contained(dialect: Dialect, left: str, right: str, args: list[Any]) -> str:
    totals = [dialect.column(side, total_of(args[0])) for side in "lr"]
    return f"(1.0 * {dialect.common(left, right)} >= {literal(args[1])} * least({totals[0]}, {totals[1]}))"


def _sql_near(_dialect: Dialect, left: str, right: str, args: list[Any]) -> str:
    return f"(abs({left} - {right}) <= {literal(args[1])} * greatest(abs({left}), abs({right})))"


def _sql_crossed(dialect: Dialect, left: str, right: str, args: list[Any]) -> str:
    left2, right2 = (dialect.column(side, args[1]) for side in "lr")
    return (
        f"({dialect.jaro_winkler}({left}, {right2}) >= {literal(args[2])}"
        f" AND {dialect.jaro_winkler}({left2}, {right}) >= {literal(args[2])})"
    )


_SQL: dict[str, Callable[[Dialect, str, str, list[Any]], str]] = {
    "equal": lambda _d, left, right, _a: f"({left} = {right})",
    "differ": lambda _d, left, right, _a: f"({left} <> {right})",
    "one_has": lambda _d, left, right, _a: f"(({left} IS NULL) <> ({right} IS NULL))",
    "jaro_winkler": lambda d, left, right, a: (
        f"({d.jaro_winkler}({left}, {right}) >= {literal(a[1])})"
    ),
    "edits": _sql_edits,
    "starts": _sql_starts,
    "tokens": _sql_tokens,
    "contained": _sql_contained,
    "near": _sql_near,
    "crossed": _sql_crossed,
    "far": lambda _d, left, right, a: f"(levenshtein({left}, {right}) > {a[1]})",
    "unlike": lambda d, left, right, a: f"({d.jaro_winkler}({left}, {right}) < {literal(a[1])})",
    "same_start": lambda _d, left, right, a: (
        f"(substring({left}, 1, {a[1]}) = substring({right}, 1, {a[1]}))"
    ),
    "short": lambda _d, left, right, a: f"(length({left}) <= {a[1]} AND length({right}) <= {a[1]})",
    "apart": lambda _d, left, right, _a: (
        f"(translate({left}, {right}, '') <> '' AND translate({right}, {left}, '') <> '')"
    ),
    "neither": lambda _d, left, right, _a: f"({left} IS NULL AND {right} IS NULL)",
}
