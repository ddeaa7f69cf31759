"""Call (电话): a telephone conversation, had or planned."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from keqiao.activities.activity import FILL_ACCOUNT, Activity
from keqiao.activities.settling import settle, settle_duration
from keqiao.catalog.columns import ChoiceField, DateTimeField, IntegerField
from keqiao.catalog.field import Choice
from keqiao.catalog.object_type import (
    DEFAULT_FEATURES,
    Feature,
    Layout,
    ListSpec,
    ObjectType,
    Section,
)
from keqiao.catalog.registry import register

DIRECTIONS = (
    Choice("outgoing", _("Outgoing"), "", ("呼出", "拨出", "去电", "发出", "outbound")),
    Choice("incoming", _("Incoming"), "", ("呼入", "来电", "收到", "inbound")),
)
RESULTS = (
    Choice("reached", _("Reached"), "jade", ("接通", "已接通", "接听", "connected")),
    Choice("no_answer", _("No answer"), "amber", ("无人接听", "未接通", "未接")),
    Choice("busy", _("Busy"), "amber", ("忙线", "占线", "正忙")),
    Choice("call_back", _("Call back"), "blue", ("约定回电", "稍后联系", "回电")),
    Choice("not_wanted", _("Not wanted"), "red", ("拒绝", "不需要", "拒接")),
    Choice("wrong_number", _("Wrong number"), "red", ("空号", "错号", "号码错误", "停机")),
)


class Call(Activity):
    """A telephone conversation."""

    at = DateTimeField(
        _("time of the call"),
        null=False,
        synonyms=("通话时间", "拨打时间", "跟进时间", "时间", "日期"),
    )
    direction = ChoiceField(
        _("direction"), options=DIRECTIONS, starts_as="outgoing", synonyms=("呼叫方向", "方向")
    )
    result = ChoiceField(_("result"), options=RESULTS, synonyms=("通话结果", "结果", "接通情况"))
    duration_minutes = IntegerField(
        _("duration in minutes"), synonyms=("通话时长", "时长", "分钟", "duration")
    )


CALL = register(
    ObjectType(
        key="call",
        model=Call,
        label=_("call"),
        label_plural=_("calls"),
        icon="phone-call",
        module="activities",
        module_label=_("Activities"),
        path="calls",
        order=52,
        subtitle=("about", "at"),
        layout=Layout(
            Section(
                _("Telephone call"), "name", "about", "contacts", "at", "direction", "result",
                "duration_minutes", "state", "owner", "team",
            ),
            Section(_("Content"), "body"),
        ),
        list=ListSpec(
            "name", "about", "at", "result", "state", "owner", "updated_at",
            default_sort="-at", quick_filters=("at", "owner"),
        ),
        features=DEFAULT_FEATURES - {Feature.SEARCH},
        before_save=(settle(_("Telephone call"), waits=False), settle_duration),
        belongs_to=("account", "about"),
        filled=(FILL_ACCOUNT,),
    )
)  # fmt: skip
