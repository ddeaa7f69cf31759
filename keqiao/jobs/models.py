"""What the product still has to do by itself: jobs, the log of their attempts and the timetable."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

DEAD_LETTER_REASON = 500


class Status(models.TextChoices):
    READY = "ready", _("Waiting")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    DEAD = "dead", _("Failed, needs attention")
    CANCELLED = "cancelled", _("Cancelled")


class RunOutcome(models.TextChoices):
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed, will be tried again")
    DEAD = "dead", _("Failed for good")
    CANCELLED = "cancelled", _("Cancelled")
    GIVEN_BACK = "given_back", _("Handed back when the worker was stopped")
    LOST = "lost", _("The worker disappeared")


class Job(models.Model):
    """One piece of background work.

    `arguments`, `state` and `result` are JSON *text* with ASCII escapes, not JSON columns: any
    Python string then survives on both databases (PostgreSQL refuses NUL in jsonb), and a row that
    cannot be read fails alone instead of breaking the claim.
    `actor_id` is a plain number: who caused the job is known one layer above this one.
    """

    task = models.CharField(max_length=255)
    queue = models.CharField(max_length=64)
    priority = models.SmallIntegerField(default=0)
    # As it read for who started the work, and its words for who reads it in another language.
    title = models.CharField(max_length=200, blank=True, default="")
    title_words = models.TextField(blank=True, default="")
    actor_id = models.BigIntegerField(null=True, blank=True)
    arguments = models.TextField()
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.READY)
    enqueued_at = models.DateTimeField()
    run_after = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    attempted_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    attempts = models.IntegerField(default=0)
    max_attempts = models.IntegerField(default=1)
    reason = models.CharField(max_length=DEAD_LETTER_REASON, blank=True, default="")
    result = models.TextField(blank=True, default="")
    state = models.TextField(blank=True, default="")
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    progress_done = models.BigIntegerField(default=0)
    progress_total = models.BigIntegerField(default=0)
    progress_note = models.CharField(max_length=200, blank=True, default="")
    progress_words = models.TextField(blank=True, default="")

    # The lease: `token` grows with every claim and fences off late writers; `beat` grows with every
    # renewal, so a watcher needs no agreement between clocks to see that a worker is dead.
    worker = models.CharField(max_length=120, blank=True, default="")
    token = models.BigIntegerField(default=0)
    beat = models.BigIntegerField(default=0)
    beat_at = models.DateTimeField(null=True, blank=True)
    lease_seconds = models.FloatField(default=0)

    unique_key = models.CharField(max_length=255, blank=True, default="")
    unique_until_start = models.BooleanField(default=False)
    schedule = models.CharField(max_length=255, blank=True, default="")
    slot = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        indexes = [
            models.Index(
                # The queue rides along: a lane passes by the other's waiting jobs in the index.
                fields=["-priority", "run_after", "id", "queue"],
                name="job_claim",
                condition=Q(status="ready"),
            ),
            models.Index(
                fields=["run_after", "queue"], name="job_due", condition=Q(status="ready")
            ),
            models.Index(fields=["status", "-id"], name="job_board"),
            models.Index(fields=["status", "finished_at"], name="job_age"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["unique_key"],
                condition=Q(status__in=["ready", "running"]) & ~Q(unique_key=""),
                name="job_unique_key",
            ),
            models.UniqueConstraint(
                fields=["schedule", "slot"],
                condition=Q(slot__isnull=False),
                name="job_schedule_slot",
            ),
        ]


class JobRun(models.Model):
    """The run log: one finished attempt of a job, written together with the attempt's outcome."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="runs")
    attempt = models.IntegerField()
    worker = models.CharField(max_length=120)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()
    outcome = models.CharField(max_length=12, choices=RunOutcome.choices)
    exception = models.CharField(max_length=255, blank=True, default="")
    error = models.TextField(blank=True, default="")

    class Meta:
        verbose_name = _("job run")
        verbose_name_plural = _("job runs")


class Schedule(models.Model):
    """One line of the timetable; whoever moves `next_at` forward owns that run."""

    name = models.CharField(max_length=255, unique=True)
    rule = models.CharField(max_length=60)
    enabled = models.BooleanField(default=True)
    next_at = models.DateTimeField()
    last_slot = models.DateTimeField(null=True, blank=True)
    last_job_id = models.BigIntegerField(null=True, blank=True)

    class Meta:
        verbose_name = _("schedule")
        verbose_name_plural = _("schedules")
