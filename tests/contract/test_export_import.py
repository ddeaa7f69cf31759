"""What is exported comes in again as the same records, for every object type and file format."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from keqiao.access.access import Access
from keqiao.catalog.object_type import Feature, ObjectType
from keqiao.importing.export import Format, plan_export, write_export
from keqiao.records.query import ListQuery
from keqiao.records.removal import delete_records
from tests.company import SYSTEM, TEST, Company, make_all
from tests.importing.helpers import execute, upload_file


def values_of(declared: ObjectType, ids: list[int], names: tuple[str, ...]) -> list[dict[str, Any]]:
    fields = declared.fields()
    rows = declared.model._default_manager.filter(pk__in=ids).order_by("pk")
    return [{name: fields[name].value(row) for name in names} for row in rows]


@pytest.mark.parametrize("file_format", list(Format))
def test_an_exported_list_comes_in_as_the_same_records(
    file_format: Format, declared: ObjectType, company: Company, tmp_path: Path
) -> None:
    if not {Feature.EXPORT, Feature.IMPORT} <= declared.features:
        return
    access = Access.for_user(company.qian)
    mask = access.fields(declared)
    names = tuple(
        name
        for name, field in declared.fields().items()
        if not field.read_only and mask.is_writable(name) and name != "team"
    )
    ids = make_all(declared.key, [{} for _number in range(4)], owner=company.qian, seed=60)
    before = values_of(declared, ids, names)
    path = tmp_path / f"list.{file_format}"
    query = ListQuery(object_type=declared, columns=names, ids=tuple(ids), sort="created_at")
    assert write_export(plan_export(access, query, file_format), path) == 4
    assert delete_records(SYSTEM, declared, ids, source=TEST).done == ids
    run = upload_file(access, path, declared.key)
    assert set(names) == set(run.mapping.values()), "a column the product wrote is not recognised"
    run.allow_duplicates = True
    run.save()
    done = execute(run)
    assert (done.created, done.rejected, done.duplicates) == (4, 0, 0), [
        row.problem_list()
        for row in done.rows.all()  # type: ignore[attr-defined]
    ]
    again = [pk for pk in done.rows.order_by("number").values_list("record_id", flat=True) if pk]  # type: ignore[attr-defined]
    assert values_of(declared, again, names) == before
