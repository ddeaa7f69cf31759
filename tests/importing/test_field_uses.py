"""Before a field is taken away the administrator reads which lists would miss it."""

from __future__ import annotations

import pytest

from keqiao.access.access import Access
from keqiao.access.models import Role
from keqiao.access.rights import Right
from keqiao.access.roles import set_field_right
from keqiao.catalog.custom_fields import Use, add_custom_field, uses_of
from keqiao.catalog.registry import object_type
from tests.company import Company
from tests.importing.helpers import execute, upload
from tests.ui.test_pages import browser

pytestmark = pytest.mark.django_db


def test_deleting_a_field_names_the_lists_and_roles_that_use_it(company: Company) -> None:
    row = add_custom_field(object_type("account"), {"label": "信用评级", "kind": "integer"})
    access = Access.for_user(company.qian)
    text = "客户名称,信用评级\n甲公司,3\n乙公司,\n"
    execute(upload(access, text, name="三月名单.csv"))
    execute(upload(access, "客户名称,电话\n丙公司,\n", name="没有评级.csv"))
    upload(access, "客户名称,信用评级,备注\n丁公司,5,x\n", name="还没导入.csv")
    set_field_right(Role.objects.get(key="sales"), "account", row.key, Right.READ)
    found = [(use.count, use.names) for use in uses_of(row)]
    assert found == [(1, ()), (1, ("销售",)), (1, ("三月名单.csv",)), (1, ("还没导入.csv",))]
    page = browser(company.qian).get(f"/settings/fields/{row.pk}/delete/").content.decode()
    for name in ("销售", "三月名单.csv", "还没导入.csv"):
        assert name in page
    assert "没有评级.csv" not in page


def test_many_names_are_cut_and_the_rest_is_counted() -> None:
    use = Use("lists", 11, tuple(str(number) for number in range(11)))
    assert use.shown_names == "0, 1, 2, 3, 4, 5, 6, 7 … +3"
    assert Use("records", 4).shown_names == ""
