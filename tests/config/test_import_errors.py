"""Refused rows of an import come in by the road of their list, or stay out with a reason; both undone."""

from __future__ import annotations

import pytest
from django.test import Client

from keqiao.access.access import Access
from keqiao.access.models import Role
from keqiao.access.rights import Action, Level
from keqiao.access.roles import set_right
from keqiao.catalog.registry import object_type
from keqiao.config.import_errors.source import ImportErrorSource
from keqiao.importing.models import ImportRow, ImportRun, RowDecision, RowState
from keqiao.quality.queue.sources import Answer, Choice, Decision, QueueProblem
from keqiao.records.query import records
from tests.company import SYSTEM, Company
from tests.importing.helpers import adds_up, check, execute, upload

ACCOUNT = object_type("account")
LIST = """客户名称,电话,邮箱
博远科技有限公司,0512-62881234,li@boyuan.cn
甲骨科技有限公司,12,a@b.cn
,13800138001,wang@jia.cn
"""
SOURCE = ImportErrorSource()


def accept(**columns: str) -> Answer:
    chosen = {name.replace("_", "-"): Choice("typed", text) for name, text in columns.items()}
    return Answer(Decision.ACCEPT, chosen)


@pytest.fixture
def run(company: Company) -> ImportRun:
    run = upload(Access.for_user(company.li), LIST)
    check(run)
    return execute(run)


def names() -> set[str]:
    return set(records(SYSTEM, ACCOUNT).values_list("name", flat=True))


def rows(run: ImportRun) -> list[tuple]:
    return list(
        ImportRow.objects.filter(run=run).order_by("number")
        .values_list("number", "raw", "state", "problems", "repairs", "changes")
    )  # fmt: skip


def test_a_row_is_corrected_and_comes_in_and_goes_out_again(company: Company, run) -> None:
    access = Access.for_user(company.li)
    assert (run.created, run.errors, SOURCE.count(access)) == (1, 2, 2)
    before = rows(run)
    item = SOURCE.next(access)
    assert item is not None and [line.before for line in item.lines] == ["12"]
    assert item.title == "甲骨科技有限公司" and item.lines[0].warning
    with pytest.raises(QueueProblem):
        SOURCE.decide(access, item.id, accept(column_1="34"))
    with pytest.raises(QueueProblem):
        SOURCE.decide(access, item.id, accept(column_1=""))
    assert rows(run) == before and names() == {"博远科技有限公司"}
    SOURCE.decide(access, item.id, accept(column_1="0512-62885678"))
    assert names() == {"博远科技有限公司", "甲骨科技有限公司"}
    [made] = records(SYSTEM, ACCOUNT).filter(name="甲骨科技有限公司")
    assert made.owner_id == company.li.pk
    run.refresh_from_db()
    assert (run.created, run.errors) == (2, 1) and adds_up(run)
    with pytest.raises(QueueProblem) as gone:
        SOURCE.decide(access, item.id, accept(column_1="0512-62885678"))
    assert gone.value.is_gone
    SOURCE.undo(access, item.id)
    assert names() == {"博远科技有限公司"} and rows(run) == before
    assert not RowDecision.objects.exists()


def test_a_row_stays_out_with_a_reason(company: Company, run) -> None:
    access = Access.for_user(company.li)
    before = rows(run)
    second = SOURCE.next(access, SOURCE.next(access).id)
    with pytest.raises(QueueProblem):
        SOURCE.decide(access, second.id, Answer(Decision.DISMISS))
    SOURCE.decide(access, second.id, Answer(Decision.DISMISS, reason="不是客户"))
    assert SOURCE.count(access) == 1
    assert RowDecision.objects.get().reason == "不是客户"
    run.refresh_from_db()
    assert adds_up(run)
    SOURCE.undo(access, second.id)
    assert rows(run) == before and SOURCE.count(access) == 2


def test_an_empty_required_cell_cannot_be_left_empty(company: Company, run) -> None:
    access = Access.for_user(company.li)
    second = SOURCE.next(access, SOURCE.next(access).id)
    assert [option.key for line in second.lines for option in line.options] == ["typed"]
    SOURCE.decide(access, second.id, accept(column_0="佳和商贸有限公司"))
    assert "佳和商贸有限公司" in names()


def test_what_exists_by_now_is_refused_in_words(company: Company, run) -> None:
    access = Access.for_user(company.li)
    second = SOURCE.next(access, SOURCE.next(access).id)
    with pytest.raises(QueueProblem) as problem:
        SOURCE.decide(access, second.id, accept(column_0="博远科技有限公司"))
    assert "博远科技有限公司" in problem.value.message
    assert ImportRow.objects.get(pk=second.id).state == RowState.REJECTED


def test_nobody_reaches_the_rows_of_somebody_else(company: Company, run) -> None:
    item = SOURCE.next(Access.for_user(company.li))
    for other in (company.zhou, company.wang, company.qian):
        access = Access.for_user(other)
        assert SOURCE.count(access) == 0 and SOURCE.item(access, item.id) is None
        with pytest.raises(QueueProblem):
            SOURCE.decide(access, item.id, accept(column_1="0512-62885678"))
        with pytest.raises(QueueProblem):
            SOURCE.decide(access, item.id, Answer(Decision.DISMISS, reason="x"))
        with pytest.raises(QueueProblem):
            SOURCE.undo(access, item.id)
    assert names() == {"博远科技有限公司"}


def test_without_the_right_to_import_nothing_waits(company: Company, run) -> None:
    access = Access.for_user(company.li)
    item = SOURCE.next(access)
    SOURCE.decide(access, item.id, accept(column_1="0512-62885678"))
    for one in ("account", "contact", "lead"):
        set_right(Role.objects.get(key="sales"), one, Action.IMPORT, Level.NONE)
    access = Access.for_user(company.li)
    assert SOURCE.count(access) == 0
    with pytest.raises(QueueProblem):
        SOURCE.undo(access, item.id)


def test_the_desk_shows_the_row_with_its_problem(company: Company, run) -> None:
    client = Client()
    client.force_login(company.li)
    page = client.get("/quality/queue/import-errors/").content.decode()
    assert "甲骨科技有限公司" in page and "名单.csv" in page and "a@b.cn" in page
