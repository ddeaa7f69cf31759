"""What a merge leaves behind: who was merged into whom, and every row it touched, for the way back."""

from __future__ import annotations

from django.db import models


class Merge(models.Model):
    """Records that turned out to be one: which one stayed, who decided it, and what moved to it.

    `moved` counts by "contact.account"; `conflicts` are the places that an undoing left alone,
    because somebody had changed them since: [object type, record, field].
    """

    object_key = models.CharField(max_length=40)
    survivor_id = models.BigIntegerField()
    loser_ids = models.JSONField(default=list)
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=160)
    at = models.DateTimeField()
    request_id = models.CharField(max_length=40, blank=True, default="")
    moved = models.JSONField(default=dict)
    undone_at = models.DateTimeField(null=True)
    undone_by_name = models.CharField(max_length=160, blank=True, default="")
    conflicts = models.JSONField(default=list)
    # The moves are thrown away when the time for an undoing is over; this line stays.
    is_final = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(fields=["object_key", "survivor_id", "id"], name="merge_survivor"),
            models.Index(fields=["is_final", "at"], name="merge_age"),
            models.Index(fields=["actor_id", "request_id"], name="merge_request"),
        ]


class MergedRecord(models.Model):
    """Where a record went that was merged into another one: its address leads on from here."""

    merge = models.ForeignKey(Merge, models.CASCADE, related_name="losers")
    object_key = models.CharField(max_length=40)
    record_id = models.BigIntegerField()
    survivor_id = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["object_key", "record_id"], name="merged_record_once")
        ]
        indexes = [
            models.Index(fields=["object_key", "survivor_id"], name="merged_record_survivor")
        ]


class MergeMove(models.Model):
    """One row a merge touched, in the order it did: the columns that changed, before and after.

    `before` is null for a row the merge made, `after` for one it took away. Values are those of the
    database's columns, so that the way back restores the very bytes.
    """

    merge = models.ForeignKey(Merge, models.CASCADE, related_name="moves")
    position = models.IntegerField()
    table = models.CharField(max_length=100)
    row_id = models.BigIntegerField()
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["merge", "position"], name="merge_move_once")
        ]
