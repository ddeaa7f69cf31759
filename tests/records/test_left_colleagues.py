"""Nothing new is given to a colleague who has left; what he has stays his until it is handed over."""

from __future__ import annotations

import pytest

from keqiao.access.access import Access
from keqiao.access.directory import add_user, deactivate, reactivate
from keqiao.access.tokens import issue_token
from keqiao.catalog.registry import object_type
from keqiao.importing.models import Mode
from keqiao.importing.reverting import revert_run
from keqiao.jobs.progress import progress
from keqiao.records.query import get_record
from keqiao.records.save import Rejected, Saved
from keqiao.ui.bulk_jobs import change_many
from tests.company import PASSWORD, SYSTEM, Company, make, save_one
from tests.importing.helpers import execute, problems, states, upload

pytestmark = pytest.mark.django_db


def owner_of(record_id: int) -> int | None:
    return get_record(SYSTEM, object_type("account"), record_id).owner_id  # type: ignore[attr-defined, no-any-return]


def refusal(outcome: object) -> tuple[str, str]:
    assert isinstance(outcome, Rejected), outcome
    [problem] = outcome.problems
    assert "周销售" in str(problem.message)  # a sentence that names him, not only a code
    return problem.field, problem.code


def test_by_number_and_by_name_a_left_colleague_is_refused_with_a_sentence(
    company: Company,
) -> None:
    record_id = make("account", owner=company.li)
    deactivate(company.zhou)
    for access in (Access.for_user(company.qian), SYSTEM):
        for owner in (company.zhou.pk, "周销售"):
            changed = save_one(access, "account", {"owner": owner}, record_id=record_id)
            assert refusal(changed) == ("owner", "inactive")
            new = save_one(access, "account", {"name": "新客户", "owner": owner})
            assert refusal(new) == ("owner", "inactive")
    assert owner_of(record_id) == company.li.pk
    reactivate(company.zhou)
    again = save_one(
        Access.for_user(company.qian), "account", {"owner": company.zhou.pk}, record_id=record_id
    )
    assert isinstance(again, Saved)


def test_records_of_a_left_colleague_can_still_be_edited_and_handed_over(company: Company) -> None:
    record_id = make("account", owner=company.zhou, name="老客户")
    deactivate(company.zhou)
    access = Access.for_user(company.qian)
    for owner in (company.zhou.pk, "周销售"):  # what a form or a list sends along unchanged
        values = {"owner": owner, "note": f"继续跟进 {owner}"}
        assert isinstance(save_one(access, "account", values, record_id=record_id), Saved)
    assert owner_of(record_id) == company.zhou.pk
    values = {"owner": company.li.pk}
    assert isinstance(save_one(access, "account", values, record_id=record_id), Saved)
    assert refusal(
        save_one(access, "account", {"owner": company.zhou.pk}, record_id=record_id)
    ) == ("owner", "inactive")


def test_a_name_means_the_colleague_who_is_here(company: Company) -> None:
    deactivate(company.zhou)
    namesake = add_user("zhou2", "周销售", PASSWORD, department=company.west)
    values = {"name": "同名归属", "owner": "周销售"}
    outcome = save_one(SYSTEM, "account", values)
    assert isinstance(outcome, Saved)
    assert owner_of(outcome.record_id) == namesake.pk


def test_import_refuses_the_row_and_undo_may_give_back(company: Company) -> None:
    kept = make("account", owner=company.zhou, name="归还老周")
    run = upload(
        Access.for_user(company.qian),
        f"客户名称,负责人\n归还老周,{company.li.name}\n",
        mode=Mode.UPDATE,
        key_field="name",
    )
    execute(run)
    assert owner_of(kept) == company.li.pk
    deactivate(company.zhou)
    refused = upload(
        Access.for_user(company.qian),
        "客户名称,负责人\n来自名单的,周销售\n",
        mode=Mode.CREATE,
        key_field="",
    )
    execute(refused)
    assert states(refused) == {2: "rejected"}
    assert problems(refused, 2) == [("owner", "inactive")]
    run.refresh_from_db()
    revert_run(run.pk, company.qian.pk, progress)
    assert owner_of(kept) == company.zhou.pk


def test_programs_and_bulk_transfers_are_refused_too(company: Company, client: object) -> None:
    record_id = make("account", owner=company.li)
    deactivate(company.zhou)
    token = issue_token(company.qian, "t", ["*:write"], days=2)[1]
    answer = client.patch(  # type: ignore[attr-defined]
        f"/api/v1/accounts/{record_id}",
        {"owner": company.zhou.pk},
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}", "If-Match": "*"},
    )
    assert answer.status_code == 422, answer.content
    assert "周销售" in answer.content.decode()
    done = change_many.call(
        user_id=company.qian.pk, request_id="", object_key="account", where=[], search="",
        ids=[record_id], values={"owner": company.zhou.pk},
    )  # fmt: skip
    assert done["changed"] == 0
    assert owner_of(record_id) == company.li.pk
