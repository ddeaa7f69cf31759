"""Cleans a list for scripts and for people before an import, with a report on every change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.utils.translation import gettext

from keqiao.catalog.problems import UnknownObject
from keqiao.catalog.registry import no_such_object, object_type
from keqiao.config.file_check.cleaning import CleanFailed, clean_file, plan_cleaning
from keqiao.importing.file_problem import FileProblem
from keqiao.quality.cleaning.rules import BY_ID

__all__ = ["CleanFailed", "as_text", "clean_list"]


def clean_list(
    file: str, object_key: str, *, out: str, report: str, mapping: str | None = None
) -> dict[str, Any]:
    """Write the corrected list and its report, and return the counts."""
    try:
        declared = object_type(object_key)
    except UnknownObject:
        raise CleanFailed(no_such_object(object_key)) from None
    for target in (out, report):
        if Path(target).suffix.lower() != ".xlsx":
            message = gettext("The file name %(name)s must end in .xlsx.")
            raise CleanFailed(message % {"name": target})
    path = Path(file)
    if len({path.resolve(), Path(out).resolve(), Path(report).resolve()}) < 3:
        raise CleanFailed(gettext("List, cleaned list and report must be three different files."))
    try:
        plan = plan_cleaning(path, path.name, declared, mapping)
        summary = clean_file(plan, Path(out), Path(report))
    except FileProblem as problem:
        raise CleanFailed(str(problem.message)) from None
    except OSError as problem:
        message = gettext("%(file)s cannot be written: %(reason)s.")
        values = {"file": problem.filename, "reason": problem.strerror}
        raise CleanFailed(message % values) from None
    return {
        "file": file,
        "object": declared.key,
        "out": out,
        "report": report,
        **summary.as_data(),
        "columns": plan.as_names(),
    }


def as_text(data: dict[str, Any]) -> str:
    """Return the counts as a person reads them."""
    lines = [
        gettext("%(rows)s rows read, %(changes)s changes in %(changed)s rows; written to %(out)s")
        % {
            "rows": f"{data['rows']:,}",
            "changes": f"{data['changes']:,}",
            "changed": f"{data['rows_changed']:,}",
            "out": data["out"],
        },
        gettext("%(proposals)s proposals, %(problems)s problems left; the report is %(report)s")
        % {
            "proposals": f"{data['proposals']:,}",
            "problems": f"{data['problems']:,}",
            "report": data["report"],
        },
    ]
    lines += [
        f"  {count:>9,}  {BY_ID[rule].label}" for rule, count in data["changes_by_rule"].items()
    ]
    ignored = [column for column, field in data["columns"].items() if field is None]
    if ignored:
        lines.append(gettext("left as they are: %(columns)s") % {"columns": ", ".join(ignored)})
    return "\n".join(lines)
