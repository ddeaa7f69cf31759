"""The full-text index over search words, and the first line's predecessor of the change log."""

from __future__ import annotations

from django.db import migrations

SQLITE_UP = [
    "CREATE VIRTUAL TABLE records_search USING fts5(terms, content='records_searchentry',"
    # Prefix lists make an unfinished word as quick as a whole one: at 2 M records "wang…" took
    # 15 ms without and 0.2 ms with them, for 208 MB more.
    " content_rowid='id', detail='none', prefix='1 2 3 4 5',"
    " tokenize=\"unicode61 remove_diacritics 0 tokenchars '_='\")",
    "CREATE TRIGGER records_search_insert AFTER INSERT ON records_searchentry BEGIN"
    " INSERT INTO records_search(rowid, terms) VALUES (new.id, new.terms); END",
    "CREATE TRIGGER records_search_delete AFTER DELETE ON records_searchentry BEGIN"
    " INSERT INTO records_search(records_search, rowid, terms) VALUES ('delete', old.id, old.terms); END",
    "CREATE TRIGGER records_search_update AFTER UPDATE ON records_searchentry BEGIN"
    " INSERT INTO records_search(records_search, rowid, terms) VALUES ('delete', old.id, old.terms);"
    " INSERT INTO records_search(rowid, terms) VALUES (new.id, new.terms); END",
]
SQLITE_DOWN = [
    "DROP TRIGGER records_search_insert",
    "DROP TRIGGER records_search_delete",
    "DROP TRIGGER records_search_update",
    "DROP TABLE records_search",
]
POSTGRES_UP = [
    "CREATE INDEX records_search ON records_searchentry"
    " USING gin (array_to_tsvector(string_to_array(terms, ' ')))",
]
POSTGRES_DOWN = ["DROP INDEX records_search"]


def forwards(apps, schema_editor):
    run(schema_editor, SQLITE_UP, POSTGRES_UP)
    apps.get_model("records", "ChainHead").objects.create(pk=1)


def backwards(apps, schema_editor):
    run(schema_editor, SQLITE_DOWN, POSTGRES_DOWN)


def run(schema_editor, sqlite, postgres):
    for statement in sqlite if schema_editor.connection.vendor == "sqlite" else postgres:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("records", "0001_initial")]
    operations = [migrations.RunPython(forwards, backwards)]
