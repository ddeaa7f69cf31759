"""Finds the duplicates in a list, or between two, for scripts and for people before an import.

The readers are those of the import, the comparing is that of the product; this file joins the two,
which know nothing of each other. No database is read or written.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext

from keqiao.catalog.object_type import ObjectType
from keqiao.catalog.problems import UnknownObject
from keqiao.catalog.registry import no_such_object, object_type
from keqiao.importing.file_problem import FileProblem
from keqiao.importing.mapping import known_headers, propose
from keqiao.importing.readers import detect, iter_rows
from keqiao.quality.forms import Role
from keqiao.quality.forms.single import as_written
from keqiao.quality.matching.batch import Bounds, EngineMissing, Pair
from keqiao.quality.matching.clusters import components
from keqiao.quality.matching.columns import Hint, Table
from keqiao.quality.matching.reasons import as_line, link_words
from keqiao.quality.matching.run import NothingToCompare, Result, match_tables, reasons_of

HEADER = ("left_row", "right_row", "weight", "probability", "reasons")
# A header that only contains the name of a field is a weak hint: the content knows better.
SURE_OF_FIELD = 0.8


class MatchFailed(Exception):
    """The files could not be matched; the message says why and what to do."""


@dataclass
class _File:
    """A list as read: its table, and the data row (from 0) of each of its records."""

    path: Path
    table: Table
    rows: list[int]


def match_files(
    files: Sequence[str],
    object_key: str,
    *,
    out: str,
    clusters: str | None = None,
    mapping: str | None = None,
    threshold: float | None = None,
) -> dict[str, Any]:
    """Match one file with itself or two with each other, write the pairs, and return the report."""
    try:
        declared = object_type(object_key)
    except UnknownObject:
        raise MatchFailed(no_such_object(object_key)) from None
    try:
        read = [_read(Path(file), declared) for file in files]
        forced = _asked_roles(mapping, read[0].table, declared) if mapping else None
        result = match_tables(
            read[0].table,
            read[1].table if len(read) > 1 else None,
            forced=forced,
            threshold=threshold,
            bounds=Bounds(engine=settings.KEQIAO_MATCH_ENGINE),
        )
        _write_pairs(Path(out), result, read)
        if clusters:
            _write_clusters(Path(clusters), result, read)
    except FileProblem as problem:
        raise MatchFailed(str(problem.message)) from None
    except EngineMissing as problem:
        raise MatchFailed(missing_engine(problem.library)) from None
    except NothingToCompare:
        message = gettext(
            "No column of the list tells customers apart, so nothing can be compared."
            " Add names, telephone numbers or addresses and try again."
        )
        raise MatchFailed(message) from None
    except OSError as problem:
        message = gettext("%(file)s cannot be written: %(reason)s.")
        raise MatchFailed(
            message % {"file": problem.filename, "reason": problem.strerror}
        ) from None
    return _report(result, read, out, clusters)


def missing_engine(library: str) -> str:
    return gettext(
        "The library “%(library)s” is not installed, so lists cannot be matched. The check at entry"
        " works without it. Ask your administrator to install the product completely."
    ) % {"library": library}


def _read(path: Path, declared: ObjectType) -> _File:
    # Custom fields stand in the database, which a list on a laptop does not have.
    fields = list(declared.builtin_fields.values())
    found = detect(path, path.name, known=known_headers(fields))
    sample = [row for _number, row in found.sample]
    hints: dict[int, Hint] = {}
    for at, proposal in enumerate(propose(found.columns, sample, fields, title=declared.title)):
        if proposal.field and proposal.confidence >= SURE_OF_FIELD:
            field = declared.builtin_fields[proposal.field]
            hints[at] = Hint(proposal.field, field.kind.matches_as, proposal.column.name)
    places = [column.index for column in found.columns]
    table = Table([column.name for column in found.columns], [], hints)
    numbers: list[int] = []
    first = found.settings.header_row + 1
    for number, row in iter_rows(path, found.settings):
        table.rows.append([as_written(row[at]).strip() if at < len(row) else "" for at in places])
        numbers.append(number - first)
    return _File(path, table, numbers)


def _asked_roles(mapping: str, table: Table, declared: ObjectType) -> dict[str, Role]:
    """Return the roles a map asks for: column name to field, to role, or to null to leave it out."""
    try:
        asked = json.loads(Path(mapping).read_text(encoding="utf-8"))
        pairs = dict(asked.items())
    except (OSError, ValueError, AttributeError):
        message = gettext(
            "The map %(file)s cannot be read. Write a JSON object of column names and field names."
        )
        raise MatchFailed(message % {"file": mapping}) from None
    fields = declared.builtin_fields
    found: dict[str, Role] = {}
    for column, name in pairs.items():
        if column not in table.names:
            message = gettext("The map names the column “%(name)s”, which the list has not.")
            raise MatchFailed(message % {"name": column})
        if not name:
            found[column] = Role.NONE
        elif name in fields:
            found[column] = fields[name].kind.matches_as
        elif name in set(Role):
            found[column] = Role(name)
        else:
            message = gettext("The map names “%(name)s”, which is neither a field nor a role.")
            raise MatchFailed(message % {"name": name})
    return found


def _place(result: Result, read: Sequence[_File], one: int) -> tuple[int, int]:
    """Return the file (from 0) and the data row of a record id."""
    side = int(len(read) > 1 and one >= result.left_count)
    return side, read[side].rows[one - side * result.left_count]


def _line(result: Result, read: Sequence[_File], pair: Pair) -> tuple[Any, ...]:
    return (
        _place(result, read, pair.left)[1],
        _place(result, read, pair.right)[1],
        f"{pair.weight:.4f}",
        f"{result.model.probability(pair.weight):.6f}",
        as_line(reasons_of(result, pair)),
    )


def _write_pairs(path: Path, result: Result, read: Sequence[_File]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        writer.writerows(_line(result, read, pair) for pair in result.pairs)


def _write_clusters(path: Path, result: Result, read: Sequence[_File]) -> None:
    groups = result.groups
    if len(read) > 1:
        groups = components((pair.left, pair.right) for pair in result.pairs)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("cluster", "file", "row") if len(read) > 1 else ("cluster", "row"))
        for number, group in enumerate(groups):
            for one in group:
                side, row = _place(result, read, one)
                writer.writerow((number, side + 1, row) if len(read) > 1 else (number, row))


def _report(
    result: Result, read: Sequence[_File], out: str, clusters: str | None
) -> dict[str, Any]:
    labels = {one.name: one.label for one in result.columns}
    links = [
        {
            "left_row": _place(result, read, pair.left)[1],
            "right_row": _place(result, read, pair.right)[1],
            "weight": round(pair.weight, 2),
            "why": link_words(result.model.vetoes[pair.veto]),
        }
        for pair in result.links
    ]
    return {
        "out": out,
        "clusters": clusters,
        "rows": [len(each.rows) for each in read],
        "pairs": len(result.pairs),
        "groups": len(result.groups),
        "links": len(links),
        "links_shown": links[:20],
        "threshold": round(result.model.threshold, 3),
        "weights": result.model.origin,
        "one_to_one": result.is_one_to_one,
        "candidates": result.candidates,
        "columns": {one.label: str(one.role) for one in result.columns},
        "not_compared": {name: str(reason) for name, reason in result.skipped.items()},
        "refused_blocks": [
            {"column": labels.get(one.column, one.column), "value": one.value, "rows": one.rows}
            for one in result.refused_blocks
        ],
        "refused_groups": [
            {"rows": len(group), "first": _place(result, read, group[0])[1]}
            for group in result.refused_groups
        ],
        "seconds": round(sum(result.seconds.values()), 2),
    }


def as_text(data: dict[str, Any]) -> str:
    """Return the report as a person reads it."""
    lines = [
        gettext("%(pairs)s pairs in %(rows)s rows, %(groups)s groups; written to %(out)s")
        % {
            "pairs": f"{data['pairs']:,}",
            "rows": " + ".join(f"{count:,}" for count in data["rows"]),
            "groups": f"{data['groups']:,}",
            "out": data["out"],
        },
        gettext("compared: %(columns)s")
        % {"columns": ", ".join(f"{name} ({role})" for name, role in data["columns"].items())},
    ]
    if data["not_compared"]:
        names = ", ".join(f"{name} ({why})" for name, why in data["not_compared"].items())
        lines.append(gettext("not compared: %(columns)s") % {"columns": names})
    if data["links"]:
        lines.append(
            gettext("%(count)s pairs are related and not the same (branches, families)")
            % {"count": f"{data['links']:,}"}
        )
    lines += [
        gettext(
            "too many rows share one value, not compared by it: %(column)s “%(value)s”, %(rows)s"
        )
        % {**one, "rows": f"{one['rows']:,}"}
        for one in data["refused_blocks"]
    ]
    lines += [
        gettext("a group of %(rows)s rows is too large to be one customer: look at row %(first)s")
        % one
        for one in data["refused_groups"]
    ]
    return "\n".join(lines)
