"""Task (任务): something to be done by a day."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from keqiao.activities.activity import FILL_ACCOUNT, PLANNED, Activity
from keqiao.activities.settling import settle
from keqiao.catalog.columns import ChoiceField, DateTimeField
from keqiao.catalog.field import Choice
from keqiao.catalog.object_type import Layout, ListSpec, ObjectType, OnCalendar, Section
from keqiao.catalog.registry import register
from keqiao.records.models import LIVE

PRIORITIES = (
    Choice("high", _("High"), "red", ("高", "紧急", "重要", "urgent")),
    Choice("normal", _("Normal"), "", ("中", "普通", "一般", "medium")),
    Choice("low", _("Low"), "", ("低", "不急")),
)


class Task(Activity):
    """Something to be done."""

    at = DateTimeField(
        _("due"), null=False, synonyms=("截止时间", "截止日期", "到期日", "到期时间", "due date")
    )
    priority = ChoiceField(
        _("priority"), options=PRIORITIES, starts_as="normal", synonyms=("优先级", "重要程度")
    )

    class Meta(Activity.Meta):
        indexes = [
            *Activity.Meta.indexes,
            models.Index(fields=["state", "at", "id", "owner"], condition=LIVE, name="task_state"),
        ]


TASK = register(
    ObjectType(
        key="task",
        model=Task,
        label=_("task"),
        label_plural=_("tasks"),
        icon="checkbox",
        module="activities",
        module_label=_("Activities"),
        path="tasks",
        order=50,
        subtitle=("about", "at"),
        layout=Layout(
            Section(
                _("Task"), "name", "about", "contacts", "at", "priority", "state", "owner", "team"
            ),
            Section(_("Content"), "body"),
        ),
        list=ListSpec(
            "name",
            "about",
            "at",
            "priority",
            "state",
            "owner",
            "updated_at",
            default_sort="-at",
            quick_filters=("state", "at", "owner"),
            calendar=OnCalendar("at", waits=("state", PLANNED)),
        ),
        search=("name",),
        before_save=(settle(_("Task"), waits=True),),
        belongs_to=("account", "about"),
        filled=(FILL_ACCOUNT,),
    )
)
