"""Event (日程): a meeting or appointment with a beginning, an end and people who come."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from keqiao.activities.activity import FILL_ACCOUNT, PLANNED, Activity
from keqiao.activities.settling import settle, settle_length
from keqiao.catalog.columns import BooleanField, DateTimeField, ShortTextField, UsersField
from keqiao.catalog.object_type import Layout, ListSpec, ObjectType, OnCalendar, Section
from keqiao.catalog.registry import register
from keqiao.records.models import LIVE


class CalendarEvent(Activity):
    """An appointment."""

    at = DateTimeField(
        _("starts at"), null=False, synonyms=("开始时间", "开始", "开始日期", "start time")
    )
    ends_at = DateTimeField(_("ends at"), synonyms=("结束时间", "结束", "结束日期", "end time"))
    all_day = BooleanField(_("all day"), synonyms=("全天", "整天"))
    place = ShortTextField(_("place"), max_length=200, synonyms=("地点", "位置", "会议室"))
    participants = UsersField(_("participants"), synonyms=("参与人", "参会人", "与会人员"))

    class Meta(Activity.Meta):
        indexes = [
            *Activity.Meta.indexes,
            models.Index(fields=["state", "at", "id", "owner"], condition=LIVE, name="event_state"),
        ]


EVENT = register(
    ObjectType(
        key="event",
        model=CalendarEvent,
        label=_("event"),
        label_plural=_("events"),
        icon="calendar-event",
        module="activities",
        module_label=_("Activities"),
        path="events",
        order=51,
        subtitle=("about", "at"),
        layout=Layout(
            Section(
                _("Event"), "name", "about", "contacts", "at", "ends_at", "all_day", "place",
                "participants", "state", "owner", "team",
            ),
            Section(_("Content"), "body"),
        ),
        list=ListSpec(
            "name", "about", "at", "ends_at", "place", "state", "owner", "updated_at",
            default_sort="-at", quick_filters=("state", "at", "owner"),
            calendar=OnCalendar("at", until="ends_at", waits=("state", PLANNED)),
        ),
        search=("name",),
        before_save=(settle(_("Event"), waits=True), settle_length),
        belongs_to=("account", "about"),
        filled=(FILL_ACCOUNT,),
    )
)  # fmt: skip
