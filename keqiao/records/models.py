"""What every record carries, and the tables the write path fills beside it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from keqiao.catalog.columns import DateTimeField, DepartmentField, ScoreField, UserField
from keqiao.records.merging_models import Merge, MergedRecord, MergeMove  # noqa: F401

LIVE = Q(deleted_at__isnull=True)
BINNED = Q(deleted_at__isnull=False)


def record_indexes(*filters: str, belongs_to: tuple[str, ...] = ()) -> list[models.Index]:
    """Return the indexes of an object type whose lists are often narrowed by `filters`.

    Lists are read in these orders only, and each index holds live records alone. The filters ride
    along in the indexes of a reach, and the reach in those of the filters, so that neither has to
    fetch rows it then leaves out: "my department's customers in Jiangsu" at a million took 130 ms
    without and 20 ms with them, a manager's first page 2.7 and 0.8. What lies in the recycle bin
    has one of its own.
    """
    orders: dict[str, list[str]] = {
        "updated": ["updated_at", "id", "team", "owner"],
        "created": ["created_at", "id", "team", "owner"],
        "title": ["title_key", "id", "team", "owner"],
        "owner": ["owner", "updated_at", "id", *filters, "team"],
        "owner_title": ["owner", "title_key", "id"],
        "team": ["team", "updated_at", "id", *filters],
    }
    for name in belongs_to:
        orders[f"{name}_own"] = [f"{name}_owner_id", "updated_at", "id"]
        orders[f"{name}_team"] = [f"{name}_team_id", "updated_at", "id"]
    orders |= {name: [name, "updated_at", "id", "team", "owner"] for name in filters}
    found = [
        models.Index(fields=fields, condition=LIVE, name=f"%(class)s_{name}")
        for name, fields in orders.items()
    ]
    bin_order = ["deleted_at", "id", "owner", "team"]
    return [*found, models.Index(fields=bin_order, condition=BINNED, name="%(class)s_binned")]


class Record(models.Model):
    """The base of every business object: owner, department, version, origin, custom values."""

    owner = UserField(
        verbose_name=_("owner"),
        synonyms=("负责人", "所有人", "业务员", "销售", "销售代表", "owner", "sales rep", "agent"),
    )
    team = DepartmentField(
        verbose_name=_("department"),
        standard=_("Follows the owner. Without an owner the record belongs to the department."),
        synonyms=("所属部门", "归属部门", "负责部门"),
    )
    title_key = models.CharField(max_length=64, default="", editable=False)
    custom = models.JSONField(default=dict, blank=True)
    version = models.PositiveIntegerField(default=1)
    created_at = DateTimeField(_("created"), read_only=True, null=False)
    created_by = UserField(verbose_name=_("created by"), read_only=True)
    updated_at = DateTimeField(_("last changed"), read_only=True, null=False)
    updated_by = UserField(verbose_name=_("changed by"), read_only=True)
    source = models.CharField(max_length=40, default="", editable=False)
    deleted_at = models.DateTimeField(null=True, editable=False)
    deleted_by_id = models.BigIntegerField(null=True, editable=False)

    class Meta:
        abstract = True
        indexes = record_indexes()

    def reach_terms(self) -> set[str]:
        """Return words of the search index by which others than owner and department find it."""
        return set()


class Followed(Record):
    """A record people follow up: when somebody last dealt with it, and what comes next."""

    last_activity_at = DateTimeField(
        _("last follow-up"), read_only=True, synonyms=("最近跟进时间", "最后跟进时间")
    )
    next_activity_at = DateTimeField(_("next step"), read_only=True)
    archived_at = DateTimeField(
        _("archived"),
        read_only=True,
        standard=_("Set when a rule lays the record aside: lists and search leave it out."),
    )

    class Meta:
        abstract = True


class Measured(models.Model):
    """A record whose data have a quality score; the write path keeps it (`records.measuring`)."""

    quality_score = ScoreField(
        _("quality score"),
        read_only=True,
        standard=_("How complete, valid, current and free of duplicates the record is, 0 to 100."),
        synonyms=("质量分", "数据质量分"),
    )
    # What the values alone do not tell: when each was last confirmed, which were found wrong.
    quality_facts = models.JSONField(null=True, editable=False)

    class Meta:
        abstract = True


def measured_indexes() -> list[models.Index]:
    """Return the indexes that find the worst records, of one person or of all."""
    return [
        models.Index(fields=fields, condition=LIVE, name=f"%(class)s_{name}")
        for name, fields in {
            "quality": ["quality_score", "id", "team", "owner"],
            "owner_quality": ["owner", "quality_score", "id"],
        }.items()
    ]


def follow_up_indexes() -> list[models.Index]:
    """Return the indexes that find who was forgotten and what is due, for one person or for all."""
    archived = models.Index(
        fields=["archived_at", "id"], condition=Q(archived_at__isnull=False),
        name="%(class)s_archived",
    )  # fmt: skip
    return [archived] + [
        models.Index(fields=fields, condition=LIVE, name=f"%(class)s_{name}")
        for name, fields in {
            "last_act": ["last_activity_at", "id", "team", "owner"],
            "next_act": ["next_activity_at", "id", "team", "owner"],
            "owner_last": ["owner", "last_activity_at", "id"],
            "owner_next": ["owner", "next_activity_at", "id"],
        }.items()
    ]


class ChangeEntry(models.Model):
    """One line of the change log: who changed what on which record, when, from where.

    Append-only; `digest` chains each line to the one before, so tampering shows.
    """

    object_key = models.CharField(max_length=40)
    record_id = models.BigIntegerField()
    action = models.CharField(max_length=12)
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=160)
    at = models.DateTimeField()
    source = models.CharField(max_length=40)
    detail = models.CharField(max_length=200, blank=True, default="")
    request_id = models.CharField(max_length=40, blank=True, default="")
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    digest = models.CharField(max_length=64)

    class Meta:
        indexes = [
            models.Index(fields=["object_key", "record_id", "id"], name="change_entry_record"),
            models.Index(fields=["actor_id", "id"], name="change_entry_actor"),
        ]


class ChainHead(models.Model):
    """The last line of the change log; locking it puts all writers into one order."""

    digest = models.CharField(max_length=64, default="")
    entry_id = models.BigIntegerField(default=0)


class Event(models.Model):
    """Something that happened, written with the change and handled by the worker afterwards."""

    name = models.CharField(max_length=60)
    object_key = models.CharField(max_length=40)
    record_id = models.BigIntegerField()
    actor_id = models.BigIntegerField(null=True)
    at = models.DateTimeField()
    depth = models.PositiveSmallIntegerField(default=0)
    data = models.JSONField(default=dict)


class EventCursor(models.Model):
    """How far one subscriber has read the events."""

    subscriber = models.CharField(max_length=120, primary_key=True)
    last_id = models.BigIntegerField(default=0)


class MatchKey(models.Model):
    """A fingerprint of one normalised value, by which exact duplicates are found.

    The first holder of a fingerprint has it exclusively, so of two racing saves one loses.
    """

    object_key = models.CharField(max_length=40)
    key = models.BigIntegerField()
    record_id = models.BigIntegerField()
    exclusive = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["key"], condition=Q(exclusive=True), name="match_key_exclusive"
            )
        ]
        indexes = [
            models.Index(fields=["key"], name="match_key_key"),
            models.Index(fields=["object_key", "record_id"], name="match_key_record"),
        ]


class RecordLink(models.Model):
    """A custom field's link from one record to another, so that links can be followed back."""

    object_key = models.CharField(max_length=40)
    field = models.CharField(max_length=48)
    record_id = models.BigIntegerField()
    target_key = models.CharField(max_length=40)
    target_id = models.BigIntegerField()

    class Meta:
        indexes = [
            models.Index(fields=["target_key", "target_id"], name="record_link_target"),
            models.Index(fields=["object_key", "record_id"], name="record_link_record"),
        ]


class SearchEntry(models.Model):
    """The searchable words of one record, already cut into terms, with who may see it.

    The full-text index over `terms` is made by a migration: FTS5 on SQLite, GIN on PostgreSQL.
    The id says which record it is (`search_index.place_of`): each type has a stretch of its own.
    """

    object_key = models.CharField(max_length=40)
    record_id = models.BigIntegerField()
    terms = models.TextField()
