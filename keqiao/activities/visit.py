"""Visit (拜访): seeing a customer at his place, with where one checked in."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from keqiao.activities.activity import FILL_ACCOUNT, Activity
from keqiao.activities.settling import settle
from keqiao.catalog.columns import CoordinateField, DateTimeField, ShortTextField
from keqiao.catalog.field import Sensitivity
from keqiao.catalog.object_type import (
    DEFAULT_FEATURES,
    Feature,
    Layout,
    ListSpec,
    ObjectType,
    Section,
)
from keqiao.catalog.registry import register


class Visit(Activity):
    """A visit to a customer."""

    at = DateTimeField(
        _("time of the visit"),
        null=False,
        synonyms=("拜访时间", "签到时间", "跟进时间", "时间", "日期"),
    )
    place = ShortTextField(
        _("place"), max_length=200, synonyms=("拜访地点", "签到地点", "地点", "位置")
    )
    latitude = CoordinateField(_("latitude"), sensitivity=Sensitivity.PERSONAL, synonyms=("纬度",))
    longitude = CoordinateField(
        _("longitude"), sensitivity=Sensitivity.PERSONAL, synonyms=("经度",)
    )


VISIT = register(
    ObjectType(
        key="visit",
        model=Visit,
        label=_("visit"),
        label_plural=_("visits"),
        icon="map-pin",
        module="activities",
        module_label=_("Activities"),
        path="visits",
        order=53,
        subtitle=("about", "at"),
        layout=Layout(
            Section(
                _("Visit"), "name", "about", "contacts", "at", "place", "latitude", "longitude",
                "state", "owner", "team",
            ),
            Section(_("Content"), "body"),
        ),
        list=ListSpec(
            "name", "about", "at", "place", "state", "owner", "updated_at",
            default_sort="-at", quick_filters=("at", "owner"),
        ),
        features=DEFAULT_FEATURES - {Feature.SEARCH},
        before_save=(settle(_("Visit"), waits=False),),
        belongs_to=("account", "about"),
        filled=(FILL_ACCOUNT,),
    )
)  # fmt: skip
