"""Note (跟进记录): what is worth knowing about a customer, in one's own words."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from keqiao.activities.activity import FILL_ACCOUNT, Activity
from keqiao.activities.settling import settle
from keqiao.catalog.object_type import (
    DEFAULT_FEATURES,
    Feature,
    Layout,
    ListSpec,
    ObjectType,
    Section,
)
from keqiao.catalog.registry import register


class Note(Activity):
    """A note of what was said, seen or agreed."""


NOTE = register(
    ObjectType(
        key="note",
        model=Note,
        label=_("follow-up note"),
        label_plural=_("follow-up notes"),
        icon="note",
        module="activities",
        module_label=_("Activities"),
        path="notes",
        order=55,
        subtitle=("about", "at"),
        layout=Layout(
            Section(_("Follow-up note"), "name", "about", "contacts", "at", "state", "owner", "team"),
            Section(_("Content"), "body"),
        ),
        list=ListSpec(
            "name", "about", "at", "state", "owner", "updated_at",
            default_sort="-at", quick_filters=("at", "owner"),
        ),
        features=DEFAULT_FEATURES - {Feature.SEARCH},
        before_save=(settle(_("Follow-up note"), waits=False),),
        belongs_to=("account", "about"),
        filled=(FILL_ACCOUNT,),
    )
)  # fmt: skip
