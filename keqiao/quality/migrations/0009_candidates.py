"""Keys of the duplicate check; on SQLite the table of keys is its own index."""

from __future__ import annotations

from django.db import migrations, models

WITHOUT_ROWID = (
    'CREATE TABLE "quality_candidatekey" ("key" bigint NOT NULL, "place" bigint NOT NULL,'
    ' PRIMARY KEY ("key", "place")) WITHOUT ROWID'
)
NAME = "CandidateKey"


class MakeKeys(migrations.CreateModel):
    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor == "sqlite":
            schema_editor.execute(WITHOUT_ROWID)
        else:
            super().database_forwards(app_label, schema_editor, from_state, to_state)


class Migration(migrations.Migration):
    dependencies = [("quality", "0008_verify_requests")]
    operations = [
        MakeKeys(
            name=NAME,
            fields=[
                ("pk", models.CompositePrimaryKey("key", "place", blank=True, editable=False,
                                                  primary_key=True, serialize=False)),
                ("key", models.BigIntegerField()),
                ("place", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="CandidateForms",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("mark", models.IntegerField()),
                ("keys", models.BinaryField()),
                ("forms", models.TextField()),
            ],
        ),
        migrations.CreateModel(
            name="KeysKept",
            fields=[
                ("object_key", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("mark", models.IntegerField()),
                ("records", models.BigIntegerField(default=0)),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="CrowdedKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("object_key", models.CharField(max_length=40)),
                ("key", models.BigIntegerField()),
                ("rule", models.CharField(max_length=40)),
                ("value", models.CharField(max_length=200)),
                ("records", models.BigIntegerField()),
                ("at", models.DateTimeField()),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("object_key", "key"), name="crowded_key_once")],
            },
        ),
    ]  # fmt: skip
