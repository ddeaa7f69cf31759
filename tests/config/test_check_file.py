"""A list goes in, its cleaned form and the report come out, and nobody else ever sees them."""

from __future__ import annotations

import io

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from keqiao.base.clock import now
from keqiao.config.file_check.tasks import KEPT, remove_checked, result_path
from keqiao.customers.account import Account
from keqiao.importing.store import import_path
from keqiao.jobs.worker import run_worker
from keqiao.quality.cleaning.models import FileCheck
from tests.company import Company
from tests.ui.test_pages import browser

LIST = (
    "公司名称,电话,邮箱\n博远 科技有限 公司,138OO138l11,li@gmial.com\n山海贸易有限公司,1381234,\n"
)


def send(client, text=LIST, name="名单.csv", key="account"):
    file = SimpleUploadedFile(name, text.encode())
    return client.post("/check-file/", {"object": key, "file": file})


@pytest.fixture
def checked(company: Company) -> FileCheck:
    answer = send(browser(company.li))
    assert answer.status_code == 303, answer.content.decode()[:400]
    check = FileCheck.objects.get()
    assert answer["Location"] == f"/check-file/{check.pk}/"
    run_worker(once=True)
    check.refresh_from_db()
    return check


def test_a_list_is_checked_in_the_background_and_comes_back_with_its_report(
    company, checked
) -> None:
    client = browser(company.li)
    assert checked.state == FileCheck.State.DONE, checked.problem
    page = client.get(f"/check-file/{checked.pk}/").content.decode()
    assert "clean.xlsx" in page and "report.xlsx" in page
    answer = client.get(f"/check-file/{checked.pk}/clean.xlsx")
    book = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    lines = list(book.active.iter_rows(values_only=True))
    assert lines[1] == ("博远科技有限公司", "138 0013 8111", "li@gmial.com")
    assert client.get(f"/check-file/{checked.pk}/report.xlsx").status_code == 200
    assert not Account.objects.exists()


def test_the_page_shows_progress_until_the_work_is_done(company: Company) -> None:
    client = browser(company.li)
    send(client)
    check = FileCheck.objects.get()
    waiting = client.get(f"/check-file/{check.pk}/").content.decode()
    assert f'data-poll="/check-file/{check.pk}/progress/"' in waiting
    assert client.get(f"/check-file/{check.pk}/clean.xlsx").status_code == 404
    run_worker(once=True)
    part = client.get(f"/check-file/{check.pk}/progress/").content.decode()
    assert "data-poll" not in part and f"/check-file/{check.pk}/go/" in part


def test_nobody_else_reaches_a_checked_file_not_even_an_administrator(company, checked) -> None:
    for user in (company.zhou, company.wang, company.qian):
        client = browser(user)
        for address in ("", "progress/", "go/", "clean.xlsx", "report.xlsx"):
            assert client.get(f"/check-file/{checked.pk}/{address}").status_code == 404
        assert checked.file_name not in client.get("/check-file/").content.decode()


def test_a_file_that_is_no_list_is_refused_with_a_sentence_and_not_kept(company: Company) -> None:
    client = browser(company.li)
    answer = send(client, name="名单.exe")
    assert answer.status_code == 422
    assert not FileCheck.objects.exists()
    assert client.post("/check-file/", {"object": "account"}).status_code == 422
    assert send(client, key="planet").status_code == 404


def test_a_list_without_known_columns_says_so(company: Company) -> None:
    client = browser(company.li)
    send(client, "甲,乙\n1,2\n")
    run_worker(once=True)
    check = FileCheck.objects.get()
    assert check.state == FileCheck.State.FAILED
    assert check.problem in client.get(f"/check-file/{check.pk}/").content.decode()


def test_lists_and_results_are_gone_after_their_days(company, checked) -> None:
    paths = [
        import_path(checked.stored_name),
        result_path(checked, "clean"),
        result_path(checked, "report"),
    ]
    assert all(path.is_file() for path in paths)
    FileCheck.objects.update(created_at=now() - KEPT * 2)
    remove_checked.call()
    assert not FileCheck.objects.exists()
    assert not any(path.exists() for path in paths)
