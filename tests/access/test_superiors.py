"""Who is a person's superior: the head of the own department, or of the nearest one above."""

from __future__ import annotations

from django.test import Client

from keqiao.access.directory import deactivate, name_head, update_user
from keqiao.access.matrix import matrix
from tests.company import Company

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def test_the_head_of_the_department_is_the_superior_and_his_is_the_one_above(
    company: Company,
) -> None:
    assert matrix().superior_of(company.li.pk) is None
    name_head(company.east, company.wang)
    name_head(company.east.parent.parent, company.qian)
    assert matrix().superior_of(company.li.pk) == company.wang.pk
    assert matrix().superior_of(company.wang.pk) == company.qian.pk
    assert matrix().superior_of(company.zhou.pk) == company.qian.pk, "west has no head of its own"
    assert matrix().superior_of(company.qian.pk) is None


def test_a_head_who_left_leads_nobody(company: Company) -> None:
    name_head(company.east, company.wang)
    name_head(company.east.parent, company.zhao)
    deactivate(company.wang)
    assert matrix().superior_of(company.li.pk) == company.zhao.pk
    update_user(company.li, department=None)
    assert matrix().superior_of(company.li.pk) is None
    assert matrix().superior_of(10**9) is None


def test_an_administrator_names_the_head_in_the_settings(company: Company) -> None:
    client = Client()
    client.force_login(company.qian, backend=BACKEND)
    given = {"id": company.east.pk, "name": "华东", "parent": company.east.parent_id}
    picked = {"head": "王经理", "head__pick": f"{company.wang.pk}|王经理"}
    client.post("/settings/departments/", {**given, **picked})
    assert matrix().superior_of(company.li.pk) == company.wang.pk
    client.post("/settings/departments/", {**given, "head": "王"})
    assert matrix().superior_of(company.li.pk) == company.wang.pk, "nobody has this name"
    client.post("/settings/departments/", given)
    assert matrix().superior_of(company.li.pk) is None
