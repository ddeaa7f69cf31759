"""Contact (联系人): a person we speak with, at one account or several."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from keqiao.catalog.columns import (
    AddressField,
    BooleanField,
    ChoiceField,
    DateField,
    EmailField,
    EmailsField,
    LongTextField,
    PersonNameField,
    PhoneField,
    PhonesField,
    ReferenceField,
    RegionField,
    ResidentIdField,
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
    Related,
    Section,
    UniqueWhen,
)
from keqiao.catalog.quality_rules import Agree, Severity
from keqiao.catalog.registry import register
from keqiao.customers.belonging import BelongsToAccount
from keqiao.customers.choices import GENDERS
from keqiao.records.models import (
    LIVE,
    Followed,
    Measured,
    follow_up_indexes,
    measured_indexes,
    record_indexes,
)

ROLES = (
    Choice("decides", _("Decides"), "jade", ("决策人", "决策者", "老板")),
    Choice("influences", _("Influences"), "blue", ("影响人", "影响者")),
    Choice("uses", _("Uses"), "", ("使用人", "使用者")),
    Choice("buys", _("Buys"), "amber", ("采购", "经办人")),
)


class Contact(Measured, BelongsToAccount, Followed):
    """A person at a customer."""

    name = PersonNameField(
        _("full name"),
        required=True,
        sort_name="title_key",
        standard=_("Family name and given name, without titles."),
        synonyms=("姓名", "联系人", "联系人姓名", "name", "contact"),
    )
    account = ReferenceField(
        "customers.Account",
        verbose_name=_("account"),
        target="account",
        db_index=False,
        expected=2,
        synonyms=("客户", "客户名称", "公司", "所属客户", "单位", "company"),
    )
    position = ShortTextField(
        _("position"),
        max_length=80,
        expected=1,
        half_life_months=18,
        synonyms=("职务", "职位", "title", "job"),
    )
    department_name = ShortTextField(
        _("department at the customer"), max_length=80, synonyms=("部门", "所在部门")
    )
    role = ChoiceField(_("role"), options=ROLES, expected=1, synonyms=("角色", "决策角色"))
    phone = PhoneField(
        _("phone"),
        expected=3,
        half_life_months=24,
        sensitivity=Sensitivity.PERSONAL,
        synonyms=("手机", "手机号", "电话", "联系电话", "移动电话", "mobile", "tel"),
    )
    more_phones = PhonesField(
        _("further phones"),
        sensitivity=Sensitivity.PERSONAL,
        synonyms=("其他电话", "电话2", "座机"),
    )
    email = EmailField(
        _("e-mail"),
        expected=1,
        half_life_months=24,
        sensitivity=Sensitivity.PERSONAL,
        synonyms=("邮箱", "电子邮箱", "邮件", "mail"),
    )
    more_emails = EmailsField(
        _("further e-mails"), sensitivity=Sensitivity.PERSONAL, synonyms=("其他邮箱", "邮箱2")
    )
    wechat = ShortTextField(
        _("WeChat"), max_length=60, sensitivity=Sensitivity.PERSONAL, synonyms=("微信", "微信号")
    )
    gender = ChoiceField(_("gender"), options=GENDERS, synonyms=("性别", "称呼"))
    birthday = DateField(
        _("birthday"), sensitivity=Sensitivity.PERSONAL, synonyms=("生日", "出生日期")
    )
    id_number = ResidentIdField(
        _("ID card number"),
        sensitivity=Sensitivity.SECRET,
        standard=_("Only when a contract requires it; it is stored encrypted."),
        synonyms=("身份证", "身份证号", "身份证号码"),
    )
    region = RegionField(_("region"), synonyms=("地区", "省市区", "所在地"))
    address = AddressField(_("address"), synonyms=("地址", "详细地址", "通讯地址"))
    do_not_contact = BooleanField(_("do not contact"), synonyms=("免打扰", "勿扰"))
    tags = TagsField(_("tags"), synonyms=("标签",))
    note = LongTextField(_("note"), synonyms=("备注", "说明", "remark"))

    class Meta:
        indexes = [
            *record_indexes("role", "region", belongs_to=("account",)),
            *follow_up_indexes(),
            *measured_indexes(),
            models.Index(
                fields=["account", "updated_at", "id"], condition=LIVE, name="contact_account"
            ),
        ]


CONTACT = register(
    ObjectType(
        key="contact",
        model=Contact,
        label=_("contact"),
        label_plural=_("contacts"),
        icon="users",
        module="customers",
        module_label=_("Customers"),
        belongs_to=("account",),
        path="contacts",
        order=20,
        subtitle=("position", "account"),
        features=DEFAULT_FEATURES | {Feature.FOLLOW_UP},
        layout=Layout(
            Section(
                _("Basics"),
                "name",
                "account",
                "position",
                "department_name",
                "role",
                "owner",
                "team",
                "tags",
            ),
            Section(
                _("Contact"),
                "phone",
                "more_phones",
                "email",
                "more_emails",
                "wechat",
                "region",
                "address",
            ),
            Section(_("Person"), "gender", "birthday", "id_number", "do_not_contact"),
            Section(_("Note"), "note"),
        ),
        list=ListSpec(
            "name",
            "account",
            "position",
            "phone",
            "email",
            "owner",
            "updated_at",
            quick_filters=("role", "region", "owner"),
        ),
        search=("name", "phone", "more_phones", "email", "more_emails", "wechat"),
        related=(Related("affiliation", by="contact"),),
        duplicates=(
            UniqueWhen("phone", "phone", "more_phones"),
            UniqueWhen("email", "email", "more_emails"),
            UniqueWhen("id_number", "id_number"),
        ),
        quality=(
            Agree("phone", "region"),
            Agree("address", "region"),
            Agree("id_number", "birthday", Severity.REVIEW),
        ),
    )
)
