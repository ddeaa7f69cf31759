"""A record page lists what points at the record; at a million rows that needs an index per link."""

from __future__ import annotations

from keqiao.catalog.object_type import ObjectType
from keqiao.catalog.registry import object_type


def test_every_related_list_reads_an_index_in_its_order(declared: ObjectType) -> None:
    for related in declared.related:
        model = object_type(related.object_key).model
        indexes = [list(index.fields) for index in model._meta.indexes]
        assert [related.by, "updated_at", "id"] in indexes, (declared.key, related)
