"""Account (客户): a company or a person that buys, or may buy, from us."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from keqiao.catalog.columns import (
    AddressField,
    ChoiceField,
    CompanyNameField,
    EmailField,
    IntegerField,
    LongTextField,
    MoneyField,
    PersonNameField,
    PhoneField,
    PhonesField,
    ReferenceField,
    RegionField,
    SerialField,
    TagsField,
    UsccField,
    WebAddressField,
)
from keqiao.catalog.field import Choice
from keqiao.catalog.object_type import (
    DEFAULT_FEATURES,
    DuplicateAction,
    ExpectedWhen,
    Feature,
    Layout,
    ListSpec,
    ObjectType,
    Related,
    Section,
    UniqueWhen,
)
from keqiao.catalog.quality_rules import Agree
from keqiao.catalog.registry import register
from keqiao.customers.choices import INDUSTRIES, LEVELS, SOURCES
from keqiao.customers.pool.pooled import POOL_SECTION, Pooled, pool_indexes
from keqiao.records.models import (
    LIVE,
    Measured,
    follow_up_indexes,
    measured_indexes,
    record_indexes,
)

TYPES = (
    Choice("company", _("Company"), synonyms=("公司", "企业", "单位")),
    Choice("person", _("Person"), synonyms=("个人", "自然人")),
)


class Account(Measured, Pooled):
    """A customer."""

    name = CompanyNameField(
        _("account name"),
        required=True,
        sort_name="title_key",
        standard=_("The full name as on the business licence; no abbreviations."),
        synonyms=(
            "客户名称",
            "客户",
            "公司名称",
            "公司",
            "企业名称",
            "单位名称",
            "名称",
            "company",
            "customer",
        ),
    )
    number = SerialField(_("account number"), read_only=True, synonyms=("客户编号", "编号"))
    account_type = ChoiceField(
        _("type"), options=TYPES, starts_as="company", synonyms=("客户类型",)
    )
    level = ChoiceField(
        _("level"),
        options=LEVELS,
        expected=1,
        synonyms=("客户级别", "客户等级", "等级", "级别"),
    )
    industry = ChoiceField(
        _("industry"),
        options=INDUSTRIES,
        expected=1,
        synonyms=("所属行业", "行业", "sector"),
    )
    source_channel = ChoiceField(
        _("source"), options=SOURCES, expected=1, synonyms=("客户来源", "来源", "渠道")
    )
    uscc = UsccField(
        _("unified social credit code"),
        expected=2,
        standard=_("18 characters from the business licence; the last one is a check character."),
        synonyms=("统一社会信用代码", "信用代码", "税号", "纳税人识别号", "营业执照号"),
    )
    phone = PhoneField(
        _("phone"),
        expected=2,
        half_life_months=24,
        standard=_("The switchboard with area code, or a mobile number."),
        synonyms=(
            "电话",
            "联系电话",
            "公司电话",
            "座机",
            "手机",
            "手机号",
            "tel",
            "telephone",
            "mobile",
        ),
    )
    more_phones = PhonesField(_("further phones"), synonyms=("其他电话", "电话2", "备用电话"))
    email = EmailField(
        _("e-mail"),
        expected=1,
        half_life_months=24,
        synonyms=("邮箱", "电子邮箱", "电子邮件", "mail"),
    )
    website = WebAddressField(
        _("website"), synonyms=("网址", "官网", "公司网址", "url", "homepage")
    )
    region = RegionField(
        _("region"),
        expected=1,
        synonyms=("地区", "省市", "省市区", "所在地", "所在地区", "城市", "省份"),
    )
    address = AddressField(
        _("address"),
        expected=2,
        half_life_months=36,
        standard=_("Street and house number; the region has its own field."),
        synonyms=("地址", "详细地址", "公司地址", "注册地址", "office location", "location"),
    )
    employees = IntegerField(_("employees"), synonyms=("员工数", "员工人数", "人数", "规模"))
    founded_year = IntegerField(
        _("founded in"), synonyms=("成立年份", "成立时间", "year established", "founded")
    )
    annual_revenue = MoneyField(
        _("annual revenue"), synonyms=("年营业额", "营业收入", "年收入", "revenue")
    )
    parent = ReferenceField(
        "customers.Account",
        verbose_name=_("parent account"),
        target="account",
        db_index=False,
        synonyms=("上级客户", "母公司", "集团", "subsidiary of", "parent"),
    )
    tags = TagsField(_("tags"), synonyms=("标签",))
    legal_person = PersonNameField(
        _("legal representative"), max_length=80, expected=1, synonyms=("法人", "法定代表人")
    )
    note = LongTextField(_("note"), synonyms=("备注", "说明", "描述", "remark", "comment"))

    class Meta:
        indexes = [
            *record_indexes("level", "region", "industry"),
            *follow_up_indexes(),
            *measured_indexes(),
            *pool_indexes(),
            models.Index(fields=["number", "id"], condition=LIVE, name="account_number"),
            models.Index(fields=["annual_revenue", "id"], condition=LIVE, name="account_revenue"),
            # Most accounts have no parent: inside the index, their like would mislead the planner.
            models.Index(
                fields=["parent", "updated_at", "id"],
                condition=LIVE & models.Q(parent__isnull=False),
                name="account_parent",
            ),
        ]


ACCOUNT = register(
    ObjectType(
        key="account",
        model=Account,
        label=_("account"),
        label_plural=_("accounts"),
        icon="building",
        module="customers",
        module_label=_("Customers"),
        path="accounts",
        order=10,
        subtitle=("region", "industry"),
        features=DEFAULT_FEATURES | {Feature.FOLLOW_UP},
        layout=Layout(
            Section(
                _("Basics"),
                "name",
                "account_type",
                "level",
                "industry",
                "source_channel",
                "owner",
                "team",
                "parent",
                "tags",
            ),
            Section(_("Contact"), "phone", "more_phones", "email", "website", "region", "address"),
            Section(
                _("Business"),
                "uscc",
                "legal_person",
                "employees",
                "founded_year",
                "annual_revenue",
                "number",
            ),
            POOL_SECTION,
            Section(_("Note"), "note"),
        ),
        list=ListSpec(
            "name",
            "level",
            "region",
            "phone",
            "owner",
            "last_activity_at",
            "next_activity_at",
            quick_filters=("level", "region", "industry", "owner"),
        ),
        search=("name", "number", "phone", "more_phones", "email", "uscc"),
        related=(
            Related("contact", by="account"),
            Related("affiliation", by="account"),
            Related("account", by="parent"),
        ),
        expected_when=(ExpectedWhen("account_type", ("company",), "uscc", "legal_person"),),
        origin="source_channel",
        duplicates=(
            UniqueWhen("registration", "uscc", action=DuplicateAction.BLOCK),
            UniqueWhen("name", "name"),
            UniqueWhen("phone", "phone", "more_phones"),
            UniqueWhen("email", "email"),
        ),
        quality=(
            Agree("uscc", "region"),
            Agree("phone", "region"),
            Agree("address", "region"),
            Agree("name", "region"),
        ),
    )
)
