"""What an import remembers: the run with its counts, every row as it stood in the file, past mappings."""

from __future__ import annotations

import json
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

ME = "me"


class Mode(models.TextChoices):
    CREATE = "create", _("Create new records only")
    UPDATE = "update", _("Update existing records only")
    BOTH = "both", _("Update what exists, create the rest")


class RunState(models.TextChoices):
    UPLOADED = "uploaded", _("Columns to confirm")
    CHECKING = "checking", _("Being checked")
    CHECKED = "checked", _("Checked, ready to import")
    RUNNING = "running", _("Being imported")
    DONE = "done", _("Imported")
    STOPPED = "stopped", _("Stopped")
    REVERTING = "reverting", _("Being undone")
    REVERTED = "reverted", _("Undone")


class RowState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    CREATED = "created", _("New")
    UPDATED = "updated", _("Update")
    DUPLICATE = "duplicate", _("Duplicate")
    REJECTED = "rejected", _("Error")
    HELD = "held", _("Waits for review")
    REVERTED = "reverted", _("Undone")
    KEPT = "kept", _("Kept, changed since")
    LEFT_OUT = "left_out", _("Left out on purpose")


class ImportRun(models.Model):
    """One list on its way in, from upload to report and perhaps back out.

    `cursor` is the number of the last row whose fate is decided; it moves in the transaction that
    saves those rows, so that after a crash each row has happened exactly once or not yet.
    """

    object_key = models.CharField(max_length=40)
    file_name = models.CharField(max_length=255)
    stored_name = models.CharField(max_length=80)
    size = models.BigIntegerField(default=0)
    settings = models.JSONField(default=dict)
    columns = models.JSONField(default=list)
    mapping = models.JSONField(default=dict)  # position of the column as text -> field name
    signature = models.CharField(max_length=32, default="")
    mode = models.CharField(max_length=8, choices=Mode.choices, default=Mode.CREATE)
    key_field = models.CharField(max_length=48, blank=True, default="")
    allow_duplicates = models.BooleanField(default=False)
    # Who looks after new records: whom the list names, the importer (ME), or a taker ("pool:3").
    owner = models.CharField(max_length=60, blank=True, default="")

    state = models.CharField(max_length=10, choices=RunState.choices, default=RunState.UPLOADED)
    staged = models.BooleanField(default=False)
    is_dry = models.BooleanField(default=True)  # the counts below come from a check, not a run
    cursor = models.BigIntegerField(default=0)
    rows_read = models.IntegerField(default=0)
    created = models.IntegerField(default=0)
    updated = models.IntegerField(default=0)
    duplicates = models.IntegerField(default=0)
    rejected = models.IntegerField(default=0)  # rows not brought in, with those held
    held = models.IntegerField(default=0)  # of these, what waits for a review by a second person
    repaired = models.IntegerField(default=0)
    problem = models.TextField(blank=True, default="")
    conflicts = models.JSONField(default=list)  # what a revert left alone, and why

    user_id = models.BigIntegerField(null=True)  # whose rights the import runs with
    job_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["user_id", "-created_at"], name="import_run_user")]

    @property
    def errors(self) -> int:
        """Rows that need a hand: those rejected for what stands in them."""
        return self.rejected - self.held

    def counts(self) -> dict[str, int]:
        names = ("rows_read", "created", "updated", "duplicates", "rejected", "repaired")
        return {name: getattr(self, name) for name in names}

    @property
    def source_detail(self) -> str:
        """Return how the change log and what waits for review name this list."""
        return f"#{self.pk} {self.file_name}"


class ImportRow(models.Model):
    """One row of the list as it stood in the file, and what became of it.

    JSON is kept as ASCII text: PostgreSQL refuses NUL and lone surrogates in JSON columns, and a
    cell may hold both.
    """

    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="rows")
    number = models.IntegerField()
    raw = models.TextField()
    state = models.CharField(max_length=10, choices=RowState.choices, default=RowState.WAITING)
    problems = models.TextField(default="")
    repairs = models.TextField(default="")
    record_id = models.BigIntegerField(null=True)
    version = models.IntegerField(null=True)
    changes = models.TextField(default="")
    key_hash = models.BigIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "number"], name="import_row_once")]
        indexes = [
            models.Index(fields=["run", "state", "number"], name="import_row_state"),
            models.Index(fields=["run", "key_hash"], name="import_row_key"),
        ]

    def cells(self) -> list[Any]:
        return json.loads(self.raw)  # type: ignore[no-any-return]

    def problem_list(self) -> list[dict[str, Any]]:
        return json.loads(self.problems) if self.problems else []

    def repair_map(self) -> dict[str, str]:
        return json.loads(self.repairs) if self.repairs else {}


class RowDecision(models.Model):
    """What somebody decided about a refused row after the import, and how the row stood before."""

    row = models.OneToOneField(ImportRow, models.CASCADE, related_name="decision")
    user_id = models.BigIntegerField(null=True)
    at = models.DateTimeField()
    raw = models.TextField()
    problems = models.TextField(default="")
    reason = models.CharField(max_length=300, blank=True, default="")


class ImportMapping(models.Model):
    """How the columns of one source were mapped last time, so that nobody maps them twice."""

    object_key = models.CharField(max_length=40)
    signature = models.CharField(max_length=32)
    mapping = models.JSONField(default=dict)  # column name -> field name or null
    mode = models.CharField(max_length=8, choices=Mode.choices, default=Mode.CREATE)
    key_field = models.CharField(max_length=48, blank=True, default="")
    used_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["object_key", "signature"], name="import_mapping_once")
        ]


class ExportFile(models.Model):
    """A list written to a file for one person, who alone may fetch it, until it expires."""

    object_key = models.CharField(max_length=40)
    stored_name = models.CharField(max_length=80)
    file_name = models.CharField(max_length=255)
    query = models.JSONField(default=dict)
    kind = models.CharField(max_length=8)
    rows = models.IntegerField(default=0)
    ready = models.BooleanField(default=False)
    problem = models.TextField(blank=True, default="")
    user_id = models.BigIntegerField()
    job_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["expires_at"], name="export_file_expiry")]
