"""Lead (线索): somebody who may become a customer and has not been qualified yet."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from keqiao.catalog.columns import (
    ChoiceField,
    CompanyNameField,
    DateField,
    EmailField,
    LongTextField,
    MoneyField,
    PersonNameField,
    PhoneField,
    RegionField,
    ShortTextField,
    TagsField,
)
from keqiao.catalog.field import Choice, Sensitivity
from keqiao.catalog.object_type import (
    DEFAULT_FEATURES,
    Feature,
    Layout,
    ListSpec,
    ObjectType,
    Section,
    UniqueWhen,
)
from keqiao.catalog.registry import register
from keqiao.customers.choices import INDUSTRIES, SOURCES
from keqiao.customers.pool.pooled import POOL_SECTION, Pooled, pool_indexes
from keqiao.records.models import (
    LIVE,
    Measured,
    follow_up_indexes,
    measured_indexes,
    record_indexes,
)

STATES = (
    Choice("new", _("New"), "blue", ("新建", "未处理", "待跟进")),
    Choice("contacting", _("In contact"), "amber", ("跟进中", "联系中")),
    Choice("qualified", _("Qualified"), "jade", ("已确认", "有效", "有意向")),
    Choice("unqualified", _("Unqualified"), "", ("无效", "已关闭", "放弃")),
)


class Lead(Measured, Pooled):
    """A possible customer."""

    name = CompanyNameField(
        _("lead"),
        required=True,
        sort_name="title_key",
        standard=_("The company, or what the inquiry is about."),
        synonyms=("线索", "线索名称", "公司", "公司名称", "主题", "company"),
    )
    contact_name = PersonNameField(
        _("contact person"), expected=1, synonyms=("联系人", "姓名", "contact")
    )
    position = ShortTextField(_("position"), max_length=80, synonyms=("职务", "职位"))
    phone = PhoneField(
        _("phone"),
        expected=2,
        half_life_months=24,
        sensitivity=Sensitivity.PERSONAL,
        synonyms=("电话", "手机", "手机号", "联系电话", "mobile", "tel"),
    )
    email = EmailField(
        _("e-mail"), sensitivity=Sensitivity.PERSONAL, synonyms=("邮箱", "电子邮箱", "mail")
    )
    state = ChoiceField(_("state"), options=STATES, starts_as="new", synonyms=("状态", "线索状态"))
    source_channel = ChoiceField(
        _("source"), options=SOURCES, expected=1, synonyms=("来源", "线索来源")
    )
    industry = ChoiceField(_("industry"), options=INDUSTRIES, expected=1, synonyms=("行业",))
    region = RegionField(_("region"), expected=1, synonyms=("地区", "省市区", "所在地", "城市"))
    expected_amount = MoneyField(_("expected amount"), synonyms=("预计金额", "预算", "金额"))
    next_contact_on = DateField(_("next contact"), synonyms=("下次联系", "下次联系时间"))
    tags = TagsField(_("tags"), synonyms=("标签",))
    note = LongTextField(_("note"), synonyms=("备注", "需求", "说明", "remark"))

    class Meta:
        indexes = [
            *record_indexes("state", "source_channel"),
            *follow_up_indexes(),
            *measured_indexes(),
            *pool_indexes(),
            models.Index(
                fields=["next_contact_on", "id"], condition=LIVE, name="lead_next_contact"
            ),
        ]


LEAD = register(
    ObjectType(
        key="lead",
        model=Lead,
        label=_("lead"),
        label_plural=_("leads"),
        icon="magnet",
        module="customers",
        module_label=_("Customers"),
        path="leads",
        order=30,
        subtitle=("contact_name", "region"),
        features=DEFAULT_FEATURES | {Feature.FOLLOW_UP},
        layout=Layout(
            Section(
                _("Basics"), "name", "state", "source_channel", "industry", "owner", "team", "tags"
            ),
            Section(_("Contact"), "contact_name", "position", "phone", "email", "region"),
            Section(_("Business"), "expected_amount", "next_contact_on"),
            POOL_SECTION,
            Section(_("Note"), "note"),
        ),
        list=ListSpec(
            "name",
            "state",
            "contact_name",
            "phone",
            "source_channel",
            "owner",
            "next_activity_at",
            quick_filters=("state", "source_channel", "owner"),
            board="state",
        ),
        search=("name", "contact_name", "phone", "email"),
        origin="source_channel",
        duplicates=(UniqueWhen("phone", "phone"), UniqueWhen("email", "email")),
    )
)
