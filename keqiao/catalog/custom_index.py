"""Builds the index that makes a custom field quick to filter and sort, as a job."""

from __future__ import annotations

from django.db import connection
from django_tasks import task

from keqiao.catalog import state
from keqiao.catalog.kinds import KINDS
from keqiao.catalog.models import CustomField
from keqiao.catalog.registry import object_type


@task()
def build_index(custom_field_id: int) -> str:
    """Make the expression index of a filterable field; safe to run again."""
    row = CustomField.objects.filter(pk=custom_field_id, filterable=True).first()
    if row is None or KINDS[row.kind].many or KINDS[row.kind].indexes_terms:
        return "nothing to do"
    table = object_type(row.object_key).model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(index_sql(table, row))
        cursor.execute(f'ANALYZE "{table}"')
    CustomField.objects.filter(pk=row.pk).update(index_ready=True)
    state.bump(state.CATALOG)
    return index_name(row)


def index_name(row: CustomField) -> str:
    return f"custom_{row.pk}_{row.key}"[:60]


def index_sql(table: str, row: CustomField) -> str:
    """Return the statement; its expression must read exactly as `Field.expression()` prints it."""
    numeric = KINDS[row.kind].numeric
    if connection.vendor == "sqlite":
        # SQLite forbids table-qualified names inside an index expression.
        expression = f"JSON_EXTRACT(\"custom\", '$.{row.key}')"
    else:
        expression = f"(\"custom\" ->> '{row.key}')"
        expression = f"({expression}::bigint)" if numeric else expression
    # Outside of a transaction PostgreSQL can build it while people go on saving.
    free = connection.vendor == "postgresql" and not connection.in_atomic_block
    return (
        f"CREATE INDEX {'CONCURRENTLY ' if free else ''}IF NOT EXISTS "
        f'"{index_name(row)}" ON "{table}" ({expression}, "id")'
        ' WHERE "deleted_at" IS NULL'
    )
