"""Activity (跟进): what every way of dealing with a customer shares, planned or done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.utils.translation import gettext_lazy as _

from keqiao.access.access import Access
from keqiao.catalog.columns import (
    AnyReferenceField,
    BooleanField,
    ChoiceField,
    DateTimeField,
    LongTextField,
    ReferenceField,
    ReferencesField,
    ShortTextField,
    UsersField,
)
from keqiao.catalog.field import Choice
from keqiao.catalog.object_type import Filled
from keqiao.catalog.pointer import pointed_to
from keqiao.catalog.problems import UnknownObject
from keqiao.catalog.registry import object_type
from keqiao.records.models import BINNED, LIVE, Record
from keqiao.records.query import records

if TYPE_CHECKING:
    from collections.abc import Sequence

PLANNED, DONE, CANCELLED = "planned", "done", "cancelled"
STATES = (
    Choice(PLANNED, _("Planned"), "blue", ("计划中", "待办", "未完成", "未开始", "进行中", "open")),
    Choice(DONE, _("Done"), "jade", ("完成", "已处理", "closed", "completed")),
    Choice(CANCELLED, _("Cancelled"), "", ("取消", "作废", "canceled")),
)
# Task and event wait to be done; the others tell what happened, unless their time is still to come.
ACTIVITIES = ("task", "event", "call", "visit", "email_note", "note")
COMMENT = "comment"
LONGEST_BODY = 10_000
REACH = ["owner", "team", "account_owner_id", "account_team_id", "about_owner_id", "about_team_id"]

_SYSTEM = Access.system("which customer an activity is about")


def activity_indexes() -> list[models.Index]:
    """Return the indexes of one activity table: lists by change and by time, and every reach.

    The reach rides along in the index by time, so that a person's list is read from it alone, and
    the state in those of one's own, so that they count what is planned.
    """
    orders: dict[str, list[str]] = {
        "updated": ["updated_at", "id"],
        "created": ["created_at", "id"],
        "at": ["at", "id", *REACH],
        "owner": ["owner", "updated_at", "id", "team", "state"],
        "team": ["team", "updated_at", "id", "state"],
        "account_own": ["account_owner_id", "updated_at", "id"],
        "account_team": ["account_team_id", "updated_at", "id"],
        "about_own": ["about_owner_id", "updated_at", "id"],
        "about_team": ["about_team_id", "updated_at", "id"],
        "account": ["account", "updated_at", "id"],
        "about": ["about", "id"],
    }
    found = [
        models.Index(fields=fields, condition=LIVE, name=f"%(class)s_{name}")
        for name, fields in orders.items()
    ]
    bin_order = ["deleted_at", "id", "owner", "team"]
    return [*found, models.Index(fields=bin_order, condition=BINNED, name="%(class)s_binned")]


def time_indexes() -> list[models.Index]:
    """Return the indexes of what is somebody's, or a department's, by time: lists and the brief.

    Counting a seller's calls of one month went through all of his calls: 1.1 s a brief at five
    million activities. Sorting his 80,000 calls anew took 500 ms a page.
    """
    return [
        models.Index(
            fields=[whose, "at", "id", "state"], condition=LIVE, name=f"%(class)s_{whose}_at"
        )
        for whose in ("owner", "team")
    ]


class AboutRecord(Record):
    """Something written about another record; who sees that one's customer sees this too."""

    about = AnyReferenceField(
        _("about"),
        synonyms=("关联对象", "关联记录", "关联", "客户", "客户名称", "公司", "线索", "regarding"),
    )
    account = ReferenceField(
        "customers.Account",
        verbose_name=_("account"),
        target="account",
        db_index=False,
        read_only=True,
    )
    mentions = UsersField(_("mentioned colleagues"), synonyms=("提到的同事",))
    account_owner_id = models.BigIntegerField(null=True, editable=False)
    account_team_id = models.BigIntegerField(null=True, editable=False)
    about_owner_id = models.BigIntegerField(null=True, editable=False)
    about_team_id = models.BigIntegerField(null=True, editable=False)

    class Meta:
        abstract = True


class Activity(AboutRecord):
    """One piece of work with a customer: to be done, done, or called off."""

    name = ShortTextField(
        _("subject"), max_length=200, synonyms=("主题", "标题", "名称", "title", "subject")
    )
    body = LongTextField(
        _("content"),
        max_length=LONGEST_BODY,
        synonyms=(
            "内容",
            "跟进内容",
            "跟进记录",
            "详情",
            "描述",
            "备注",
            "说明",
            "notes",
            "content",
        ),
    )
    contacts = ReferencesField(
        _("contacts"), target="contact", synonyms=("联系人", "客户联系人", "参与联系人")
    )
    at = DateTimeField(
        _("time"), null=False, synonyms=("时间", "跟进时间", "日期", "发生时间", "date", "time")
    )
    state = ChoiceField(_("state"), options=STATES, synonyms=("状态", "完成情况", "status"))
    done_at = DateTimeField(_("completed at"), read_only=True, synonyms=("完成时间",))
    pinned = BooleanField(_("pinned"), synonyms=("置顶",))

    class Meta:
        abstract = True
        indexes = [*activity_indexes(), *time_indexes()]


def fill_account(rows: Sequence[models.Model]) -> None:
    """Put in the customer: the record itself, or the one its `account` names (a contact's employer).

    Only when the link changes: what was said to somebody stays with the customer of that day.
    """
    wanted: dict[str, set[int]] = {}
    for row in rows:
        if found := pointed_to(row.about):  # type: ignore[attr-defined]
            wanted.setdefault(found[0], set()).add(found[1])
    accounts = {key: accounts_of(key, ids) for key, ids in wanted.items()}
    for row in rows:
        found = pointed_to(row.about)  # type: ignore[attr-defined]
        row.account_id = accounts[found[0]].get(found[1]) if found else None  # type: ignore[attr-defined]


def accounts_of(key: str, ids: set[int]) -> dict[int, int | None]:
    """Return the customer of each record of a type, where it has one."""
    try:
        declared = object_type(key)
    except UnknownObject:
        return {}
    own = declared.builtin_fields.get("account")
    if key != "account" and (own is None or own.target != "account"):
        return {}
    rows = records(_SYSTEM, declared).filter(pk__in=ids)
    return dict(rows.values_list("pk", "pk" if key == "account" else "account_id"))


FILL_ACCOUNT = Filled(("account",), after=("about",), by=fill_account)
