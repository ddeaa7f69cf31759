"""One object type is one file: adds one in an application of its own and counts what it took."""

from __future__ import annotations

import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

INSPECTION = '''"""Inspection (巡检): a look at a customer's machines, planned and reported."""

from __future__ import annotations

from django.db import models

from keqiao.catalog.columns import (
    BooleanField, ChoiceField, DateField, LongTextField, PhoneField, ReferenceField, ShortTextField,
)
from keqiao.catalog.field import Choice
from keqiao.catalog.object_type import Layout, ListSpec, ObjectType, Section
from keqiao.catalog.registry import register
from keqiao.records.models import LIVE, Record


class Inspection(Record):
    """An inspection."""

    name = ShortTextField("subject", required=True, max_length=120, sort_name="title_key",
                          synonyms=("巡检主题", "主题"))
    account = ReferenceField("customers.Account", verbose_name="account", target="account")
    inspected_on = DateField("inspected on", synonyms=("巡检日期", "日期"))
    outcome = ChoiceField("outcome", options=(Choice("good", "good"), Choice("poor", "poor")))
    phone = PhoneField("phone at the gate", synonyms=("门卫电话",))
    report = LongTextField("report", synonyms=("巡检记录",))

    class Meta(Record.Meta):
        indexes = [
            *Record.Meta.indexes,
            models.Index(fields=["inspected_on", "id"], condition=LIVE, name="inspection_day"),
        ]


INSPECTION = register(
    ObjectType(
        key="inspection", model=Inspection, label="inspection", label_plural="inspections", icon="map-pin",
        module="customers", path="inspections", order=90, subtitle=("account", "inspected_on"),
        layout=Layout(Section("Inspection", "name", "account", "inspected_on", "outcome", "owner"),
                      Section("Report", "phone", "report")),
        list=ListSpec("name", "account", "inspected_on", "outcome", "owner", "updated_at"),
        search=("name", "phone"),
    )
)
'''
SETTINGS = """from tests.settings import *
INSTALLED_APPS = [*INSTALLED_APPS, "fieldwork"]
"""
# What the product does with the new object by itself, seen from outside.
PROBE = """from django.test import Client

from keqiao.access.access import Access
from keqiao.access.tokens import issue_token
from keqiao.catalog.custom_fields import add_custom_field
from keqiao.catalog.filter import Condition
from keqiao.catalog.object_type import Related
from keqiao.catalog.registry import object_type
from keqiao.customers.pool.dealings import Dealings, related_reason
from keqiao.importing.models import ImportRun
from keqiao.records.search import search
from tests.company import make
from tests.customers.pools import make_pool, make_rule, stored
from tests.importing.helpers import execute, upload


def browser(user):
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def test_it_stands_in_navigation_list_and_settings(company):
    client = browser(company.qian)
    number = make("inspection", owner=company.li, name="苏州博远拜访")
    assert 'href="/inspections/"' in client.get("/").content.decode()
    assert "苏州博远拜访" in client.get("/inspections/").content.decode()
    assert "苏州博远拜访" in client.get(f"/inspections/{number}/").content.decode()
    assert "inspection.view" in client.get("/settings/roles/1/").content.decode()
    assert "object=inspection" in client.get("/settings/fields/").content.decode()


def test_it_is_found_by_pinyin_and_by_telephone(company):
    make("inspection", owner=company.li, name="苏州博远拜访", phone="13912345678")
    for text in ("博远", "boyuan", "szby", "5678"):
        found = [group.object_type.key for group in search(Access.for_user(company.li), text)]
        assert "inspection" in found, text


def test_programs_reach_it_and_read_what_it_is(company):
    _token, secret = issue_token(company.li, "probe", ("*:write",), days=1)
    client = Client(headers={"Authorization": f"Bearer {secret}"})
    sent = {"name": "接口拜访", "inspected_on": "2026-11-21", "outcome": "good"}
    made = client.post("/api/v1/inspections", sent, content_type="application/json")
    assert made.status_code == 201, made.content
    assert made.json()["inspected_on"] == "2026-11-21"
    listed = client.get("/api/v1/inspections?where=inspected_on:within:past_30_days&sort=-inspected_on")
    assert listed.status_code == 200, listed.content
    assert any("inspections" in path for path in client.get("/api/openapi.json").json()["paths"])


def test_a_list_from_elsewhere_comes_in(company):
    text = "巡检主题,巡检日期,门卫电话,巡检记录\\n博远回访,2026/11/21,139 1234 5678,谈得不错\\n"
    run = upload(Access.for_user(company.li), text, key="inspection")
    assert sorted(run.mapping.values()) == ["inspected_on", "name", "phone", "report"]
    done = execute(run)
    assert (done.created, done.rejected) == (1, 0)
    assert ImportRun.objects.get().object_key == "inspection"


def test_a_rule_of_the_pool_looks_at_it(company):
    inspections = Dealings(Related("inspection", by="account"), Condition("outcome", "equals", "good"))
    related_reason("inspected", "%(days)s days without a good inspection", inspections, "inspected_on")
    make_rule(make_pool(members=[company.east]), 30, "inspected")
    account = make("account", owner=company.li)
    make("inspection", owner=company.li, account=account, outcome="poor", inspected_on="2031-05-01")
    make("inspection", owner=company.li, account=account, outcome="good", inspected_on="2031-03-01")
    assert str(stored("account", account).returns_on) == "2031-04-01"


def test_it_takes_fields_of_the_company_s_own(company):
    field = add_custom_field(object_type("inspection"), {"label": "天气", "kind": "text"})
    number = make("inspection", owner=company.li, **{field.key: "晴"})
    assert "晴" in browser(company.li).get(f"/inspections/{number}/").content.decode()
"""


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write what a developer writes, then let Django make the migration."""
    folder = tmp_path_factory.mktemp("application")
    package = folder / "fieldwork"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "inspection.py").write_text(INSPECTION, encoding="utf-8")
    (package / "models.py").write_text(
        'from fieldwork.inspection import Inspection\n\n__all__ = ["Inspection"]\n',
        encoding="utf-8",
    )
    (folder / "fieldwork_settings.py").write_text(SETTINGS, encoding="utf-8")
    run(folder, "-m", "django", "makemigrations", "fieldwork", "-v", "0")
    (folder / "probe_inspection.py").write_text(PROBE, encoding="utf-8")
    (folder / "conftest.py").write_text("from tests.conftest import *\n", encoding="utf-8")
    return folder


def run(folder: Path, *arguments: str) -> str:
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)]),
        "DJANGO_SETTINGS_MODULE": "fieldwork_settings",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=240,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    return done.stdout


def pytest_of(folder: Path, *arguments: str) -> str:
    options = ("-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--ds=fieldwork_settings")
    return run(folder, "-m", "pytest", *options, *arguments)


def product_files() -> dict[str, str]:
    """Return a hash of every file of the product, but for what Python and builds leave behind."""
    files = [path for path in (ROOT / "keqiao").rglob("*") if path.is_file()]
    return {
        str(path.relative_to(ROOT)): sha256(path.read_bytes()).hexdigest()
        for path in files
        if path.suffix in {".py", ".html", ".css", ".js", ".txt"} and "vendor" not in path.parts
    }


def test_an_object_is_one_file_its_name_and_a_made_migration(application: Path) -> None:
    package = application / "fieldwork"
    written = {
        str(path.relative_to(package))
        for path in package.rglob("*.py")
        if path.name != "__init__.py"
    }
    assert written == {"inspection.py", "models.py", "migrations/0001_initial.py"}
    assert not [path for path in product_files() if "fieldwork" in path]
    assert not any(
        "inspection" in (ROOT / path).read_text(encoding="utf-8").lower()
        for path in product_files()
        if path.endswith(("urls.py", "navigation.py", "router.py", "listing.py", "forms.py"))
    )


def test_the_product_serves_it_everywhere(application: Path) -> None:
    probe = str(application / "probe_inspection.py")
    assert "6 passed" in pytest_of(application, probe)


def test_it_arrives_with_its_contracts_and_its_attacks(application: Path) -> None:
    said = pytest_of(
        application, "-k", "inspection",
        "tests/contract/test_write_path.py", "tests/contract/test_pages.py",
        "tests/api/test_records.py", "tests/api/test_attacks.py",
        "tests/attacks/test_foreign_records.py", "tests/attacks/test_hidden_rows.py",
        "tests/attacks/test_masked_fields.py",
    )  # fmt: skip
    passed = int(said.split(" passed")[0].rsplit(maxsplit=1)[-1])
    assert passed >= 25
