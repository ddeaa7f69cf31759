"""E-mail note (邮件记录): what was written to a customer, or came from one."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from keqiao.activities.activity import FILL_ACCOUNT, Activity
from keqiao.activities.call import DIRECTIONS
from keqiao.activities.settling import settle
from keqiao.catalog.columns import ChoiceField, DateTimeField
from keqiao.catalog.object_type import (
    DEFAULT_FEATURES,
    Feature,
    Layout,
    ListSpec,
    ObjectType,
    Section,
)
from keqiao.catalog.registry import register


class EmailNote(Activity):
    """A note of an e-mail."""

    at = DateTimeField(
        _("time of the e-mail"),
        null=False,
        synonyms=("发送时间", "邮件时间", "跟进时间", "时间", "日期"),
    )
    direction = ChoiceField(
        _("direction"), options=DIRECTIONS, starts_as="outgoing", synonyms=("收发", "方向")
    )


EMAIL_NOTE = register(
    ObjectType(
        key="email_note",
        model=EmailNote,
        label=_("e-mail note"),
        label_plural=_("e-mail notes"),
        icon="mail",
        module="activities",
        module_label=_("Activities"),
        path="email-notes",
        order=54,
        subtitle=("about", "at"),
        layout=Layout(
            Section(
                _("E-mail note"), "name", "about", "contacts", "at", "direction", "state", "owner",
                "team",
            ),
            Section(_("Content"), "body"),
        ),
        list=ListSpec(
            "name", "about", "at", "direction", "state", "owner", "updated_at",
            default_sort="-at", quick_filters=("at", "owner"),
        ),
        features=DEFAULT_FEATURES - {Feature.SEARCH},
        before_save=(settle(_("E-mail note"), waits=False),),
        belongs_to=("account", "about"),
        filled=(FILL_ACCOUNT,),
    )
)  # fmt: skip
