"""What makes a record one that can lie in a pool: its columns, and how the pool finds it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from keqiao.catalog.columns import (
    BooleanField,
    DateField,
    DateTimeField,
    ShortTextField,
    UserField,
)
from keqiao.catalog.object_type import ObjectType, Section
from keqiao.catalog.registry import object_types
from keqiao.records.models import LIVE, Followed

# What the record page and the pool show of them.
POOL_SECTION = Section(
    _("Pool"),
    "claimed_at",
    "returns_on",
    "pool_locked",
    "pooled_at",
    "previous_owner",
    "pool_reason",
)


class Pooled(Followed):
    """A record that somebody looks after, or that lies in a pool for others to claim."""

    # Beside the catalog: which pool it is, is told by the pool's own pages alone.
    pool = models.ForeignKey(
        "customers.Pool", models.PROTECT, null=True, editable=False, db_index=False,
        related_name="+",
    )  # fmt: skip
    pooled_at = DateTimeField(
        _("in the pool since"), read_only=True, synonyms=("进入公海时间", "入海时间")
    )
    pool_reason = ShortTextField(
        _("why in the pool"), read_only=True, max_length=200, synonyms=("退回原因", "入海原因")
    )
    previous_owner = UserField(
        verbose_name=_("previous owner"), read_only=True, synonyms=("前负责人", "原负责人")
    )
    claimed_at = DateTimeField(_("claimed"), read_only=True, synonyms=("领取时间",))
    pool_locked = BooleanField(_("locked against return"), read_only=True)
    returns_on = DateField(
        _("returns to the pool on"), read_only=True, synonyms=("预计退回日期", "退回日期")
    )

    class Meta:
        abstract = True

    def reach_terms(self) -> set[str]:
        return {pool_term(self.pool_id)} if self.pool_id else set()


def pool_term(pool_id: int) -> str:
    """Return the word of the search index that all records of a pool have."""
    return f"_p{pool_id}"


def pool_indexes() -> list[models.Index]:
    """Return the indexes of the pool's own list and of what returns next."""
    in_pool = LIVE & Q(pool__isnull=False)
    to_return = LIVE & Q(returns_on__isnull=False)
    return [
        models.Index(fields=["pool", "pooled_at", "id"], condition=in_pool, name="%(class)s_pool"),
        models.Index(
            fields=["pooled_at", "id", "pool"], condition=in_pool, name="%(class)s_pooled"
        ),
        models.Index(
            fields=["returns_on", "id", "owner", "team"],
            condition=to_return,
            name="%(class)s_returns",
        ),
        # One's own of this week, on everybody's start page: 70 ms at 1 600 customers without it.
        models.Index(
            fields=["owner", "returns_on", "id"], condition=to_return, name="%(class)s_own_returns"
        ),
    ]


def can_be_pooled(declared: ObjectType) -> bool:
    return issubclass(declared.model, Pooled)


def pooled_types() -> list[ObjectType]:
    return [declared for declared in object_types() if can_be_pooled(declared)]
