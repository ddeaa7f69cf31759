"""Works out what all values of one field tell together: what is frequent, odd, far out or no value at all."""

from __future__ import annotations

from calendar import monthrange
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from keqiao.base.shapes import LONGEST, quoted, shape_of
from keqiao.catalog.kinds.roles import Profiled
from keqiao.catalog.problems import FieldProblem
from keqiao.records.distinct import By

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from keqiao.catalog.field import Field
    from keqiao.records.distinct import Values

MOST_BARS = 15
FEWEST_BARS = 10  # values that stand in one record each are not all listed
MOST_LENGTHS = 24
BINS = 14
# So many different values are held against their kind, the frequent ones first.
MOST_CHECKED = 20_000
# Tukey's far out: three times the middle half beyond its ends.
FENCE = 3
EXTREMES = 8
COUNTED_BY = {Profiled.REMARKS: By.LENGTH}


@dataclass
class Bar:
    """A figure and the conditions that, added to the list's, leave just the records behind it."""

    value: str
    count: int
    where: list[str] = field(default_factory=list)
    note: str = ""


@dataclass
class Profile:
    """What is told of one field over the records of a list; lists of bars are the largest ones."""

    records: int = 0
    filled: int = 0
    distinct: int | None = None  # None: nothing but the fill is told
    only_once: int = 0  # values that one record alone has
    top: list[Bar] = field(default_factory=list)
    shapes: list[Bar] = field(default_factory=list)
    other_shapes: int = 0  # how many shapes are not listed
    lengths: list[Bar] = field(default_factory=list)
    spread: list[Bar] = field(default_factory=list)
    outliers: list[Bar] = field(default_factory=list)
    facts: dict[str, str] = field(default_factory=dict)  # lowest, median, highest
    placeholders: list[Bar] = field(default_factory=list)
    invalid: list[Bar] = field(default_factory=list)
    invalid_records: int = 0
    checked: int | None = None  # how many different values were held against the kind

    @property
    def empty(self) -> int:
        return self.records - self.filled


def counted_by(own: Field) -> By:
    """Return what of the values the profile of a field needs."""
    if own.kind.key == "datetime" and not own.custom:
        return By.DAY
    return COUNTED_BY.get(own.kind.profiled_as, By.VALUE)


def profile_of(own: Field, values: Values) -> Profile:
    """Return the profile of values counted by `counted_by`."""
    found = Profile(values.records, values.filled)
    return _MEASURES[own.kind.profiled_as](own, values.counts, found)


def is_profiled(own: Field) -> bool:
    """Tell whether more than the fill is told of a field."""
    return own.kind.profiled_as is not Profiled.FILL


# --- words ----------------------------------------------------------------------------------------


def _words(own: Field, counts: dict[Any, int], found: Profile) -> Profile:
    _frequent(own, counts, found)
    lengths: Counter[int] = Counter()
    shapes: Counter[str] = Counter()
    words = own.kind.shape_words
    for text, number in counts.items():
        lengths[len(text)] += number
        shapes[shape_of(text, words)] += number
    found.lengths = _length_bars(own, lengths)
    shapes.pop("", None)
    if "has_shape" in own.operators:
        found.shapes = [
            Bar(shape, number, [f"{own.name}:has_shape:{shape}"])
            for shape, number in shapes.most_common(MOST_BARS)
        ]
        found.other_shapes = max(0, len(shapes) - MOST_BARS)
    held = {text: counts[text] for text in own.kind.placeholders if text in counts}
    found.placeholders = _bars(own, Counter(held).most_common(MOST_BARS))
    _check(own, counts, found)
    return found


def _check(own: Field, counts: dict[Any, int], found: Profile) -> None:
    """Hold the frequent values against what the kind takes for a value of its own."""
    refused: Counter[str] = Counter()
    reasons: dict[str, str] = {}
    frequent = Counter(counts).most_common(MOST_CHECKED)
    for text, number in frequent:
        if text in own.kind.placeholders:
            continue
        try:
            is_sound = own.kind.is_plausible(own.kind.clean(text, own))
            reason = ""
        except FieldProblem as problem:
            is_sound, reason = False, str(problem.message)
        if not is_sound:
            refused[text], reasons[text] = number, reason
    found.checked = len(frequent)
    found.invalid_records = refused.total()
    found.invalid = _bars(own, refused.most_common(MOST_BARS))
    for bar in found.invalid:
        bar.note = reasons[bar.value]


def _remarks(own: Field, counts: dict[Any, int], found: Profile) -> Profile:
    found.lengths = _length_bars(own, Counter(counts))
    return found


def _length_bars(own: Field, lengths: Counter[int]) -> list[Bar]:
    if len(lengths) <= MOST_LENGTHS:
        parts = [(length, length) for length in sorted(lengths)]
    else:
        low, high = min(lengths), max(lengths)
        step = -(-(high - low + 1) // BINS)
        parts = [(start, start + step - 1) for start in range(low, high + 1, step)]
    bars = []
    for low, high in parts:
        number = sum(number for length, number in lengths.items() if low <= length <= high)
        if number:
            text = str(low) if low == high else f"{low}-{high}"
            bars.append(Bar(text, number, [f"{own.name}:has_length:{text}"]))
    return bars


# --- values as such -------------------------------------------------------------------------------


def _frequent(own: Field, counts: dict[Any, int], found: Profile) -> None:
    found.distinct = len(counts)
    found.only_once = sum(1 for number in counts.values() if number == 1)
    frequent = Counter(counts).most_common(MOST_BARS)
    several = sum(1 for _value, number in frequent if number > 1)
    found.top = _bars(own, frequent[: max(several, FEWEST_BARS)])


def _bars(own: Field, counted: Iterable[tuple[Any, int]]) -> list[Bar]:
    return [Bar(str(value), number, where_of(own, value)) for value, number in counted]


def where_of(own: Field, value: Any) -> list[str]:
    """Return the condition that just this value fits; none when it cannot be written."""
    text = str(value)
    if own.kind.many:
        return [f"{own.name}:any_of:{text}"] if "," not in text else []
    if "equals" in own.operators and comes_back(own, value):
        return [f"{own.name}:equals:{text}"]
    if "has_shape" in own.operators and len(text) <= LONGEST:
        return [f"{own.name}:has_shape:{quoted(text)}"]  # stored otherwise than it would be typed
    return []


def comes_back(own: Field, value: Any) -> bool:
    """Tell whether a filter that asks for a stored value finds it: typed, it would be stored the same."""
    try:
        return bool(own.kind.clean_operand(str(value), own) == value)
    except FieldProblem:
        return False


def _picks(own: Field, counts: dict[Any, int], found: Profile) -> Profile:
    _frequent(own, counts, found)
    return found


def _lists(own: Field, counts: dict[Any, int], found: Profile) -> Profile:
    """Count the records of each value; filters take its spellings for one."""
    single: Counter[str] = Counter()
    spelled: dict[str, Counter[Any]] = {}
    for several, number in counts.items():
        terms = {own.kind.term_for(one, own): one for one in several}
        for term, one in terms.items():
            single[term] += number
            spelled.setdefault(term, Counter())[one] += number
    usual = {term: forms.most_common(1)[0][0] for term, forms in spelled.items()}
    _frequent(own, {usual[term]: number for term, number in single.items()}, found)
    return found


# --- numbers and days -----------------------------------------------------------------------------


def _numbers(own: Field, counts: dict[Any, int], found: Profile) -> Profile:
    found.distinct = len(counts)
    if not counts:
        return found
    ordered = sorted(counts.items())
    low, high = _fences(ordered)
    inside = [value for value, _number in ordered if low <= value <= high]

    def spelled(value: int) -> str:
        return own.kind.text(value, own)

    found.facts = {name: spelled(value) for name, value in _facts(ordered).items()}
    step = _nice_step(inside[-1] - inside[0])
    edges = [*range(inside[0] // step * step, inside[-1] + 1, step), inside[-1] + 1]
    found.spread = [
        bar
        for start, end in pairwise(edges)
        if (bar := _between(own, ordered, start, end - 1, spelled)).count
    ]
    found.outliers = _far_out(own, ordered, low, high, spelled)
    return found


def _between(
    own: Field, ordered: Sequence[tuple[Any, int]], first: Any, last: Any, spelled: Any
) -> Bar:
    number = sum(number for value, number in ordered if first <= value <= last)
    where = [f"{own.name}:at_least:{spelled(first)}", f"{own.name}:at_most:{spelled(last)}"]
    text = spelled(first) if first == last else f"{spelled(first)} – {spelled(last)}"
    return Bar(text, number, where)


def _facts(ordered: Sequence[tuple[Any, int]]) -> dict[str, Any]:
    return {"lowest": ordered[0][0], "median": _quantile(ordered, 0.5), "highest": ordered[-1][0]}


def _quantile(ordered: Sequence[tuple[Any, int]], share: float) -> Any:
    wanted, seen = share * sum(number for _value, number in ordered), 0
    for value, number in ordered:
        seen += number
        if seen >= wanted:
            return value
    return ordered[-1][0]


def _fences(ordered: Sequence[tuple[Any, int]]) -> tuple[Any, Any]:
    first, third = _quantile(ordered, 0.25), _quantile(ordered, 0.75)
    if first == third:
        return ordered[0][0], ordered[-1][0]
    return first - FENCE * (third - first), third + FENCE * (third - first)


def _far_out(
    own: Field, ordered: Sequence[tuple[Any, int]], low: Any, high: Any, spelled: Any
) -> list[Bar]:
    below = [one for one in ordered if one[0] < low][:EXTREMES]
    above = [one for one in reversed(ordered) if one[0] > high][:EXTREMES]
    return [
        Bar(spelled(value), number, [f"{own.name}:at_least:{spelled(value)}",
                                     f"{own.name}:at_most:{spelled(value)}"])
        for value, number in (*above, *below)
    ]  # fmt: skip


def _nice_step(width: int) -> int:
    """Return a step of 1, 2 or 5 times a power of ten that cuts a width into some bins."""
    step = 1
    while True:
        for factor in (1, 2, 5):
            if factor * step * BINS >= width:
                return factor * step
        step *= 10


def _times(own: Field, counts: dict[Any, int], found: Profile) -> Profile:
    found.distinct = len(counts)
    days: Counter[date] = Counter()
    for value, number in counts.items():
        is_moment = isinstance(value, datetime)
        days[timezone.localtime(value).date() if is_moment else value] += number
    if not days:
        return found
    ordered = sorted(days.items())
    numbered = [(day.toordinal(), number) for day, number in ordered]
    low, high = _fences(numbered)
    found.facts = {name: value.isoformat() for name, value in _facts(ordered).items()}
    inside = [day for day, _number in ordered if low <= day.toordinal() <= high]
    for first, last, text in _stretches(inside[0], inside[-1]):
        bar = _between(own, ordered, first, last, date.isoformat)
        if bar.count:
            found.spread.append(replace(bar, value=text))
    first, last = date.fromordinal(max(1, low)), date.fromordinal(min(high, date.max.toordinal()))
    found.outliers = _far_out(own, ordered, first, last, date.isoformat)
    return found


def _stretches(first: date, last: date) -> list[tuple[date, date, str]]:
    """Return years, months or days from the first to the last, each with its name."""
    width = (last - first).days
    if width <= MOST_LENGTHS:
        days = [first + timedelta(days=number) for number in range(width + 1)]
        return [(day, day, f"{day:%m-%d}") for day in days]
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    if months <= MOST_LENGTHS:
        starts = [_month(first, number) for number in range(months)]
        return [
            (start, date(start.year, start.month, monthrange(start.year, start.month)[1]),
             f"{start:%Y-%m}")
            for start in starts
        ]  # fmt: skip
    step = -(-(last.year - first.year + 1) // MOST_LENGTHS)
    found = []
    for year in range(first.year, last.year + 1, step):
        end = min(year + step - 1, last.year)
        text = str(year) if year == end else f"{year}-{end}"
        found.append((date(year, 1, 1), date(end, 12, 31), text))
    return found


def _month(day: date, later: int) -> date:
    number = day.year * 12 + day.month - 1 + later
    return date(number // 12, number % 12 + 1, 1)


_MEASURES = {
    Profiled.WORDS: _words,
    Profiled.REMARKS: _remarks,
    Profiled.NUMBERS: _numbers,
    Profiled.TIMES: _times,
    Profiled.PICKS: _picks,
    Profiled.LISTS: _lists,
}
