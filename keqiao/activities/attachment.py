"""Attachment (附件): a file that belongs to a record or to a follow-up; its bytes lie beside the database."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, NamedTuple

from django.db import models
from django.utils.translation import gettext_lazy as _

from keqiao.activities.activity import COMMENT, FILL_ACCOUNT, AboutRecord
from keqiao.catalog.columns import AnyReferenceField, IntegerField, ShortTextField
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
    from collections.abc import Iterator

    from keqiao.catalog.object_type import DraftView

KEY = "attachment"
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
    "digest": ["digest", "id"],
}


class Attachment(AboutRecord):
    """A file: what it is called, how large it is, and by which fingerprint it is stored."""

    about = AnyReferenceField(
        _("about"), required=True, synonyms=("关联对象", "关联记录", "客户", "regarding")
    )
    name = ShortTextField(
        _("file name"), required=True, max_length=200, synonyms=("文件名", "名称")
    )
    size = IntegerField(_("size in bytes"), read_only=True, synonyms=("文件大小", "大小"))
    media_type = ShortTextField(
        _("file type"), max_length=100, read_only=True, synonyms=("文件类型", "类型")
    )
    digest = ShortTextField(_("fingerprint"), max_length=64, read_only=True)
    mentions = None

    class Meta:
        indexes = [
            *(
                models.Index(fields=fields, condition=LIVE, name=f"attachment_{name}")
                for name, fields in _ORDERS.items()
            ),
            models.Index(
                fields=["deleted_at", "id", "owner", "team"],
                condition=BINNED,
                name="attachment_binned",
            ),
        ]


class Received(NamedTuple):
    """What was found out about a file that has just been stored."""

    digest: str
    size: int
    media_type: str


_received: ContextVar[Received | None] = ContextVar("received", default=None)


@contextmanager
def receiving(file: Received) -> Iterator[None]:
    """Let the attachment that is made within carry this file; nobody can name a stored one."""
    token = _received.set(file)
    try:
        yield
    finally:
        _received.reset(token)


def _settle(view: DraftView) -> None:
    found = pointed_to(view.values.get("about") or "")
    if found and found[0] in (KEY, COMMENT):
        message = _("A file belongs to a record or a follow-up, not to another file or a comment.")
        view.refuse("about", message, "about_attachment")
    file = _received.get()
    if file is not None and not view.before:
        view.values.update(digest=file.digest, size=file.size, media_type=file.media_type)


ATTACHMENT = register(
    ObjectType(
        key=KEY,
        model=Attachment,
        label=_("attachment"),
        label_plural=_("attachments"),
        icon="paperclip",
        module="activities",
        module_label=_("Activities"),
        path="attachments",
        order=57,
        subtitle=("about",),
        layout=Layout(
            Section(_("File"), "name", "about", "media_type", "size", "digest", "owner", "team")
        ),
        list=ListSpec(
            "name", "about", "media_type", "size", "owner", "created_at",
            default_sort="-created_at",
        ),
        features=DEFAULT_FEATURES - {Feature.SEARCH, Feature.IMPORT},
        before_save=(_settle,),
        belongs_to=("account", "about"),
        filled=(FILL_ACCOUNT,),
    )
)  # fmt: skip
