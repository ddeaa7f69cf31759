"""Comment (评论): what a colleague remarks on a record or an activity, mentioning others with @."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.utils.translation import gettext_lazy as _

from keqiao.activities.activity import COMMENT as KEY
from keqiao.activities.activity import FILL_ACCOUNT, LONGEST_BODY, AboutRecord
from keqiao.activities.settling import first_line, settle_mentions
from keqiao.catalog.columns import AnyReferenceField, LongTextField, ShortTextField
from keqiao.catalog.object_type import (
    DEFAULT_FEATURES,
    Feature,
    Layout,
    ListSpec,
    ObjectType,
    Section,
)
from keqiao.catalog.pointer import pointed_to
from keqiao.catalog.registry import register
from keqiao.records.models import BINNED, LIVE

if TYPE_CHECKING:
    from keqiao.catalog.object_type import DraftView

_ORDERS = {
    "updated": ["updated_at", "id"],
    "created": ["created_at", "id"],
    "owner": ["owner", "created_at", "id", "team"],
    "team": ["team", "created_at", "id"],
    "account_own": ["account_owner_id", "updated_at", "id"],
    "account_team": ["account_team_id", "updated_at", "id"],
    "about_own": ["about_owner_id", "updated_at", "id"],
    "about_team": ["about_team_id", "updated_at", "id"],
    "account": ["account", "updated_at", "id"],
    "about": ["about", "id"],
}


class Comment(AboutRecord):
    """A remark; only who wrote it may change it."""

    about = AnyReferenceField(
        _("about"),
        required=True,
        synonyms=("评论对象", "关联对象", "关联记录", "客户", "regarding"),
    )
    name = ShortTextField(_("subject"), max_length=200, synonyms=("主题", "标题"))
    body = LongTextField(
        _("comment text"), max_length=LONGEST_BODY, synonyms=("评论", "内容", "评论内容", "comment")
    )

    class Meta:
        indexes = [
            *(
                models.Index(fields=fields, condition=LIVE, name=f"comment_{name}")
                for name, fields in _ORDERS.items()
            ),
            models.Index(
                fields=["deleted_at", "id", "owner", "team"],
                condition=BINNED,
                name="comment_binned",
            ),
        ]


def _settle(view: DraftView) -> None:
    values, before = view.values, view.before
    found = pointed_to(values.get("about") or "")
    if found and found[0] == KEY:
        view.refuse("about", _("A comment cannot be commented on. Please comment on the record."),
                    "about_comment")  # fmt: skip
    subject, first = values.get("name") or "", first_line(values.get("body"))
    if not (subject or first):
        view.refuse("body", _("Please write something."), "empty")
    if before and subject == before.get("name") == first_line(before.get("body")):
        subject = ""
    values["name"] = subject or first
    settle_mentions(view)


COMMENT = register(
    ObjectType(
        key=KEY,
        model=Comment,
        label=_("comment"),
        label_plural=_("comments"),
        icon="message-plus",
        module="activities",
        module_label=_("Activities"),
        path="comments",
        order=56,
        subtitle=("about",),
        layout=Layout(Section(_("Comment"), "name", "about", "body", "owner", "team")),
        list=ListSpec("name", "about", "owner", "created_at", default_sort="-created_at"),
        features=DEFAULT_FEATURES - {Feature.SEARCH},
        before_save=(_settle,),
        belongs_to=("account", "about"),
        filled=(FILL_ACCOUNT,),
    )
)
