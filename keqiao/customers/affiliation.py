"""Affiliation (任职): a contact's position at one of several accounts."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from keqiao.catalog.columns import BooleanField, DateField, ReferenceField, ShortTextField
from keqiao.catalog.object_type import Feature, Layout, ListSpec, ObjectType, Section
from keqiao.catalog.registry import register
from keqiao.customers.belonging import BelongsToAccount
from keqiao.records.models import LIVE, Record, record_indexes


class Affiliation(BelongsToAccount, Record):
    """Where a contact works besides the main account."""

    position = ShortTextField(
        _("position"),
        required=True,
        max_length=80,
        sort_name="title_key",
        synonyms=("职务", "职位"),
    )
    contact = ReferenceField(
        "customers.Contact",
        verbose_name=_("contact"),
        target="contact",
        db_index=False,
        required=True,
        synonyms=("联系人", "姓名"),
    )
    account = ReferenceField(
        "customers.Account",
        verbose_name=_("account"),
        target="account",
        db_index=False,
        required=True,
        synonyms=("客户", "公司", "任职公司"),
    )
    since = DateField(_("start date"), synonyms=("开始日期", "入职日期"))
    until = DateField(_("end date"), synonyms=("结束日期", "离职日期"))
    is_current = BooleanField(_("current"), default=True, starts_as=True, synonyms=("在职",))

    class Meta:
        indexes = [
            *record_indexes(belongs_to=("account",)),
            models.Index(
                fields=["account", "updated_at", "id"], condition=LIVE, name="affiliation_account"
            ),
            models.Index(
                fields=["contact", "updated_at", "id"], condition=LIVE, name="affiliation_contact"
            ),
        ]


AFFILIATION = register(
    ObjectType(
        key="affiliation",
        model=Affiliation,
        label=_("affiliation"),
        label_plural=_("affiliations"),
        icon="briefcase",
        module="customers",
        module_label=_("Customers"),
        belongs_to=("account",),
        path="affiliations",
        order=40,
        title="position",
        subtitle=("contact", "account"),
        layout=Layout(
            Section(
                _("Basics"),
                "contact",
                "account",
                "position",
                "since",
                "until",
                "is_current",
                "owner",
                "team",
            )
        ),
        list=ListSpec("position", "contact", "account", "since", "is_current", "updated_at"),
        features=frozenset({Feature.IMPORT, Feature.EXPORT, Feature.API, Feature.EVENTS}),
    )
)
