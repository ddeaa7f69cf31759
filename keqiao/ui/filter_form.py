"""The nested filter as a form: groups of conditions, read from and written to plain form fields.

Each part is a `node` field "number:parent:type"; what it says stands in fields with its number.
So the editor works with or without JavaScript, and a page reload loses nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from keqiao.catalog.filter import AllOf, AnyOf, Condition, FilterTree, Not
from keqiao.ui.periods import with_days_of
from keqiao.ui.picking import several_picked_or_typed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http import QueryDict

ALL, ANY, NONE = "all", "any", "none"
MOST_LINES = 30
MOST_DEPTH = 4


@dataclass
class Line:
    """One condition; it may still lack its operator or value."""

    number: int
    path: str = ""
    operator: str = ""
    values: tuple[str, ...] = ()


@dataclass
class Group:
    """Conditions and groups that hold together in one way."""

    number: int
    way: str = ALL
    items: list[Group | Line] = field(default_factory=list)
    depth: int = 1

    def walk(self) -> Iterator[Group | Line]:
        for item in self.items:
            yield item
            if isinstance(item, Group):
                yield from item.walk()

    @property
    def lines(self) -> list[Line]:
        return [item for item in self.walk() if isinstance(item, Line)]

    def find(self, number: int) -> Group | Line | None:
        if number == self.number:
            return self
        return next((item for item in self.walk() if item.number == number), None)

    def next_number(self) -> int:
        return max([self.number, *(item.number for item in self.walk())]) + 1

    def add_line(self, to: int) -> None:
        group = self.find(to)
        if isinstance(group, Group) and len(self.lines) < MOST_LINES:
            group.items.append(Line(self.next_number()))

    def add_group(self, to: int) -> None:
        group = self.find(to)
        if not isinstance(group, Group) or group.depth >= MOST_DEPTH:
            return
        if len(self.lines) < MOST_LINES:
            number = self.next_number()
            way = ANY if group.way == ALL else ALL
            group.items.append(Group(number, way, [Line(number + 1)], group.depth + 1))

    def drop(self, number: int) -> None:
        for group in [self, *(item for item in self.walk() if isinstance(item, Group))]:
            group.items = [item for item in group.items if item.number != number]


def read_form(given: QueryDict) -> Group:
    """Read the form. What does not fit is left out: people can only click what is there."""
    root = Group(0, _way(given, 0))
    groups = {0: root}
    for text in given.getlist("node")[: MOST_LINES * 2]:
        number, parent, kind = _node(text)
        above = groups.get(parent)
        if above is None or number <= 0 or number in groups:
            continue
        if kind == "group" and above.depth < MOST_DEPTH:
            groups[number] = Group(number, _way(given, number), depth=above.depth + 1)
            above.items.append(groups[number])
        elif kind == "line" and len(root.lines) < MOST_LINES:
            above.items.append(_line(given, number))
    return root


def _node(text: str) -> tuple[int, int, str]:
    parts = text.split(":")
    if len(parts) != 3 or not (parts[0].isdecimal() and parts[1].isdecimal()):
        return -1, -1, ""
    return int(parts[0][:6]), int(parts[1][:6]), parts[2]


def _way(given: QueryDict, number: int) -> str:
    way = given.get(f"way-{number}", ALL)
    return way if way in {ALL, ANY, NONE} else ALL


def _line(given: QueryDict, number: int) -> Line:
    name = f"value-{number}"
    values = (
        several_picked_or_typed(given, name)
        if f"{name}__pick" in given
        else [value.strip() for value in given.getlist(name) if value.strip()]
    )
    path = given.get(f"field-{number}", "")[:100]
    if given.get(f"was-{number}", path) != path:
        return Line(number, path)  # another field: what was compared with is of no use now
    return Line(
        number,
        path,
        given.get(f"operator-{number}", "")[:20],
        tuple(value[:200] for value in with_days_of(given, f"days-{number}", values)),
    )


# --- between form and filter ------------------------------------------------------------------------


def from_tree(tree: FilterTree | None) -> Group:
    """Return the form of a filter."""
    root = Group(0)
    if tree is None:
        return root
    if isinstance(tree, AllOf):
        _fill(root, root, tree.items)
    elif isinstance(tree, AnyOf):
        root.way = ANY
        _fill(root, root, tree.items)
    elif isinstance(tree, Not):
        root.way = NONE
        _fill(root, root, tree.item.items if isinstance(tree.item, AnyOf) else (tree.item,))
    else:
        _fill(root, root, (tree,))
    return root


def _fill(root: Group, group: Group, items: tuple[FilterTree, ...]) -> None:
    for item in items:
        number = root.next_number()
        if isinstance(item, Condition):
            values = item.value if isinstance(item.value, (list, tuple)) else [item.value]
            texts = tuple(str(value) for value in values if value not in (None, ""))
            if len(texts) == 1 and "," in texts[0]:
                texts = tuple(texts[0].split(","))
            group.items.append(Line(number, item.path, item.operator, texts))
            continue
        if isinstance(item, AllOf) and group.way == ALL:
            _fill(root, group, item.items)  # all of all: no group of its own
            continue
        inner = Group(number, depth=group.depth + 1)
        group.items.append(inner)
        if isinstance(item, Not):
            inner.way = NONE
            parts = item.item.items if isinstance(item.item, AnyOf) else (item.item,)
        else:
            inner.way = ALL if isinstance(item, AllOf) else ANY
            parts = item.items
        _fill(root, inner, parts)


def to_tree(group: Group, without_value: frozenset[str]) -> FilterTree | None:
    """Return the filter a form stands for; unfinished conditions and empty groups are left out."""
    parts: list[FilterTree] = []
    for item in group.items:
        found = (
            to_tree(item, without_value)
            if isinstance(item, Group)
            else _condition(item, without_value)
        )
        if found is not None:
            parts.append(found)
    if not parts:
        return None
    if group.way == ALL:
        return AllOf(tuple(parts))
    either = AnyOf(tuple(parts))
    return Not(either) if group.way == NONE else either


def _condition(line: Line, without_value: frozenset[str]) -> Condition | None:
    if not line.path or not line.operator:
        return None
    if line.operator in without_value:
        return Condition(line.path, line.operator)
    return Condition(line.path, line.operator, ",".join(line.values)) if line.values else None


def address_parts(tree: FilterTree | None) -> tuple[tuple[str, ...], FilterTree | None]:
    """Split a filter into the simple conditions of an address and the rest that needs nesting."""
    if tree is None:
        return (), None
    if not isinstance(tree, AllOf):
        return (), tree
    simple = [item for item in tree.items if isinstance(item, Condition)]
    rest = tuple(item for item in tree.items if not isinstance(item, Condition))
    where = tuple(
        f"{one.path}:{one.operator}" + (f":{one.value}" if one.value is not None else "")
        for one in simple
    )
    if not rest:
        return where, None
    return where, rest[0] if len(rest) == 1 else AllOf(rest)
