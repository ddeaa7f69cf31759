"""What a record is found again by: its keys, and the key forms it is weighed with.

`place` and `id` say which record it is (`records.search_index.place_of`): one number for type and
record, so that a key takes two columns and each type has a stretch of its own under every key.
"""

from __future__ import annotations

from django.db import models


class CandidateKey(models.Model):
    """One key of one live record; several records have it when they may be the same.

    On SQLite the table is its own index (WITHOUT ROWID), on PostgreSQL the primary key holds both
    columns: a look-up never leaves the index.
    """

    pk = models.CompositePrimaryKey("key", "place")
    key = models.BigIntegerField()
    place = models.BigIntegerField()


class CandidateForms(models.Model):
    """The key forms of one live record that a model asks for, and the keys kept for it.

    `mark` is that of `Comparing`: another one means that the keys are made by older rules. `keys`
    are eight bytes each: those of older rules could not be worked out again to take them away.
    """

    id = models.BigIntegerField(primary_key=True)
    mark = models.IntegerField()
    keys = models.BinaryField()
    forms = models.TextField()


class KeysKept(models.Model):
    """Up to which rules the keys of all records of a type were made; without a row: not yet."""

    object_key = models.CharField(max_length=40, primary_key=True)
    mark = models.IntegerField()
    records = models.BigIntegerField(default=0)
    at = models.DateTimeField()


class CrowdedKey(models.Model):
    """A value that so many records of a type share that nobody is looked up by it.

    `rule` is the key's name and `value` what it is made of, for administrators to read.
    """

    object_key = models.CharField(max_length=40)
    key = models.BigIntegerField()
    rule = models.CharField(max_length=40)
    value = models.CharField(max_length=200)
    records = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["object_key", "key"], name="crowded_key_once")
        ]
