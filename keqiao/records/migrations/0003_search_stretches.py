"""Gives each object type its own stretch of the search index, in which questions to it stay."""

from __future__ import annotations

from importlib import import_module

from django.db import migrations

from keqiao.records.search_index import first_place

FIRST = import_module("keqiao.records.migrations.0002_search_and_chain")


def without_index(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        FIRST.run(schema_editor, FIRST.SQLITE_DOWN, [])
    else:
        FIRST.run(schema_editor, [], FIRST.POSTGRES_DOWN)


def with_index(apps, schema_editor):
    FIRST.run(schema_editor, FIRST.SQLITE_UP, FIRST.POSTGRES_UP)
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute("INSERT INTO records_search(records_search) VALUES ('rebuild')")


def into_stretches(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT object_key FROM records_searchentry")
        for (key,) in cursor.fetchall():
            cursor.execute(
                "UPDATE records_searchentry SET id = record_id + %s WHERE object_key = %s",
                [first_place(key), key],
            )


class Migration(migrations.Migration):
    dependencies = [("records", "0002_search_and_chain")]
    operations = [
        migrations.RunPython(without_index, with_index),
        migrations.RemoveConstraint("searchentry", "search_entry_once"),
        migrations.RunPython(into_stretches, migrations.RunPython.noop),
        migrations.RunPython(with_index, without_index),
    ]
